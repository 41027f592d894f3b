"""Where a login that pulls the images may come from, best first: this Secret, its neighbours, the user's own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from checks.credentials import Login
from checks.dockerconfig import read_secret
from checks.errors import ClusterError
from checks.facts import Unknown
from checks.image import ImageRef
from checks.keyring import answer
from checks.model import ObjectRef
from checks.repair.bench import Bench
from checks.repair.healing import best_login
from checks.repair.payload import find
from checks.repair.plan import LoginProof
from checks.repair.steps import Body


@dataclass(frozen=True, slots=True)
class Source:
    """A login, proven or asked for, and how a plan that uses it is called."""

    id: str
    """`add-entry`, `copy-login`, `personal-login`, `new-login`."""
    login: Login
    proof: LoginProof
    words: str
    """Where it is from, to follow `with the login`: `of Secret registry-a`."""


def given(login: Login, images: Sequence[ImageRef], bench: Bench) -> Source:
    """Return the login that a person typed or gave, tried once; given without a host, it is for this registry."""
    if not login.origin.key:
        login = replace(login, origin=replace(login.origin, key=images[0].registry))
    return Source("new-login", login, bench.prove(login, images), login.username)


def best(target: ObjectRef, images: Sequence[ImageRef], bench: Bench, *, neighbours: bool = True) -> Source | str:
    """Return the best proven login that is known already, or why there is none.

    Without `neighbours` other Secrets are left out: where the pods name none, a good one is attached, not copied.
    """
    if (own := own_entry(target, images, bench)) is not None:
        return own
    near = neighbour(target, images, bench) if neighbours else None
    if isinstance(near, Source):
        return near
    found = _personal(images, bench)
    if isinstance(found, Source):
        return found
    unread = f"other Secrets here could not be looked at ({near})" if near is not None else ""
    return f"{unread or 'no other Secret here has a login that pulls these images'}, and {found}"


def own_entry(target: ObjectRef, images: Sequence[ImageRef], bench: Bench) -> Source | None:
    """An entry of the same Secret whose key names the same host in another way: port, path, scheme or case."""
    body = bench.read(target)
    payload = find(body) if body and not _serves(body, images) else None
    tried = best_login(payload, f"{target.namespace}/{target.name}", images, bench) if payload else None
    if tried is None or tried.reading is None or tried.proof is None or not tried.proof.proven:
        return None
    return Source("add-entry", tried.reading.login, tried.proof, f"of its entry {tried.key}")


def _serves(body: Body, images: Sequence[ImageRef]) -> bool:
    """Does the Secret give a login for the images, or would it if it could be read? Then mending it is another plan."""
    secret = read_secret(body)
    return bool(secret.ignored or secret.fault) or any(e.serves for i in images for e in answer(i, [secret]).entries)


def neighbour(target: ObjectRef, images: Sequence[ImageRef], bench: Bench) -> Source | ClusterError | None:
    """Another pull Secret of the namespace whose login pulls all images; the error where one could not be looked at."""
    try:
        names = bench.pull_secret_names(target.namespace)
    except ClusterError as error:
        return error
    unread: ClusterError | None = None
    for name in names:
        try:
            found = bench.try_secret(target.namespace, name, images) if name != target.name else None
        except ClusterError as error:
            unread = unread or error
            continue
        if found is not None and found[1].proven:
            return Source("copy-login", *found, f"of Secret {name}")
    return unread


def _personal(images: Sequence[ImageRef], bench: Bench) -> Source | str:
    host = images[0].registry
    login = bench.personal_login(host)
    if isinstance(login, Unknown):
        return f"your own is not known: {login.why}"
    if login is None:
        return f"you have none for {host}"
    proof = bench.prove(login, images)
    if login.identity:
        return _identity(host, proof)
    if proof.refused:
        return f"{host} refuses your own"
    return Source("personal-login", login, proof, f"of {login.username}, your own")


def _identity(host: str, proof: LoginProof) -> str:
    """Why an identity token is no source: the kubelet sends user names and passwords only.

    Azure takes one of its own as the password of a null GUID for as long as it lasts (Azure/acr, docs/AAD-OAuth.md):
    a Secret made of it would fail when it ends.
    """
    tried = f", which {host} refuses," if proof.refused else ", which pulls them," if proof.proven else ""
    azure = host.lower().endswith((".azurecr.io", ".azurecr.cn", ".azurecr.us"))
    better = ": a service principal or a repository token of the registry has one that lasts" if azure else ""
    why = f"and a pull Secret needs a user name and a password{better}"
    return f"your own for {host} is an identity token{tried or ','} {why}"
