"""Random worlds for the generator test: healthy or half known ones, and for every rule some with just its fault.

A world is a pod, its Secrets, a Harbor's answers and the kubelet's text, all drawn from one seeded source: names,
runtimes, whether the text is of the attempt or of the pause after it, Secrets for other registries beside the one
that counts, and facts that decide nothing and may be unknown.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from checks.credentials import Login
from checks.facts import Break, Fact, Knows, Manifest, Unknown
from checks.model import Evidence, Owner
from tests import builders as b

HOSTS = ("harbor.example.com", "registry.corp.example:8443", "hub.lab.internal", "10.20.30.40:5000")
WORDS = ("shop", "pay", "crm", "data", "infra", "web", "team-a", "core")
NAMES = ("api", "worker", "frontend", "etl", "base/python", "deep/nested/app")
TAGS = ("1.4.2", "latest", "2026.11", "v3", "main-5f0c1d2")
RUNTIMES = ("1.6", "1.7", "2.1")


@dataclass
class World:
    """One draw. `evidence` turns it into what the rules are shown."""

    rng: Random
    host: str = ""
    project: str = ""
    path: str = ""
    tag: str = ""
    user: str = ""
    runtime: str = ""
    others: tuple[dict[str, Any], ...] = ()
    known: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pick = self.rng.choice
        self.host, self.project, self.tag = pick(HOSTS), pick(WORDS), pick(TAGS)
        self.path, self.runtime = f"{self.project}/{pick(NAMES)}", pick(RUNTIMES)
        self.user = pick((f"robot${self.project}+pull", "robot$cluster", "alice", "build-bot"))
        self.others = tuple(
            b.secret(b.entry(key=f"mirror{n}.example.net"), name=f"mirror-{n}") for n in range(self.rng.randrange(3))
        )

    @property
    def image(self) -> str:
        return f"{self.host}/{self.path}:{self.tag}"

    @property
    def artifact(self) -> str:
        return f"{self.path}:{self.tag}"

    def login(self, user: str = "", password: str = b.PASSWORD) -> Login:
        return b.login(user or self.user, password, "shop/harbor-pull", self.host)

    def secret(self, user: str = "", password: str = b.PASSWORD, **how: Any) -> dict[str, Any]:
        return b.secret(b.entry(user or self.user, password, how.pop("at", self.host)), **how)

    def denied(self) -> Manifest:
        return b.denied(self.path)

    def unauthorized(self) -> str:
        return self.said(b.unauthorized(self.image, self.runtime))

    def nothing_sent(self) -> str:
        text = b.unauthorized(self.image, "1.6") if self.runtime == "1.6" else b.nothing_sent(self.image, self.runtime)
        return self.said(text)

    def not_found(self) -> str:
        return self.said(b.not_found(self.image, self.runtime))

    def said(self, text: str) -> str:
        return b.backed_off(self.image, text) if self.rng.random() < 0.5 else text

    def evidence(self, *secrets: b.Found, **how: Any) -> Evidence:
        """Put the innocent Secrets around, and leave in the dark what decides nothing."""
        chance, around = self.rng.random, list(self.others)
        self.rng.shuffle(around)
        cut = self.rng.randrange(len(around) + 1)
        if how.pop("alone", False):
            around, cut = [], 0
        fields = {"owner": self.rng.choice((Owner("Deployment", "web"), Owner("StatefulSet", "db"), None))}
        made = {"image": self.image, "anonymous": self.denied(), "fields": fields, "ping": b.ping(self.host)} | how
        found = b.evidence(*around[:cut], *secrets, *around[cut:], **made)
        if chance() < 0.3 and "node" not in how:
            found = replace(found, node=Unknown("no right to read Nodes"))
        if chance() < 0.3 and secrets:
            found = replace(found, service_account=Unknown("no right to read ServiceAccounts in shop"))
        return found


Fault = Callable[[World], Evidence]
FAULTS: dict[str, Fault] = {}


def fault(code: str) -> Callable[[Fault], Fault]:
    def register(make: Fault) -> Fault:
        FAULTS[code] = make
        return make

    return register


def _maybe(w: World, text: str, share: float = 0.2) -> str:
    """Older kubelets keep the text out of the status; their events may be gone."""
    return "" if w.rng.random() < share else text


@fault("HD001")
def _invalid(w: World) -> Evidence:
    image = w.rng.choice((f"{w.host}/{w.project}/Web:1", "$(IMAGE)", f"{w.image} ", f"{w.host}/{w.path}:a/b"))
    return w.evidence(w.secret(), image=image, ping=Unknown("the image name is invalid"), trials=(),
                      reason="InvalidImageName", text="InvalidImageName")  # fmt: skip


@fault("HD002")
def _no_registry_named(w: World) -> Evidence:
    """Docker Hub denies an image of the Harbor that the Secret is for."""
    image, hub = f"{w.path}:{w.tag}", "docker.io"
    there = b.elsewhere(w.image, b.accepted(w.login(), b.served(b.AMD64), "pull"))
    meant = w.rng.choice((there, Unknown("no answer")))
    text = w.said(b.resolving(f"{hub}/{image}", b.HUB_DENIAL, w.runtime))
    return w.evidence(w.secret(), alone=True, image=image, ping=b.ping(hub, harbor=False), text=_maybe(w, text),
                      anonymous=b.hub_denied(), nearby=b.Nearby(elsewhere=meant))  # fmt: skip


@fault("HD004")
def _short_name(w: World) -> Evidence:
    image = f"{w.path}:{w.tag}"
    cause = w.rng.choice((
        f"short name mode is enforcing, but image name {image} returns ambiguous list",
        f'short-name "{image}" did not resolve to an alias and no unqualified-search registries are defined in "/x"',
    ))  # fmt: skip
    return w.evidence(w.secret(), image=image, ping=Unknown("not asked"), anonymous=b.nobody(None, "no answer"),
                      text=w.said(f"rpc error: code = Unknown desc = {cause}"))  # fmt: skip


@fault("HD003")
def _no_project(w: World) -> Evidence:
    image = f"{w.host}/agent:{w.tag}"
    answer = Manifest(400, "BAD_REQUEST", "bad request: invalid repository name: agent")
    return w.evidence(w.secret(), image=image, anonymous=answer, trials=[b.accepted(w.login(), answer)],
                      text=_maybe(w, b.answered(image, "400 Bad Request")))  # fmt: skip


@fault("HD101")
def _no_secret(w: World) -> Evidence:
    return w.evidence(alone=True, text=_maybe(w, w.nothing_sent()),
                      service_account=w.rng.choice((b.account(), Unknown("may not be read"))))  # fmt: skip


@fault("HD102")
def _made_before(w: World) -> Evidence:
    return w.evidence(alone=True, text=_maybe(w, w.nothing_sent()), service_account=b.account("harbor-pull"))


@fault("HD103")
def _missing(w: World) -> Evidence:
    return w.evidence(("harbor-pul", b.MISSING), text=_maybe(w, w.nothing_sent()))


@fault("HD104")
def _wrong_type(w: World) -> Evidence:
    at_all = b.entry(w.user, key=w.host)
    how = w.rng.choice(
        ({"type_": "Opaque"}, {"key": "config.json"}, {"payload": at_all}, {"type_": "kubernetes.io/tls"})
    )
    return w.evidence(b.secret(at_all, **how), text=_maybe(w, w.nothing_sent()))


@fault("HD105")
def _undecodable(w: World) -> Evidence:
    entry = w.rng.choice(({"auth": "robot$x:y"}, {"auth": "bm8gY29sb24="}, {"username": 7}, "text", {"auth": "YQ="}))
    text = "illegal base64 data at input byte 4"
    return w.evidence(w.secret(), b.secret({"elsewhere.example": entry}, name="bad"), trials=(), text=_maybe(w, text))


@fault("HD106")
def _other_key(w: World) -> Evidence:
    bare = w.host.partition(":")[0]
    keys = (f"{bare}:9443", f"https://{w.host}/v2", f"https://{w.host}/harbor/projects", f"{w.host}/elsewhere",
            f"x.{w.host}", "quay.io", f"ftp://{w.host}", f"{w.host}/{w.project.upper()}")  # fmt: skip
    return w.evidence(w.secret(at=w.rng.choice(keys)), text=_maybe(w, w.nothing_sent()))


@fault("HD107")
def _empty(w: World) -> Evidence:
    entry = w.rng.choice(({}, None, {"identitytoken": "t"}, {"username": "alice"}, {"auth": "Og=="}))
    return w.evidence(b.secret({w.host: entry}), text=_maybe(w, w.nothing_sent()))


@fault("HD108")
def _disagrees(w: World) -> Evidence:
    knows = w.rng.choice((Knows.REFUSED, Knows.LOCKED))
    bad = w.login(password="old")
    proof = (b.variant("username_password", bad, w.login(w.rng.choice((w.user, "robot$x+y")))),)
    return w.evidence(w.secret(password="old"), trials=[b.refused(bad, w.denied(), knows)], variants=proof,
                      text=_maybe(w, w.unauthorized()))  # fmt: skip


@fault("HD109")
def _white_space(w: World) -> Evidence:
    password = w.rng.choice((f"{b.PASSWORD}\n", f"{b.PASSWORD}\r\n", f" {b.PASSWORD}", f"{b.PASSWORD}\t"))
    knows = w.rng.choice((Knows.REFUSED, Knows.LOCKED))
    bad = w.login(password=password)
    proof = (b.variant("white_space", bad, w.login()),)
    return w.evidence(w.secret(password=password), trials=[b.refused(bad, w.denied(), knows)], variants=proof,
                      text=_maybe(w, w.unauthorized()))  # fmt: skip


@fault("HD110")
def _lost_dollar(w: World) -> Evidence:
    user = w.rng.choice(("robot", "robot+pull"))
    bad, full = w.login(user), w.login(f"robot${w.project}+pull")
    tried = "+" in user and w.rng.random() < 0.5
    return w.evidence(w.secret(user), trials=[b.refused(bad, w.denied())], text=_maybe(w, w.unauthorized()),
                      variants=(b.variant("robot_dollar", bad, full),) if tried else ())  # fmt: skip


_REACH = {
    "HD201": ("dial tcp: lookup {name} on 10.0.0.2:53: no such host", Break.DNS),
    "HD202": ("dial tcp 192.0.2.7:443: connect: connection refused", Break.REFUSED),
    "HD203": ("net/http: TLS handshake timeout", Break.TIMEOUT),
    "HD204": ("proxyconnect tcp: dial tcp 10.0.0.9:3128: i/o timeout", Break.PROXY),
    "HD206": ("read tcp 10.1.0.4:4112->192.0.2.7:443: read: connection reset by peer", Break.RESET),
    "HD211": ("tls: failed to verify certificate: x509: certificate signed by unknown authority", Break.TLS_UNKNOWN_CA),
    "HD212": ("x509: certificate has expired or is not yet valid: current time is after", Break.TLS_EXPIRED),
    "HD213": ("x509: certificate is valid for a.example, not {name}", Break.TLS_HOSTNAME),
    "HD214": ("http: server gave HTTP response to HTTPS client", Break.PLAIN_HTTP),
}


def _unreached(code: str) -> Fault:
    def make(w: World) -> Evidence:
        cause, broken = _REACH[code]
        text = w.said(b.unreached(w.image, cause.format(name=w.host.partition(":")[0]), w.runtime))
        if w.rng.random() < 0.4:
            return w.evidence(w.secret(), text=text, trials=[b.accepted(w.login(), b.served(b.AMD64), "pull")])
        return w.evidence(w.secret(), text=text, trials=[b.not_asked(w.login(), "no answer")],
                          anonymous=b.nobody(None, "no answer"), ping=b.ping(w.host, broken=broken))  # fmt: skip

    return make


FAULTS |= {code: _unreached(code) for code in _REACH}


def _silent(w: World, why: str) -> dict[str, Any]:
    return {"trials": [b.not_asked(w.login(), why)], "anonymous": b.nobody(None, why)}


@fault("HD205")
def _server_error(w: World) -> Evidence:
    status = w.rng.choice(("500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"))
    return w.evidence(w.secret(), text=w.said(b.answered(w.image, status)), **_silent(w, "it answered 502"))


@fault("HD215")
def _realm_elsewhere(w: World) -> Evidence:
    """The challenge names another host, another port or plain HTTP, and there the node fails."""
    bare = w.host.partition(":")[0]
    realm = w.rng.choice(("https://core.internal", f"https://{bare}:9443", f"http://{w.host}", "http://core.internal"))
    asked = f'failed to authorize: failed to fetch oauth token: Post "{realm}/service/token"'
    text = w.said(b.resolving(w.image, f"{asked}: dial tcp 192.0.2.1:1: connect: connection refused", w.runtime))
    return w.evidence(w.secret(), text=text, ping=b.ping(w.host, realm=f"{realm}/service/token"),
                      **_silent(w, "the token service gave no answer"))  # fmt: skip


@fault("HD216")
def _token_service(w: World) -> Evidence:
    cause = w.rng.choice((
        "failed to fetch oauth token: unexpected status from POST request to https://t.example/token: 500 Internal",
        "authorization server did not include a token in the response",
        'failed to fetch oauth token: Post "https://t.example/token": dial tcp 192.0.2.1: connect: connection refused',
        'failed to fetch anonymous token: Get "https://t.example/token": dial tcp: lookup t.example: no such host',
    ))  # fmt: skip
    text = w.said(b.resolving(w.image, f"failed to authorize: {cause}", w.runtime))
    return w.evidence(w.secret(), text=text, **_silent(w, "the token service answered 500"))


def _turned_away(user: str, knows: Knows = Knows.REFUSED, **more: Any) -> Fault:
    def make(w: World) -> Evidence:
        name = user.format(project=w.project)
        seen = more["harbor"](name) if "harbor" in more else {}
        trials = [b.refused(w.login(name, "old"), w.denied(), knows)]
        return w.evidence(w.secret(name, "old"), trials=trials, harbor=seen, text=_maybe(w, w.unauthorized()))

    return make


FAULTS["HD301"] = lambda w: _turned_away(w.rng.choice(("alice", "robot${project}+pull", "robot$all")))(w)
FAULTS["HD302"] = _turned_away("robot${project}+old", harbor=lambda n: {n: b.view(b.robot(n, days=-0.1))})
FAULTS["HD303"] = _turned_away(
    "robot${project}+off", Knows.LOCKED, harbor=lambda n: {n: b.view(b.robot(n, disabled=True))}
)
FAULTS["HD304"] = _turned_away("robot${project}+gone", harbor=lambda n: {n: b.view(None)})
FAULTS["HD305"] = _turned_away("robot${project}+pull", harbor=lambda n: {n: b.view(b.robot(f"bot{n[5:]}"))})


@fault("HD306")
def _oidc(w: World) -> Evidence:
    knows = w.rng.choice((Knows.REFUSED, Knows.LOCKED))
    return w.evidence(w.secret("alice", "old"), trials=[b.refused(w.login("alice", "old"), w.denied(), knows)],
                      auth_mode=b.OIDC, text=_maybe(w, w.unauthorized()))  # fmt: skip


FAULTS["HD307"] = _turned_away("alice", Knows.LOCKED)


def _without_right(user: str, *actions: str) -> Fault:
    def make(w: World) -> Evidence:
        return w.evidence(w.secret(user), trials=[b.accepted(w.login(user), w.denied(), *actions)],
                          text=_maybe(w, w.unauthorized()))  # fmt: skip

    return make


FAULTS["HD401"] = _without_right("alice")
FAULTS["HD402"] = _without_right("robot$elsewhere+pull")
FAULTS["HD403"] = _without_right("robot$uploader", "push")


@fault("HD501")
def _missing_project(w: World) -> Evidence:
    """Whatever stands in the Secrets, nothing but the project matters."""
    answer = b.no_project(w.project)
    secrets, trials = w.rng.choice((
        ((w.secret(),), [b.accepted(w.login(), answer)]),
        ((), []),
        ((("gone", b.MISSING),), []),
        ((w.secret(type_="Opaque"),), []),
    ))  # fmt: skip
    return w.evidence(*secrets, trials=trials, anonymous=answer, text=_maybe(w, w.unauthorized()))


def _answered(manifest: Callable[[World], Manifest], text: Callable[[World], str], **how: Any) -> Fault:
    def make(w: World) -> Evidence:
        answer = manifest(w)
        if w.rng.random() < 0.3:  # a public project, where a wrong login or none is no matter
            trials = w.rng.choice(([b.refused(w.login(), answer)], [b.refused(w.login(), answer, Knows.LOCKED)]))
            return w.evidence(w.secret(), trials=trials, anonymous=answer, text=_maybe(w, text(w)), **how)
        return w.evidence(w.secret(), trials=[b.accepted(w.login(), answer, "pull")], text=_maybe(w, text(w)), **how)

    return make


_LIST = b.tags("0.1", "0.2")
FAULTS["HD502"] = _answered(lambda w: b.no_repository(w.path), World.not_found)
FAULTS["HD503"] = _answered(lambda w: b.no_tag(w.artifact), World.not_found, nearby=_LIST)
FAULTS["HD504"] = _answered(
    lambda w: b.served(b.ARM64),
    lambda w: w.said(f'failed to pull and unpack image "{w.image}": no match for platform in manifest: not found'),
    node=Fact(b.AMD64, "Node", b.NOW),
)
FAULTS["HD505"] = lambda w: _answered(
    lambda w: w.rng.choice((b.no_repository(w.path), b.no_tag(w.artifact))),
    World.not_found,
    project=b.proxy(w.rng.choice((False, None, True))),
)(w)
FAULTS["HD506"] = _answered(lambda w: b.LOST, World.not_found)


def _policy(w: World) -> str:
    return w.said(b.answered(w.image, "412 Precondition Failed", w.runtime))


FAULTS["HD601"] = _answered(lambda w: b.VULNERABLE, _policy)
FAULTS["HD602"] = _answered(lambda w: b.UNSCANNED, _policy)
FAULTS["HD603"] = _answered(lambda w: b.UNSIGNED, _policy)


def _text(text: str) -> Fault:
    def make(w: World) -> Evidence:
        trials = [b.accepted(w.login(), b.served(b.AMD64), "pull")]
        return w.evidence(w.secret(), trials=trials, text=w.said(text.format(image=w.image)))

    return make


_HEAD = 'failed to pull and unpack image "{image}": '
FAULTS["HD604"] = lambda w: w.evidence(w.secret(), text=w.said(b.answered(w.image, "429 Too Many Requests", w.runtime)),
                                       **_silent(w, "it answered 429"))  # fmt: skip
FAULTS["HD605"] = _text("rpc error: code = Unknown desc = initializing source docker://{image}: registry x.example is "
                        "blocked in /etc/containers/registries.conf")  # fmt: skip
FAULTS["HD606"] = _text("rpc error: code = Unknown desc = initializing source docker://{image}: Source image rejected: "
                        "A signature was required, but no signature exists")  # fmt: skip
FAULTS["HD701"] = _text(_HEAD + "failed to extract layer sha256:1: write /var/x: no space left on device")
FAULTS["HD702"] = _text('Container image "{image}" is not present with pull policy of Never')
FAULTS["HD703"] = _text("pull QPS exceeded")
FAULTS["HD704"] = _text(_HEAD + "failed to copy: unexpected commit digest sha256:1, expected sha256:2")
FAULTS["HD705"] = _text(_HEAD + 'media type "application/x" is no longer supported since containerd v2.1')


LESS_EXACT: dict[str, frozenset[str]] = {
    "HD102": frozenset({"HD101"}),
    "HD108": frozenset({"HD301", "HD307"}),
    "HD109": frozenset({"HD301", "HD307"}),
    "HD110": frozenset({"HD301", "HD307"}),
    "HD505": frozenset({"HD502", "HD503"}),
    "HD302": frozenset({"HD301"}),
    "HD303": frozenset({"HD301"}),
    "HD304": frozenset({"HD301"}),
    "HD305": frozenset({"HD301"}),
    "HD215": frozenset({"HD216"}),
}
"""What may be said instead where the decisive fact is in the dark: true too, and about the same thing; of a project
that may be a proxy cache only with that said."""


def blinded(found: Evidence, rng: Random) -> Evidence:
    """Hide one or more of: the text, the Secrets, the registry, Harbor's API, the ServiceAccount, the tags."""
    for hide in rng.sample(_HIDE, rng.randrange(1, 4)):
        found = hide(found)
    return found


def _no_text(found: Evidence) -> Evidence:
    return replace(found, reading=replace(found.reading, cause="unknown_ambiguous", alternatives=(), confidence="none"))


def _no_secrets(found: Evidence) -> Evidence:
    names = tuple(replace(n, found=b.FORBIDDEN) for n in found.secrets)
    return found if not names else replace(found, secrets=names, keyring=Unknown("unread"), trials=(), variants=())


def _no_registry(found: Evidence) -> Evidence:
    unasked = tuple(b.not_asked(t.login, "no answer") for t in found.trials)
    return replace(found, ping=Unknown("not asked"), trials=unasked, anonymous=b.nobody(None, "no answer"), variants=(),
                   nearby=b.Nearby())  # fmt: skip


_HIDE: list[Callable[[Evidence], Evidence]] = [
    _no_text,
    _no_secrets,
    _no_registry,
    lambda found: replace(found, harbor={}, project=Unknown("no login for Harbor's API was given")),
    lambda found: replace(found, service_account=Unknown("unread")),
    lambda found: replace(found, nearby=b.Nearby(Unknown("not listed")), variants=()),
]


def innocent(w: World) -> Evidence:
    """A world in which nothing is at fault as far as anybody can see."""
    return w.rng.choice((_good, _public, _unread, _dark, _riddle, _at_hub))(w)


def _good(w: World) -> Evidence:
    trials = [b.accepted(w.login(), b.served(b.AMD64, b.ARM64), "pull")]
    return w.evidence(w.secret(), trials=trials, service_account=b.account(*w.rng.choice(((), ("x",)))))


def _public(w: World) -> Evidence:
    """Wiring may be as broken as it likes."""
    answer = b.served(b.AMD64, b.ARM64)
    secrets, users = w.rng.choice((
        ((), ()),
        ((("gone", b.MISSING),), ()),
        ((w.secret(type_="Opaque"),), ()),
        ((w.secret(at="quay.io"),), ()),
        ((b.secret({w.host: {}}),), ()),
        ((w.secret("alice", "old"),), ("alice",)),
        ((w.secret("robot+pull", "old\n"),), ("robot+pull",)),
        ((w.secret("robot$x+gone", "old"),), ("robot$x+gone",)),
    ))  # fmt: skip
    knows = w.rng.choice((Knows.REFUSED, Knows.LOCKED))
    trials = [b.refused(w.login(user, "old\n"), answer, knows) for user in users]
    return w.evidence(*secrets, trials=trials, anonymous=answer, service_account=b.account("x"))


def _unread(w: World) -> Evidence:
    """Secrets that may not be read, beside some that may."""
    beside = w.rng.choice(((), (("gone", b.MISSING),), (w.secret(name="second", type_="Opaque"),)))
    text = w.rng.choice(("", w.unauthorized(), w.nothing_sent()))
    return w.evidence(("harbor-pull", b.FORBIDDEN), *beside, text=text, trials=())


def _at_hub(w: World) -> Evidence:
    """Docker Hub denies an image, and nothing tells whether it should have it."""
    image = w.rng.choice((f"docker.io/{w.path}:{w.tag}", f"{w.path}:{w.tag}"))
    text = w.said(b.resolving(f"docker.io/{w.path}:{w.tag}", b.HUB_DENIAL, w.runtime))
    asked = Fact((), "registries of the pull secrets", b.NOW)
    return w.evidence(w.secret(), image=image, ping=b.ping("docker.io", harbor=False), anonymous=b.hub_denied(),
                      text=_maybe(w, text), nearby=b.Nearby(elsewhere=asked))  # fmt: skip


def _dark(w: World) -> Evidence:
    """The registry was not asked, and the kubelet says nothing or nothing that tells."""
    texts = ("", b.backed_off(w.image, "the shim went away"), "rpc error: code = Unknown desc = dial unix: x")
    kinds = ((), (w.secret(),), (w.secret(at="quay.io"),), (("gone", b.MISSING),), (w.secret(type_="Opaque"),))
    secrets = w.rng.choice(kinds)
    trials = [b.not_asked(w.login(), "no answer")] if secrets and secrets[0] == w.secret() else []
    broken = w.rng.choice((None, *Break))
    return w.evidence(*secrets, text=w.rng.choice(texts), trials=trials, anonymous=b.nobody(None, "no answer"),
                      ping=b.ping(w.host, broken=broken) if broken else Unknown("not asked"))  # fmt: skip


def _riddle(w: World) -> Evidence:
    """A login that is accepted and granted pull is refused all the same; a busy lease; another registry's 403."""
    if w.rng.random() < 0.5:
        return w.evidence(w.secret(), trials=[b.accepted(w.login(), w.denied(), "pull")], text=w.unauthorized())
    lease = w.said(f'failed to pull and unpack image "{w.image}": failed to prepare snapshot: lease is busy')
    return w.evidence(w.secret(), trials=[b.accepted(w.login(), b.served(b.AMD64), "pull")], text=lease)
