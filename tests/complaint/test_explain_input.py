# ruff: noqa: E501  (texts stand as the tools write them)
"""What `explain` makes of pasted text."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.complaint import read
from checks.explain_input import Said, from_text

ERROR = 'failed to pull and unpack image "h.example/p/a:1": failed to resolve image: h.example/p/a:1: not found'
DESCRIBED = """Name:             shop-7d9c
Namespace:        shop
Status:           Pending
Init Containers:
  prepare:
    Image:          h.example/p/init:1
    State:          Terminated
      Reason:       Completed
    Ready:          True
Containers:
  web:
    Container ID:
    Image:          h.example/p/a:1
    State:          Waiting
      Reason:       ImagePullBackOff
    Last State:     Terminated
      Reason:       Error
      Message:      boom
    Ready:          False
  side:
    State:          Waiting
      Reason:       ErrImagePull
      Message:      toomanyrequests: slow down
Conditions:
  Type              Status
  Ready             False
Events:
  Type     Reason     Age                   From               Message
  ----     ------     ----                  ----               -------
  Normal   Scheduled  30m                   default-scheduler  Successfully assigned shop/shop-7d9c to n1
  Normal   Pulling    27m (x4 over 30m)     kubelet            Pulling image "h.example/p/a:1"
  Warning  Failed     27m (x4 over 29m)     kubelet            Error: ErrImagePull
  Normal   BackOff    5m17s (x94 over 29m)  kubelet            Back-off pulling image "h.example/p/a:1"
  Warning  Failed     19s (x10 over 29m)    kubelet            Failed to pull image "h.example/p/a:1": dial tcp: lookup h.example on 10.0.0.10:53: no such host
"""
EVENTS = """LAST SEEN   TYPE      REASON    OBJECT         MESSAGE
2m          Normal    Pulling   pod/shop-7d9c   Pulling image "h.example/p/a:1"
2m          Warning   Failed    pod/shop-7d9c   Failed to pull image "h.example/p/a:1": dial tcp: lookup h.example on 10.0.0.10:53: no such host
1m          Warning   Failed    pod/shop-7d9c   Error: ImagePullBackOff
"""


def pod() -> dict[str, object]:
    waiting = {"waiting": {"reason": "ErrImagePull", "message": ERROR}}
    return {
        "kind": "Pod",
        "status": {
            "initContainerStatuses": [{"name": "init", "state": {"terminated": {"reason": "Completed"}}}],
            "containerStatuses": [
                {"name": "web", "state": waiting},
                {"name": "side", "state": {"waiting": {"reason": "PodInitializing"}}},
            ],
            "ephemeralContainerStatuses": [{"name": "debug", "state": waiting}],
        },
    }


def test_a_bare_message_is_one_message() -> None:
    assert from_text(f"  {ERROR}\n") == (Said("", "", ERROR),)


def test_a_pods_waiting_containers_are_read_of_all_three_lists() -> None:
    assert from_text(json.dumps(pod())) == (Said("web", "ErrImagePull", ERROR), Said("debug", "ErrImagePull", ERROR))


def test_a_list_of_pods_is_read_pod_by_pod() -> None:
    assert len(from_text(json.dumps({"kind": "List", "items": [pod(), {"kind": "Pod"}, 3]}))) == 2


def test_events_name_their_container_and_those_with_a_cause_come_first() -> None:
    about = {"kind": "Pod", "fieldPath": "spec.initContainers{init}"}
    events = [
        {"kind": "Event", "reason": "Failed", "message": "Error: ErrImagePull", "involvedObject": about},
        {"kind": "Event", "reason": "Pulling", "message": "Pulling image", "involvedObject": about},
        {"kind": "Event", "reason": "Failed", "note": f'Failed to pull image "x": {ERROR}', "regarding": about},
    ]
    found = from_text(json.dumps({"kind": "EventList", "items": events}))
    assert [said.container for said in found] == ["init", "init"]
    assert ERROR in found[0].message


def test_kubectl_describe_gives_the_waiting_containers_and_the_events() -> None:
    found = from_text(DESCRIBED)
    assert Said("web", "ImagePullBackOff", "") in found
    assert Said("side", "ErrImagePull", "toomanyrequests: slow down") in found
    assert not [said for said in found if "boom" in said.message or said.container == "prepare"]
    assert {read(said.message, said.reason).cause for said in found} >= {"dns", "rate_limited"}
    assert found[-1].message.startswith(("Error: ", "Back-off"))


def test_kubectl_get_events_is_read_by_its_headings() -> None:
    found = from_text(EVENTS)
    assert [said.reason for said in found] == ["Failed", "Failed"]
    assert read(found[0].message).cause == "dns"


def test_every_recorded_pod_gives_back_its_last_waiting_text() -> None:
    corpus = Path(__file__).resolve().parents[1] / "corpus" / "kubelet_pods.jsonl"
    with corpus.open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            state = row["states"][-1]
            if state["state"] == "waiting" and state["message"]:
                waiting = {"name": state["name"], "state": {"waiting": {k: state[k] for k in ("reason", "message")}}}
                found = from_text(json.dumps({"status": {state["list"]: [waiting]}}))
                assert found == (Said(state["name"], state["reason"], state["message"]),)


@pytest.mark.parametrize("text", ["", "  \n ", "[]", "{}", '{"status": 3, "items": {"a": 1}}', "[" * 5000])
def test_a_text_that_says_nothing_gives_nothing_or_itself(text: str) -> None:
    assert all(said.message == text.strip() for said in from_text(text))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "status",
                        "containerStatuses",
                        "state",
                        "waiting",
                        "reason",
                        "message",
                        "items",
                        "involvedObject",
                        "name",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_any_json_is_taken(value: object) -> None:
    assert isinstance(from_text(json.dumps(value)), tuple)
