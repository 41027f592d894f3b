"""The same repair as commands for a shell: for advice, and where we may not write. No command holds a password."""

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping

from checks.credentials import DOCKER_CFG, shown_key
from checks.model import ObjectRef
from checks.repair.harborshow import by_hand
from checks.repair.kinds import HARBOR, container_images, list_holder, pull_list, template_path
from checks.repair.payload import find
from checks.repair.steps import Step, Verb


def quoted(*words: str) -> str:
    """Return words as one shell command on one line, each quoted where it must be."""
    line = " ".join(map(word, words))
    return line if "\n" not in line else f"eval \"$(printf '%b' {shlex.quote(_escaped(line))})\""


def word(text: str) -> str:
    """Return any text as one word of a POSIX shell in which no control character stands as itself, but for line breaks.

    `$(...)` takes line breaks off the end, so those stand behind it in quotes.
    """
    if all(char.isprintable() for char in text):
        return shlex.quote(text)
    body = text.rstrip("\n")
    ends = shlex.quote("\n" * (len(text) - len(body))) if body != text else ""
    if all(char.isprintable() for char in body):
        return shlex.quote(body) + ends
    return f"\"$(printf '%b' {shlex.quote(_escaped(body))})\"{ends}"


def _escaped(text: str) -> str:
    return "".join(map(_for_printf, text))


def _for_printf(char: str) -> str:
    """One character as `printf %b` reads it."""
    if char == "\\":
        return "\\\\"
    if char.isprintable():
        return char
    how = "surrogateescape" if "\udc80" <= char <= "\udcff" else "surrogatepass"
    return "".join(f"\\0{byte:03o}" for byte in char.encode("utf-8", how))


def one_line(text: str) -> str:
    """Return a line of advice without what would end it: a name must not begin a line, and a command, of its own."""
    return " ".join(text.splitlines())


def kubectl(context: str, namespace: str, *words: str) -> str:
    """Return a kubectl command for one context and namespace."""
    where = ("--context", context) if context else ()
    return quoted("kubectl", *where, "-n", namespace, *words)


def of_steps(context: str, steps: Iterable[Step]) -> str:
    """Return the commands that do what these steps do, one per line, with comments where a hand is needed."""
    steps = tuple(steps)
    lines = [line for step in steps if not _is_pod(step) for line in _commands(context, step)]
    return "\n".join(map(one_line, (*lines, *_pods(context, steps))))


def _is_pod(step: Step) -> bool:
    return step.verb in (Verb.REPLACE_POD, Verb.REMAKE_POD)


def _commands(context: str, step: Step) -> Iterator[str]:
    if step.target.kind in HARBOR:
        yield from by_hand(step.target, *(s.body() if s else None for s in (step.before, step.after)))
    elif step.target.kind == "Secret":
        yield from _secret(context, step)
    elif step.before is not None and step.after is not None:
        yield from _changes(context, step)


def _secret(context: str, step: Step) -> Iterator[str]:
    ref = step.target
    if step.verb is Verb.DELETE:
        yield from delete(context, ref)
    elif step.verb is Verb.CREATE:
        yield from create(context, ref)
    else:
        yield from _edit(context, step)


def create(context: str, ref: ObjectRef) -> Iterator[str]:
    """Yield the command that makes a pull Secret from a file."""
    yield "# login.json: the docker config with the right login"
    yield kubectl(
        context, ref.namespace, "create", "secret", "generic", ref.name,
        "--type=kubernetes.io/dockerconfigjson", "--from-file=.dockerconfigjson=login.json",
    )  # fmt: skip


def delete(context: str, ref: ObjectRef) -> Iterator[str]:
    """Yield the commands that keep a Secret in a file and delete it."""
    yield kubectl(context, ref.namespace, "get", "secret", ref.name, "-o", "yaml") + f" > {_file(ref.name)}.yaml"
    yield kubectl(context, ref.namespace, "delete", "secret", ref.name)


def new_type(context: str, ref: ObjectRef) -> Iterator[str]:
    """Yield the commands that make a Secret anew with the type that the kubelet reads."""
    yield from delete(context, ref)
    yield from create(context, ref)


def _edit(context: str, step: Step) -> Iterator[str]:
    body = step.after.body() if step.after else {}
    key = ".dockercfg" if body.get("type") == DOCKER_CFG else ".dockerconfigjson"
    payload = find(body)
    hosts = ", ".join(shown_key(entry.key) for entry in payload.entries) if payload else ""
    yield from rewrite(context, step.target, key, f" as shown above (entries: {' '.join(hosts.split())})")


def rewrite(context: str, ref: ObjectRef, key: str, how: str = "") -> Iterator[str]:
    """Yield the commands that take a payload out of a Secret, and put it back after an editor was at it."""
    escaped = key.replace(".", "\\.")
    get = kubectl(context, ref.namespace, "get", "secret", ref.name, "-o", f"jsonpath={{.data.{escaped}}}")
    yield get + " | base64 -d > login.json"
    yield f"# change login.json{how}, then:"
    yield f"""printf '{{"data":{{"{key}":"%s"}}}}' "$(base64 -w0 < login.json)" > patch.json"""
    yield kubectl(context, ref.namespace, "patch", "secret", ref.name, "--type=merge", "--patch-file=patch.json")


def pod_in_receipt(context: str, receipt: ObjectRef, pod: str) -> str:
    """Return the command that takes a pod's manifest out of a receipt and into a file."""
    get = kubectl(
        context, receipt.namespace, "get", "secret", receipt.name, "-o", "jsonpath={.data.receipt\\.json}"
    )  # fmt: skip
    pick = quoted("jq", "--arg", "pod", pod, '.steps[] | select(.verb == "remake-pod" and .name == $pod) | .after')
    return f"{get} | base64 -d | {pick} > {_file(pod)}.json"


def _file(name: str) -> str:
    return word(name)


def _changes(context: str, step: Step) -> Iterator[str]:
    kind, bodies = step.target.kind, [s.body() if s else {} for s in (step.before, step.after)]
    old, new = (container_images(kind, body) for body in bodies)
    if images := {name: image for (part, name), image in new.items() if old.get((part, name)) != image}:
        yield set_image(context, step.target, images)
    if len({pull_list(list_holder(kind, body)) for body in bodies}) > 1:
        yield _append(context, step)


def set_image(context: str, ref: ObjectRef, images: Mapping[str, str]) -> str:
    """Return the command that gives containers of a workload or pod these images, by container."""
    words = (f"{container}={image}" for container, image in images.items())
    return kubectl(context, ref.namespace, "set", "image", f"{ref.kind.lower()}/{ref.name}", *words)


def _append(context: str, step: Step) -> str:
    """JSON Patch: every other patch replaces the atomic list and drops what was there."""
    ref = step.target
    before, after = (list_holder(ref.kind, s.body() if s else {}) for s in (step.before, step.after))
    path = (
        "/imagePullSecrets"
        if ref.kind == "ServiceAccount"
        else f"/{'/'.join(template_path(ref.kind))}/spec/imagePullSecrets"
    )
    added = [{"name": name} for name in pull_list(after)[len(pull_list(before)) :]]
    if before.get("imagePullSecrets"):
        patch: list[dict[str, object]] = [{"op": "add", "path": f"{path}/-", "value": item} for item in added]
    else:
        patch = [{"op": "add", "path": path, "value": added}]
    return kubectl(context, ref.namespace, "patch", ref.kind.lower(), ref.name, "--type=json", "-p", json.dumps(patch))


def _pods(context: str, steps: tuple[Step, ...]) -> Iterator[str]:
    pods = [step.target for step in steps if step.verb is Verb.REPLACE_POD]
    for namespace in dict.fromkeys(ref.namespace for ref in pods):
        names = (ref.name for ref in pods if ref.namespace == namespace)
        yield kubectl(context, namespace, "delete", "pod", *names)
    for step in steps:
        if step.verb is Verb.REMAKE_POD:
            ref = step.target
            get = kubectl(context, ref.namespace, "get", "pod", ref.name, "-o", "yaml")
            yield f"{get} > {_file(ref.name)}.yaml"
            yield kubectl(context, ref.namespace, "replace", "--force", "-f", f"{ref.name}.yaml")
