"""The whole courses of pods on a real kubelet, with the wiring that each of them had.

What a course does not tell of its Secrets stands in its `note` and `cause`; here it is spelt out. Registries are not
reachable, so that only the kubelet's words and the wiring remain.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checks.image import ImageNameError, parse
from tests import builders as b
from tests.verdicts.lab import JSON_KEY, JSON_TYPE, NODE, Lab, auths, waiting

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
CFG_TYPE, CFG_KEY = "kubernetes.io/dockercfg", ".dockercfg"
USER, PASSWORD = "robot$team+puller", "RobotSecretOf32LettersAndDigits1"
HARBOR = "harbor.lab.test:18443"
GOOD = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode("ascii")
WRONG = base64.b64encode(f"{USER}:Wrong-Passw0rd".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Kept:
    """One Secret as it stands in the cluster."""

    payload: object
    type_: str = JSON_TYPE
    key: str = JSON_KEY


@dataclass(frozen=True, slots=True)
class Wiring:
    """What the pod names, what of it is there, and what its ServiceAccount has got since."""

    names: tuple[str, ...] = ()
    kept: Mapping[str, Kept] = field(default_factory=dict)
    account: tuple[str, ...] = ()
    """Attached to the ServiceAccount after the pod was made."""


def _one(payload: object, type_: str = JSON_TYPE, key: str = JSON_KEY) -> Wiring:
    return Wiring(("pull",), {"pull": Kept(payload, type_, key)})


def _entry(**fields: object) -> dict[str, object]:
    return {"auths": {HARBOR: fields}}


def _keyed(*keys: str, user: str = USER, password: str = PASSWORD) -> Wiring:
    return _one(auths(dict.fromkeys(keys, (user, password))))


_LOGIN = {HARBOR: {"auth": GOOD}}
NOTHING = Wiring()
HUB = "https://index.docker.io/v1/"

WIRINGS: dict[str, Wiring] = {
    "d-wrong": _keyed("dist.lab.test:25443", password="Wrong-Passw0rd"),
    "ensure-on-e5-wrong": _keyed("fake.lab.test:25100", password="Wrong-Passw0rd"),
    "f-basic-wrong": _keyed("fake.lab.test:25100", password="Wrong-Passw0rd"),
    "f-tok-html-anon": NOTHING,
    "f-tok-strict-anon": NOTHING,
    "hb-emptypass": _keyed(HARBOR, user="guest1", password=""),
    "hb-otherrobot": _keyed(HARBOR, user="robot$other+puller"),
    "hb-public-anon": NOTHING,
    "hb-public-norepo": NOTHING,
    "hb-public-notag": NOTHING,
    "hb-pushonly": _keyed(HARBOR, user="robot$sys-team-pushonly"),
    "hb-noproject-sysall": _keyed(HARBOR, user="robot$sys-all-pull"),
    "hb-robot-wrong": _keyed(HARBOR, password="Wrong-Passw0rd"),
    "hb-stranger": _keyed(HARBOR, user="stranger"),
    "hub-public-wrongcred": _keyed(HUB, password="Wrong-Passw0rd"),
    "hub-short-cred": _keyed(HUB, password="Wrong-Passw0rd"),
    "hub-short": NOTHING,
    "long-token": Wiring(("not-there",)),
    "m-404-401": NOTHING,
    "shape-salate": Wiring((), {"late": Kept(auths({"fake.lab.test:25100": (USER, PASSWORD)}))}, ("late",)),
    "tls-https-as-http-go": NOTHING,
    "w-auth-newline": _one(_entry(auth=f"{GOOD[:20]}\n{GOOD[20:]}")),
    "w-authdisagree": _one(_entry(auth=WRONG, username=USER, password=PASSWORD)),
    "w-authdisagree2": _one(_entry(auth=GOOD, username=USER, password="Wrong-Passw0rd")),
    "w-authnumber": _one(_entry(auth=17)),
    "w-authsnull": _one({"auths": None}),
    "w-authurlsafe": _one(_entry(auth="cm9ib3Q_Og==")),
    "w-badb64-otherhost": Wiring(
        ("pull", "other"),
        {"pull": Kept({"auths": _LOGIN}), "other": Kept({"auths": {"other.lab.test": {"auth": "!!"}}})},
    ),
    "w-basicauth-type": Wiring(("pull",), {"pull": Kept(PASSWORD, "kubernetes.io/basic-auth", "password")}),
    "w-dockercfg-bad": _one({HARBOR: {"auth": "!!"}}, CFG_TYPE, CFG_KEY),
    "w-dockercfg-ok": _one(_LOGIN, CFG_TYPE, CFG_KEY),
    "w-dockercfg-wrapped": _one({"auths": _LOGIN}, CFG_TYPE, CFG_KEY),
    "w-emptyauths": _one({"auths": {}}),
    "w-emptyobject": _one({}),
    "w-identitytoken": _one(_entry(identitytoken="a-token")),
    "w-key-class": _keyed("[gh]arbor.lab.test:18443"),
    "w-key-https": _keyed(f"https://{HARBOR}"),
    "w-key-proj": _keyed(f"{HARBOR}/team"),
    "w-key-v1": _keyed(f"https://{HARBOR}/v1/"),
    "w-mixed-good-and-unrelated": _keyed(HARBOR, "other.lab.test"),
    "w-nocolon": _one(_entry(auth=base64.b64encode(b"no colon in it").decode("ascii"))),
    "w-otherport": _keyed("harbor.lab.test:8443"),
    "w-secret-missing-plus-good": Wiring(("not-there", "pull"), {"pull": Kept({"auths": _LOGIN})}),
    "w-secret-missing-two": Wiring(("not-there", "nor-this")),
    "w-secret-missing": Wiring(("not-there",)),
    "w-uiurl": _keyed(f"https://{HARBOR}/harbor/projects/1/repositories"),
    "w-usernamelist": _one({"auths": {HARBOR: "robot"}}),
    "w-v2noslash": _keyed(f"https://{HARBOR}/v2"),
    "w-wrong-path-then-good": _one({"auths": {f"{HARBOR}/team": {"auth": WRONG}, **_LOGIN}}),
    "w-wrong-then-good": Wiring(("bad", "pull"), {"bad": Kept(_entry(auth=WRONG)), "pull": Kept({"auths": _LOGIN})}),
    "w-wrongkey": _one({"auths": _LOGIN}, "Opaque", "config.json"),
    "w-wrongns": Wiring(("of-another-namespace",)),
}
"""By the course's id; every other pod names a Secret with a login for its registry."""

TRUTH = {"w-key-class": "no_credentials", "shape-deadline": "not_found_tag"}
"""Where the recorded `cause` is not what came: the key with a character class was meant to match and did not, and of
the pod with a deadline none is recorded.
"""

ALSO_TRUE = {
    "ensure-135-e3-never-nosecret": "never_pull",  # what the kubelet says of an image that this pod may not use
    "ensure-on-e3-never-nosecret": "never_pull",
    "long-token": "token_service_failure",  # it is the token service whose name does not resolve
    "tls-mtls": "connection_reset",  # a server that demands a client certificate cuts the connection
}
"""The same fault in another word."""

CODES = {
    "ensure-135-e2-nosecret": "HD101",
    "f-tok-strict-anon": "HD101",
    "hb-emptypass": "HD107",
    "shape-salate": "HD102",
    "w-authsnull": "HD106",
    "w-basicauth-type": "HD104",
    "w-dockercfg-wrapped": "HD000",
    "w-emptyauths": "HD106",
    "w-emptyobject": "HD106",
    "w-identitytoken": "HD107",
    "w-key-class": "HD000",
    "w-otherport": "HD106",
    "w-secret-missing": "HD103",
    "w-secret-missing-two": "HD103",
    "w-uiurl": "HD106",
    "w-v2noslash": "HD106",
    "w-wrongkey": "HD104",
    "w-wrongns": "HD103",
}
"""The rule for each fault of the wiring by which no login is sent. A key that comes not even near is not blamed at a
registry that nobody could ask: it may not have been meant for it, and the image may not be there.
"""


@dataclass(slots=True)
class Course:
    """One pod's course, replayed step by step."""

    id: str
    cause: str
    note: str
    states: list[dict[str, Any]]
    events: list[dict[str, Any]]
    phase: str

    @property
    def truth(self) -> str:
        return TRUTH.get(self.id, self.cause or "ok")

    @property
    def wiring(self) -> Wiring:
        if self.id in WIRINGS:
            return WIRINGS[self.id]
        return NOTHING if "nosecret" in self.id else _keyed(self.registry)

    @property
    def registry(self) -> str:
        try:
            return parse(self.states[0]["image"]).registry
        except ImageNameError:
            return HARBOR

    def lay_out(self, lab: Lab, namespace: str = "") -> None:
        """Make the pod, with its wiring, in a namespace of its own: of its id, unless another one is given."""
        namespace, wiring = namespace or self.id, self.wiring
        lab.namespace(namespace)
        for name, kept in wiring.kept.items():
            lab.secret(namespace, name, kept.payload, kept.type_, kept.key)
        lab.pod(namespace, "pod", self._spec(wiring))
        if wiring.account:
            lab.attach(namespace, *wiring.account)

    def _spec(self, wiring: Wiring) -> dict[str, Any]:
        spec: dict[str, Any] = {"nodeName": NODE, "imagePullSecrets": [{"name": name} for name in wiring.names]}
        for state in self.states:
            kind = state["list"].replace("ContainerStatuses", "Containers").replace("containerStatuses", "containers")
            named = spec.setdefault(kind, [])
            if state["name"] not in [each["name"] for each in named]:
                named.append({"name": state["name"], "image": state["image"]})
        for sidecar in spec.get("initContainers", ()):
            sidecar["restartPolicy"] = "Always"
        return spec

    def show(self, lab: Lab, step: int) -> None:
        """Bring the pod to this state of its course, with the events that had come by then."""
        if step >= len(self.states):
            return
        status: dict[str, Any] = {"phase": self.states[step].get("phase", self.phase)}
        latest = {(each["list"], each["name"]): each for each in self.states[: step + 1]}
        for state in latest.values():
            status.setdefault(state["list"], []).append(_container(state))
        lab.show(self.id, "pod", status)
        failed = any(state["message"] for state in self.states[: step + 1])
        before = any(state["message"] for state in self.states[:step])
        if failed and not before:
            for event in self.events:
                lab.event(self.id, "pod", **_event(event))


def _container(state: dict[str, Any]) -> dict[str, Any]:
    told = {key: state[key] for key in ("reason", "message") if state[key]}
    known = {"name": state["name"], "image": state["image"], "imageID": "", "ready": state["state"] == "running"}
    return {**known, "restartCount": state["restarts"], "state": {state["state"]: told}}


def _event(event: dict[str, Any]) -> dict[str, Any]:
    where = {"fieldPath": event["fieldPath"]} if event["fieldPath"] else {}
    times = {"firstTimestamp": event["first"], "lastTimestamp": event["last"], "count": event["count"]}
    known = {key: event[key] for key in ("reason", "type", "message")}
    return {**known, **times, "where": where, "source": {"component": event["component"]}}


@dataclass(frozen=True, slots=True)
class Said:
    """One text of a real kubelet, as of a pod that has come no further."""

    id: str
    text: str
    reason: str
    event: bool
    """It stands in an event, and the pod itself says nothing, as before kubelet 1.32."""
    runtime: str
    image: str
    course: Course

    def lay_out(self, lab: Lab) -> None:
        self.course.lay_out(lab, self.id)
        if not self.event:
            lab.show(self.id, "pod", waiting(self.image, self.reason, self.text))
            return
        lab.show(self.id, "pod", waiting(self.image, "ImagePullBackOff", f'Back-off pulling image "{self.image}"'))
        where = {"fieldPath": "spec.containers{app}"}
        lab.event(self.id, "pod", reason=self.reason, type="Warning", message=self.text, where=where, count=1)


def said() -> Iterator[Said]:
    """Every text of which the image is known, with the wiring of the course that it is of."""
    with (CORPUS / "kubelet_messages.jsonl").open(encoding="utf-8") as lines:
        for number, row in enumerate(map(json.loads, lines)):
            if not row["image"]:
                continue
            name = row["id"].split("-", 2)[2].rsplit("-", 2)[0]
            state = {"list": "containerStatuses", "name": "app", "image": row["image"]}
            course = Course(name, row["cause"], row["note"], [state], [], "Pending")
            yield Said(
                f"said-{number}", row["message"], row["reason"], row["where"] == "event", row["runtime"], row["image"],
                course,
            )  # fmt: skip


def moved() -> Iterator[Said]:
    """Each course whose wiring sends no login, with the words of later runtimes, which tell that none was sent."""
    for course in courses():
        for runtime in ("1.7", "2.1") if course.id in CODES else ():
            image = course.states[-1]["image"]
            text = b.backed_off(image, b.nothing_sent(image, runtime))
            name = f"moved-{course.id}-{runtime.replace('.', '')}"
            yield Said(name, text, "ImagePullBackOff", False, runtime, image, course)


def courses() -> Iterator[Course]:
    with (CORPUS / "kubelet_pods.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Course(row["id"], row["cause"], row["note"], row["states"], row["events"], row["phase"])
