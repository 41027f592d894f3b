"""What a kube-apiserver answers, as far as harbor-doctor depends on it: asked of the real one and of the pretend one.

A subclass of `ApiContract` with a fixture `api` runs all of it against one server.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Obj = dict[str, Any]

JSON_PATCH = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
TABLE = "application/json;as=Table;g=meta.k8s.io;v=v1, application/json"
PULL_TYPE = "kubernetes.io/dockerconfigjson"
PULL_KEY = ".dockerconfigjson"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    body: bytes

    @property
    def json(self) -> Obj:
        value: Obj = json.loads(self.body)
        return value

    @property
    def events(self) -> list[Obj]:
        return [json.loads(line) for line in self.body.splitlines() if line.strip()]


class Api(Protocol):
    """A running API server under its administrator's hands."""

    def request(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/json",
        *,
        user: str = "admin",
        accept: str = "application/json",
    ) -> Reply: ...

    def namespace(self) -> str:
        """Make a namespace with its `default` ServiceAccount."""

    def user(self, namespace: str, resources: Sequence[str], verbs: Sequence[str], names: Sequence[str] = ()) -> str:
        """Make somebody with these rights in one namespace; return the name to give to `request`."""


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(name: str, payload: str, **more: Any) -> Obj:
    return {"metadata": {"name": name}, "type": PULL_TYPE, "data": {PULL_KEY: b64(payload)}} | more


def pod(name: str, **spec: Any) -> Obj:
    return {"metadata": {"name": name}, "spec": {"containers": [{"name": "app", "image": "h.example/a/b:1"}]} | spec}


def in_(namespace: str, plural: str, name: str = "", query: str = "") -> str:
    tail = f"/{name}" if name else ""
    return f"/api/v1/namespaces/{namespace}/{plural}{tail}{f'?{query}' if query else ''}"


def names(listing: Obj) -> list[str]:
    return [item["metadata"]["name"] for item in listing["items"]]


def pull_secrets(obj: Obj) -> list[str]:
    listed = obj.get("imagePullSecrets") or obj.get("spec", {}).get("imagePullSecrets") or []
    return [item["name"] for item in listed]


class SecretContract:
    """Secrets: what is let in, what may change."""

    def test_a_missing_secret_is_named_in_a_status(self, api: Api) -> None:
        reply = api.request("GET", in_(api.namespace(), "secrets", "x"))
        status = reply.json
        assert reply.status == 404
        assert (status["kind"], status["reason"], status["message"]) == ("Status", "NotFound", 'secrets "x" not found')
        assert status["details"] == {"name": "x", "kind": "secrets"}

    def test_a_name_that_is_taken_is_refused(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        assert api.request("POST", where, secret("s", "{}")).status == 201
        reply = api.request("POST", where, secret("s", "{}"))
        assert (reply.status, reply.json["reason"]) == (409, "AlreadyExists")
        assert reply.json["message"] == 'secrets "s" already exists'

    def test_a_payload_that_is_no_json_object_is_refused(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        for payload in ("", "[]", '"text"', '{"auths":', b64("{}"), "{} trailing"):
            reply = api.request("POST", where, secret("s", payload))
            assert reply.status == 422, payload
            assert reply.json["message"].startswith(
                'Secret "s" is invalid: data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": '
            )

    def test_a_missing_key_is_refused(self, api: Api) -> None:
        body = {"metadata": {"name": "s"}, "type": PULL_TYPE, "data": {"config.json": b64("{}")}}
        reply = api.request("POST", in_(api.namespace(), "secrets"), body)
        assert reply.status == 422
        assert reply.json["details"]["causes"][0]["field"] == "data[.dockerconfigjson]"
        assert reply.json["details"]["causes"][0]["reason"] == "FieldValueRequired"

    def test_raw_json_in_data_is_a_bad_request(self, api: Api) -> None:
        body = secret("s", "{}") | {"data": {PULL_KEY: "{}"}}
        reply = api.request("POST", in_(api.namespace(), "secrets"), body)
        assert (reply.status, reply.json["reason"]) == (400, "BadRequest")
        assert "illegal base64 data at input byte 0" in reply.json["message"]

    def test_broken_entries_inside_are_let_in(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        for place, payload in enumerate(("null", '{"auths":{"h":{"auth":"%%%"}}}', '{"auths":[]}')):
            assert api.request("POST", where, secret(f"s{place}", payload)).status == 201

    def test_string_data_is_merged_into_data(self, api: Api) -> None:
        body = {"metadata": {"name": "s"}, "data": {"a": b64("1"), "b": b64("2")}, "stringData": {"b": "3"}}
        reply = api.request("POST", in_(api.namespace(), "secrets"), body)
        assert (reply.json["type"], reply.json["data"]) == ("Opaque", {"a": b64("1"), "b": b64("3")})
        assert "stringData" not in reply.json

    def test_the_type_cannot_change(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        api.request("POST", where, {"metadata": {"name": "s"}, "data": {PULL_KEY: b64("{}")}})
        reply = api.request("PATCH", f"{where}/s", {"type": PULL_TYPE}, MERGE)
        assert reply.status == 422
        assert reply.json["message"] == f'Secret "s" is invalid: type: Invalid value: "{PULL_TYPE}": field is immutable'

    def test_an_immutable_secret_keeps_its_data_and_lets_labels_change(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        api.request("POST", where, secret("s", "{}", immutable=True))
        for patch in ({"data": {PULL_KEY: b64("null")}}, {"immutable": None}, {"stringData": {PULL_KEY: "null"}}):
            reply = api.request("PATCH", f"{where}/s", patch, MERGE)
            assert reply.status == 422
            assert "field is immutable when `immutable` is set" in reply.json["message"]
        assert api.request("PATCH", f"{where}/s", {"metadata": {"labels": {"a": "b"}}}, MERGE).status == 200

    def test_a_stale_version_is_a_conflict(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        first = api.request("POST", where, secret("s", "{}")).json
        api.request("PATCH", f"{where}/s", {"metadata": {"labels": {"a": "b"}}}, MERGE)
        for method, content_type in (("PUT", "application/json"), ("PATCH", MERGE)):
            body = first | {"data": {PULL_KEY: b64("null")}}
            reply = api.request(method, f"{where}/s", body, content_type)
            assert (reply.status, reply.json["reason"]) == (409, "Conflict")
            assert reply.json["message"] == (
                'Operation cannot be fulfilled on secrets "s": the object has been modified; '
                "please apply your changes to the latest version and try again"
            )

    def test_another_uid_is_a_conflict(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        made = api.request("POST", where, secret("s", "{}")).json
        other = made | {"metadata": made["metadata"] | {"uid": "another"}}
        reply = api.request("PUT", f"{where}/s", other)
        assert (reply.status, reply.json["reason"]) == (409, "Conflict")
        assert f"UID in precondition: another, UID in object meta: {made['metadata']['uid']}" in reply.json["message"]

    def test_a_new_object_has_no_version(self, api: Api) -> None:
        body = secret("s", "{}") | {"metadata": {"name": "s", "resourceVersion": "5"}}
        reply = api.request("POST", in_(api.namespace(), "secrets"), body)
        assert (reply.status, reply.json["message"]) == (
            500,
            "resourceVersion should not be set on objects to be created",
        )

    def test_a_secret_has_a_size(self, api: Api) -> None:
        body = {"metadata": {"name": "s"}, "stringData": {"a": "x" * (1024 * 1024 + 1)}}
        reply = api.request("POST", in_(api.namespace(), "secrets"), body)
        assert reply.status == 422
        assert reply.json["message"].endswith("data: Too long: may not be more than 1048576 bytes")

    def test_another_namespace_or_kind_in_the_body_is_a_bad_request(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        elsewhere = secret("s", "{}") | {"metadata": {"name": "s", "namespace": "elsewhere"}}
        otherwise = secret("s", "{}") | {"kind": "Pod", "apiVersion": "v1"}
        for body in (elsewhere, otherwise):
            reply = api.request("POST", where, body)
            assert (reply.status, reply.json["reason"]) == (400, "BadRequest")

    def test_a_write_that_changes_nothing_leaves_the_version(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        made = api.request("POST", where, secret("s", "{}")).json
        again = api.request("PUT", f"{where}/s", made).json
        assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]

    def test_delete_heeds_its_preconditions(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        made = api.request("POST", where, secret("s", "{}")).json["metadata"]
        for wrong in ({"uid": "another"}, {"uid": made["uid"], "resourceVersion": "1"}):
            reply = api.request("DELETE", f"{where}/s", {"preconditions": wrong})
            assert (reply.status, reply.json["reason"]) == (409, "Conflict")
            assert "precondition" in reply.json["message"].lower()
        assert api.request("DELETE", f"{where}/s", {"preconditions": {"uid": made["uid"]}}).status == 200
        assert api.request("GET", f"{where}/s").status == 404

    def test_the_writer_is_recorded_with_its_fields(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        made = api.request("POST", f"{where}?fieldManager=maker", secret("s", "{}")).json
        entry = made["metadata"]["managedFields"][0]
        assert (entry["manager"], entry["operation"]) == ("maker", "Update")
        assert "f:.dockerconfigjson" in entry["fieldsV1"]["f:data"]
        changed = api.request("PATCH", f"{where}/s?fieldManager=mender", {"data": {PULL_KEY: b64("null")}}, MERGE).json[
            "metadata"
        ]["managedFields"]
        owner = {e["manager"] for e in changed if "f:.dockerconfigjson" in e["fieldsV1"].get("f:data", {})}
        assert owner == {"mender"}


class DryRunContract:
    """`dryRun=All` checks everything and stores nothing."""

    def test_a_dry_create_is_not_stored(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        assert api.request("POST", f"{where}?dryRun=All", secret("s", "{}")).status == 201
        assert api.request("GET", f"{where}/s").status == 404

    def test_a_dry_create_is_validated(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        assert api.request("POST", f"{where}?dryRun=All", secret("s", "[]")).status == 422

    def test_a_dry_update_shows_new_data_and_the_old_version(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        made = api.request("POST", where, secret("s", "{}")).json
        reply = api.request("PATCH", f"{where}/s?dryRun=All", {"data": {PULL_KEY: b64("null")}}, MERGE).json
        assert reply["data"][PULL_KEY] == b64("null")
        assert reply["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
        assert api.request("GET", f"{where}/s").json["data"][PULL_KEY] == b64("{}")

    def test_a_dry_delete_leaves_the_object_and_heeds_preconditions(self, api: Api) -> None:
        where = in_(api.namespace(), "secrets")
        api.request("POST", where, secret("s", "{}"))
        assert api.request("DELETE", f"{where}/s?dryRun=All").status == 200
        wrong = {"preconditions": {"uid": "another"}}
        assert api.request("DELETE", f"{where}/s?dryRun=All", wrong).status == 409
        assert api.request("GET", f"{where}/s").status == 200

    def test_any_other_value_is_refused(self, api: Api) -> None:
        reply = api.request("POST", in_(api.namespace(), "secrets", query="dryRun=true"), secret("s", "{}"))
        assert reply.status == 422
        assert 'dryRun: Unsupported value: ["true"]: supported values: "All"' in reply.json["message"]


class AccountContract:
    """ServiceAccounts, admission and pods."""

    def test_patches_replace_the_whole_list_of_a_service_account(self, api: Api) -> None:
        where = in_(api.namespace(), "serviceaccounts", "default")
        for content_type in (MERGE, STRATEGIC):
            api.request("PATCH", where, {"imagePullSecrets": [{"name": "a"}, {"name": "b"}]}, MERGE)
            reply = api.request("PATCH", where, {"imagePullSecrets": [{"name": "c"}]}, content_type)
            assert pull_secrets(reply.json) == ["c"]

    def test_json_patch_appends_where_the_list_is_and_fails_where_it_is_not(self, api: Api) -> None:
        where = in_(api.namespace(), "serviceaccounts", "default")
        add = [{"op": "add", "path": "/imagePullSecrets/-", "value": {"name": "c"}}]
        refused = api.request("PATCH", where, add, JSON_PATCH)
        assert (refused.status, refused.json["reason"]) == (422, "Invalid")
        api.request("PATCH", where, {"imagePullSecrets": [{"name": "a"}]}, MERGE)
        assert pull_secrets(api.request("PATCH", where, add, JSON_PATCH).json) == ["a", "c"]

    def test_json_patch_stops_at_a_test_that_fails(self, api: Api) -> None:
        where = in_(api.namespace(), "serviceaccounts", "default")
        api.request("PATCH", where, {"imagePullSecrets": [{"name": "a"}]}, MERGE)
        patch = [
            {"op": "test", "path": "/imagePullSecrets", "value": [{"name": "b"}]},
            {"op": "replace", "path": "/imagePullSecrets", "value": []},
        ]
        assert api.request("PATCH", where, patch, JSON_PATCH).status == 422
        assert pull_secrets(api.request("GET", where).json) == ["a"]

    def test_admission_copies_the_list_into_pods_without_one(self, api: Api) -> None:
        namespace = api.namespace()
        api.request(
            "PATCH", in_(namespace, "serviceaccounts", "default"), {"imagePullSecrets": [{"name": "sa"}]}, MERGE
        )
        cases: list[tuple[Obj, list[str]]] = [
            ({}, ["sa"]),
            ({"imagePullSecrets": []}, ["sa"]),
            ({"imagePullSecrets": [{"name": "own"}]}, ["own"]),
        ]
        for place, (spec, expected) in enumerate(cases):
            reply = api.request("POST", in_(namespace, "pods"), pod(f"p{place}", **spec))
            assert pull_secrets(reply.json) == expected

    def test_an_empty_name_counts_as_a_list_of_its_own(self, api: Api) -> None:
        namespace = api.namespace()
        where = in_(namespace, "serviceaccounts", "default")
        api.request("PATCH", where, {"imagePullSecrets": [{"name": "sa"}]}, MERGE)
        reply = api.request("POST", in_(namespace, "pods"), pod("p", imagePullSecrets=[{"name": ""}]))
        assert [item.get("name", "") for item in reply.json["spec"]["imagePullSecrets"]] == [""]

    def test_a_later_change_of_the_account_does_not_reach_the_pod(self, api: Api) -> None:
        namespace = api.namespace()
        api.request("POST", in_(namespace, "pods"), pod("p"))
        where = in_(namespace, "serviceaccounts", "default")
        api.request("PATCH", where, {"imagePullSecrets": [{"name": "sa"}]}, MERGE)
        assert pull_secrets(api.request("GET", in_(namespace, "pods", "p")).json) == []

    def test_a_pod_of_a_missing_account_is_forbidden(self, api: Api) -> None:
        reply = api.request("POST", in_(api.namespace(), "pods"), pod("p", serviceAccountName="ghost"))
        assert (reply.status, reply.json["reason"]) == (403, "Forbidden")
        assert reply.json["message"].startswith('pods "p" is forbidden: error looking up service account ')
        assert reply.json["message"].endswith('serviceaccount "ghost" not found')

    def test_a_live_pod_may_change_its_image_and_not_its_pull_secrets(self, api: Api) -> None:
        namespace = api.namespace()
        where = in_(namespace, "pods", "p")
        api.request("POST", in_(namespace, "pods"), pod("p"))
        image = {"spec": {"containers": [{"name": "app", "image": "h.example/a/b:2"}]}}
        reply = api.request("PATCH", where, image, STRATEGIC)
        assert (reply.status, reply.json["spec"]["containers"][0]["image"]) == (200, "h.example/a/b:2")
        reply = api.request("PATCH", where, {"spec": {"imagePullSecrets": [{"name": "x"}]}}, MERGE)
        assert reply.status == 422
        assert "spec: Forbidden: pod updates may not change fields other than" in reply.json["message"]

    def test_a_bound_pod_ends_gracefully_and_at_once_without_grace(self, api: Api) -> None:
        namespace = api.namespace()
        where = in_(namespace, "pods", "p")
        api.request("POST", in_(namespace, "pods"), pod("p", nodeName="node-1"))
        going = api.request("DELETE", where, {"gracePeriodSeconds": 30})
        meta = going.json["metadata"]
        assert (going.json["kind"], meta["deletionGracePeriodSeconds"], meta["generation"]) == ("Pod", 30, 2)
        assert "deletionTimestamp" in api.request("GET", where).json["metadata"]
        assert api.request("DELETE", where, {"gracePeriodSeconds": 0}).status == 200
        assert api.request("GET", where).status == 404

    def test_a_pod_status_is_written_through_its_subresource_only(self, api: Api) -> None:
        namespace = api.namespace()
        where = in_(namespace, "pods", "p")
        api.request("POST", in_(namespace, "pods"), pod("p"))
        api.request("PATCH", where, {"status": {"phase": "Running"}}, MERGE)
        assert api.request("GET", where).json["status"]["phase"] == "Pending"
        api.request("PATCH", f"{where}/status", {"status": {"phase": "Running"}}, MERGE)
        assert api.request("GET", where).json["status"]["phase"] == "Running"


class ReadContract:
    """Lists, pages, tables and watches."""

    def _three(self, api: Api) -> str:
        namespace = api.namespace()
        for name in ("a", "b", "c"):
            api.request("POST", in_(namespace, "pods"), pod(name))
        return namespace

    def test_pages_are_one_snapshot(self, api: Api) -> None:
        namespace = self._three(api)
        first = api.request("GET", in_(namespace, "pods", query="limit=2")).json
        assert (names(first), first["metadata"]["remainingItemCount"]) == (["a", "b"], 1)
        api.request("POST", in_(namespace, "pods"), pod("d"))
        token = first["metadata"]["continue"]
        second = api.request("GET", in_(namespace, "pods", query=f"limit=2&continue={token}")).json
        assert names(second) == ["c"]
        assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]
        assert not second["metadata"].get("continue")

    def test_a_page_token_allows_no_version(self, api: Api) -> None:
        namespace = self._three(api)
        first = api.request("GET", in_(namespace, "pods", query="limit=2")).json["metadata"]
        query = f"limit=2&continue={first['continue']}&resourceVersion={first['resourceVersion']}"
        assert api.request("GET", in_(namespace, "pods", query=query)).status == 400

    def test_version_zero_ignores_the_limit(self, api: Api) -> None:
        namespace = self._three(api)
        for _ in range(50):  # the watch cache may be a moment behind
            listing = api.request("GET", in_(namespace, "pods", query="limit=1&resourceVersion=0")).json
            if len(listing["items"]) == 3:
                break
        assert names(listing) == ["a", "b", "c"]

    def test_a_selector_leaves_the_remaining_count_out(self, api: Api) -> None:
        namespace = self._three(api)
        query = "limit=2&fieldSelector=status.phase%3DPending"
        first = api.request("GET", in_(namespace, "pods", query=query)).json
        assert names(first) == ["a", "b"]
        assert "remainingItemCount" not in first["metadata"]

    def test_fields_select_with_three_operators(self, api: Api) -> None:
        namespace = self._three(api)
        for selector, expected in (
            ("metadata.name=b", ["b"]),
            ("metadata.name==b", ["b"]),
            ("metadata.name!=b", ["a", "c"]),
            ("status.phase!=Pending", []),
            ("status.phase=Pending,metadata.name!=a", ["b", "c"]),
        ):
            query = "fieldSelector=" + selector.replace("=", "%3D").replace("!", "%21")
            assert names(api.request("GET", in_(namespace, "pods", query=query)).json) == expected

    def test_an_unknown_field_is_a_bad_request(self, api: Api) -> None:
        reply = api.request("GET", in_(api.namespace(), "pods", query="fieldSelector=status.qosClass%3Dx"))
        assert reply.status == 400
        assert "field label not supported: status.qosClass" in reply.json["message"]

    def test_labels_select(self, api: Api) -> None:
        namespace = api.namespace()
        for name, label in (("a", "x"), ("b", "y")):
            body = pod(name)
            body["metadata"]["labels"] = {"app": label}
            api.request("POST", in_(namespace, "pods"), body)
        listing = api.request("GET", in_(namespace, "pods", query="labelSelector=app%3Dy")).json
        assert names(listing) == ["b"]

    def test_the_table_has_name_ready_and_status(self, api: Api) -> None:
        namespace = self._three(api)
        reply = api.request("GET", in_(namespace, "pods", query="includeObject=None"), accept=TABLE).json
        assert reply["kind"] == "Table"
        assert [column["name"] for column in reply["columnDefinitions"]][:3] == ["Name", "Ready", "Status"]
        assert [row["cells"][:3] for row in reply["rows"]] == [[name, "0/1", "Pending"] for name in "abc"]
        assert all(row.get("object") is None for row in reply["rows"])

    def test_the_table_shows_a_waiting_reason(self, api: Api) -> None:
        namespace = api.namespace()
        api.request("POST", in_(namespace, "pods"), pod("p"))
        waiting = {"name": "app", "image": "x", "imageID": "", "ready": False, "restartCount": 0}
        waiting["state"] = {"waiting": {"reason": "ImagePullBackOff", "message": "m"}}
        status = {"status": {"containerStatuses": [waiting]}}
        api.request("PATCH", in_(namespace, "pods", "p") + "/status", status, MERGE)
        reply = api.request("GET", in_(namespace, "pods", query="includeObject=None"), accept=TABLE).json
        assert reply["rows"][0]["cells"][:3] == ["p", "0/1", "ImagePullBackOff"]

    def test_a_watch_tells_what_comes_after_a_version(self, api: Api) -> None:
        namespace = api.namespace()
        version = api.request("GET", in_(namespace, "secrets")).json["metadata"]["resourceVersion"]
        api.request("POST", in_(namespace, "secrets"), secret("s", "{}"))
        api.request("PATCH", in_(namespace, "secrets", "s"), {"metadata": {"labels": {"a": "b"}}}, MERGE)
        api.request("DELETE", in_(namespace, "secrets", "s"))
        query = f"watch=true&resourceVersion={version}&timeoutSeconds=2"
        events = api.request("GET", in_(namespace, "secrets", query=query)).events
        assert [event["type"] for event in events] == ["ADDED", "MODIFIED", "DELETED"]
        assert events[0]["object"]["metadata"]["name"] == "s"

    def test_a_watch_without_a_version_begins_with_the_state(self, api: Api) -> None:
        namespace = api.namespace()
        api.request("POST", in_(namespace, "secrets"), secret("s", "{}"))
        events = api.request("GET", in_(namespace, "secrets", query="watch=true&timeoutSeconds=1")).events
        assert [(event["type"], event["object"]["metadata"]["name"]) for event in events] == [("ADDED", "s")]

    def test_a_watch_tells_when_an_object_leaves_the_selection(self, api: Api) -> None:
        namespace = api.namespace()
        body = secret("s", "{}")
        body["metadata"]["labels"] = {"app": "x"}
        version = api.request("POST", in_(namespace, "secrets"), body).json["metadata"]["resourceVersion"]
        api.request("PATCH", in_(namespace, "secrets", "s"), {"metadata": {"labels": {"app": "y"}}}, MERGE)
        query = f"watch=true&labelSelector=app%3Dx&resourceVersion={version}&timeoutSeconds=2"
        events = api.request("GET", in_(namespace, "secrets", query=query)).events
        assert [event["type"] for event in events] == ["DELETED"]


class RightsContract:
    """RBAC: refusals, and what the reviews say."""

    def test_a_refusal_says_who_what_and_where(self, api: Api) -> None:
        namespace = api.namespace()
        user = api.user(namespace, ("pods",), ("get", "list"))
        reply = api.request("GET", "/api/v1/pods", user=user)
        assert (reply.status, reply.json["reason"]) == (403, "Forbidden")
        expected = f'pods is forbidden: User "{user}" cannot list resource "pods" in API group "" at the cluster scope'
        assert reply.json["message"] == expected
        reply = api.request("GET", in_(namespace, "secrets", "x"), user=user)
        why = f'User "{user}" cannot get resource "secrets" in API group "" in the namespace "{namespace}"'
        assert reply.json["message"] == f'secrets "x" is forbidden: {why}'

    def test_what_is_granted_works(self, api: Api) -> None:
        namespace = api.namespace()
        user = api.user(namespace, ("pods",), ("get", "list"))
        assert api.request("GET", in_(namespace, "pods"), user=user).status == 200

    def test_dry_runs_need_the_same_right(self, api: Api) -> None:
        namespace = api.namespace()
        user = api.user(namespace, ("pods",), ("get", "list"))
        reply = api.request("POST", in_(namespace, "secrets", query="dryRun=All"), secret("s", "{}"), user=user)
        assert reply.status == 403

    def _allowed(self, api: Api, user: str, **attributes: str) -> bool:
        body = {
            "kind": "SelfSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {"resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        reply = api.request("POST", path, body, user=user)
        assert reply.status == 201
        return bool(reply.json["status"]["allowed"])

    def test_an_access_review_without_a_question_is_invalid(self, api: Api) -> None:
        body = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}}
        reply = api.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body)
        assert (reply.status, reply.json["details"]["causes"][0]["field"]) == (422, "spec.resourceAttributes")

    def test_the_access_review_knows_the_rights(self, api: Api) -> None:
        namespace = api.namespace()
        user = api.user(namespace, ("secrets",), ("get", "update"))
        assert self._allowed(api, user, verb="get", resource="secrets", namespace=namespace)
        assert not self._allowed(api, user, verb="list", resource="secrets", namespace=namespace)
        assert not self._allowed(api, user, verb="get", resource="secrets")

    def test_a_create_by_name_is_called_allowed_and_is_refused(self, api: Api) -> None:
        namespace = api.namespace()
        user = api.user(namespace, ("secrets",), ("get", "create"), ("only",))
        assert self._allowed(api, user, verb="get", resource="secrets", namespace=namespace, name="only")
        assert not self._allowed(api, user, verb="get", resource="secrets", namespace=namespace, name="other")
        assert self._allowed(api, user, verb="create", resource="secrets", namespace=namespace, name="only")
        assert not self._allowed(api, user, verb="create", resource="secrets", namespace=namespace)
        assert api.request("POST", in_(namespace, "secrets"), secret("only", "{}"), user=user).status == 403

    def test_the_self_review_tells_the_user(self, api: Api) -> None:
        user = api.user(api.namespace(), ("pods",), ("get",))
        body = {"kind": "SelfSubjectReview", "apiVersion": "authentication.k8s.io/v1"}
        reply = api.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body, user=user)
        assert (reply.status, reply.json["status"]["userInfo"]["username"]) == (201, user)


class PathContract:
    """Paths, methods and discovery."""

    def test_an_unknown_path_is_not_found(self, api: Api) -> None:
        assert api.request("GET", "/apis/apps/v1/gizmos").status == 404

    def test_an_object_without_its_namespace_is_not_found(self, api: Api) -> None:
        assert api.request("GET", "/api/v1/pods/p").status == 404

    def test_a_create_in_a_missing_namespace_is_not_found(self, api: Api) -> None:
        reply = api.request("POST", in_("no-such-namespace", "secrets"), secret("s", "{}"))
        assert (reply.status, reply.json["message"]) == (404, 'namespaces "no-such-namespace" not found')

    def test_a_bad_name_is_invalid(self, api: Api) -> None:
        reply = api.request("POST", in_(api.namespace(), "secrets"), secret("Not_A_Name", "{}"))
        assert reply.status == 422
        assert reply.json["details"]["causes"][0]["field"] == "metadata.name"

    def test_a_patch_in_an_unknown_format_is_refused(self, api: Api) -> None:
        namespace = api.namespace()
        api.request("POST", in_(namespace, "secrets"), secret("s", "{}"))
        reply = api.request("PATCH", in_(namespace, "secrets", "s"), {}, "application/json")
        assert (reply.status, reply.json["reason"]) == (415, "UnsupportedMediaType")

    def test_a_method_that_is_not_served_is_named_so(self, api: Api) -> None:
        reply = api.request("POST", in_(api.namespace(), "secrets", "s"), {})
        assert (reply.status, reply.json["reason"]) == (405, "MethodNotAllowed")

    def test_the_version_names_the_release(self, api: Api) -> None:
        assert api.request("GET", "/version").json["gitVersion"].startswith("v1.")

    def test_discovery_lists_the_core_resources(self, api: Api) -> None:
        listed = api.request("GET", "/api/v1").json
        plurals = {resource["name"] for resource in listed["resources"]}
        assert {"pods", "pods/status", "secrets", "serviceaccounts", "namespaces", "nodes", "events"} <= plurals


class ApiContract(SecretContract, DryRunContract, AccountContract, ReadContract, RightsContract, PathContract):
    """All of it."""
