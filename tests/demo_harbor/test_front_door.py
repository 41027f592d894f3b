"""Cookies, CSRF, request ids and nginx's own answers."""

import pytest

MEMBER = {"role_id": 5, "member_user": {"username": "stranger"}}


@pytest.mark.parametrize(
    ("path", "secure"), [("/v2/", False), ("/service/token?service=harbor-registry", True), ("/api/v2.0/ping", True)]
)
def test_every_answer_sets_a_session_cookie(client, path, secure):
    (cookie,) = client.get(path).all_headers("Set-Cookie")
    assert cookie.startswith("sid=")
    assert cookie.endswith("; Secure") is secure


@pytest.mark.parametrize("sid", ["made-up", None])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_with_a_session_cookie_is_refused_even_with_the_right_password(client, person, sid, method):
    sid = sid or client.get("/v2/").header("Set-Cookie").partition(";")[0].partition("=")[2]
    answer = client.api("/projects/team/members", person("admin"), method, MEMBER, Cookie=f"sid={sid}")
    assert (answer.status, answer.error) == (403, ("FORBIDDEN", "CSRF token not found in request"))
    assert answer.header("X-Harbor-Csrf-Token")
    assert "_gorilla_csrf" in answer.cookies


def test_the_same_write_without_cookie_is_done_and_the_log_tells_them_apart(world, client, person):
    refused = client.api("/projects/team/members", person("admin"), "POST", MEMBER, Cookie="a=b; sid=1")
    done = client.api("/projects/team/members", person("admin"), "POST", MEMBER)
    assert (refused.status, done.status) == (403, 201)
    assert [entry.cookies for entry in world.log.find(method="POST")] == [("a", "sid"), ()]


def test_an_upload_with_a_session_cookie_is_refused_too(client, person):
    answer = client.ask("POST", "/v2/team/app/blobs/uploads/", person("dev1"), Cookie="sid=1")
    assert answer.error == ("FORBIDDEN", "CSRF token not found in request")


def test_reading_with_a_session_cookie_works_but_the_cookie_is_no_login(client, person):
    assert client.api("/users/current", person("dev1"), Cookie="sid=1").status == 200
    assert client.api("/users/current", Cookie="sid=1").status == 401
    assert client.get("/service/token?service=harbor-registry", person("dev1"), Cookie="sid=1").status == 200


def test_a_request_id_comes_back(client):
    assert client.get("/v2/", X_Request_Id="abc-123").header("X-Request-Id") == "abc-123"
    first, second = (client.get("/v2/").header("X-Request-Id") for _ in range(2))
    assert first
    assert first != second


def test_strict_transport_security_is_on_good_answers_only(client):
    assert client.api("/ping").header("Strict-Transport-Security")
    assert client.get("/v2/").header("Strict-Transport-Security") is None


def test_every_other_path_is_the_portal(client):
    answer = client.get("/harbor/projects")
    assert (answer.status, answer.header("Content-Type")) == (200, "text/html")


def test_an_unknown_api_path_is_named(client, person):
    answer = client.api("/projects/team/robots", person("admin"))
    assert answer.error == ("NOT_FOUND", "path /api/v2.0/projects/team/robots was not found")


def test_one_connection_serves_many_requests(client, world):
    import http.client

    connection = http.client.HTTPConnection(client.host)
    connection.sock = client.connect()
    for _ in range(5):
        connection.request("GET", "/api/v2.0/ping")
        assert connection.getresponse().read() == b"Pong"
    connection.close()
    assert world.log.connections("harbor.demo.test") == 1


def test_the_log_keeps_who_asked_with_what(world, client, person):
    client.api("/ping", User_Agent="doctor/1")
    client.api("/projects?name=team", person("dev1"))
    client.api("/projects", ("dev1", "wrong"))
    ping, good, bad = world.log.entries
    assert (ping.user_agent, ping.user, ping.server, ping.host) == ("doctor/1", None, *["harbor.demo.test"] * 2)
    assert (good.user, good.refused, good.query, good.status) == ("dev1", False, "name=team", 200)
    assert (bad.user, bad.refused, bad.status) == ("dev1", True, 200)
    world.log.clear()
    assert world.log.entries == ()


def test_a_body_that_is_missing_or_no_object_is_not_processed(client, person):
    for body in (None, [1, 2]):
        answer = client.api("/robots", person("admin"), "POST", body)
        assert (answer.status, answer.error[0]) == (422, "UNPROCESSABLE_ENTITY")
