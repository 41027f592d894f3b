"""Starts one container of a pod: its Secrets, its keyring, its image volumes, and every pull that they lead to."""

import time
from dataclasses import dataclass

from checks.credentials import Login, PullSecret
from checks.demo.api.objects import Objects
from checks.demo.api.problems import Obj
from checks.demo.kubelet import events, runtime, words
from checks.demo.kubelet.faults import Faults
from checks.demo.kubelet.statuses import Outcome
from checks.demo.kubelet.wire import Wire
from checks.dockerconfig import read_secret
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer

_PROGRAMS = ("/app/", "/bin/", "/opt/", "/sbin/", "/usr/")
_FIELDS = {"initContainers": "spec.initContainers", "containers": "spec.containers"}


@dataclass(slots=True)
class Starter:
    """What it takes to start containers on the pretend nodes."""

    objects: Objects
    wire: Wire
    faults: Faults
    platform: str = "linux/amd64"

    def secrets(self, pod: Obj) -> list[PullSecret]:
        """Return the pod's own Secrets; missing ones are left out, with the event that says so."""
        namespace, found, missing = pod["metadata"]["namespace"], [], []
        for name in [item.get("name") for item in pod["spec"].get("imagePullSecrets") or () if item.get("name")]:
            secret = self.objects.store.get("secrets", namespace, name)
            if secret is None:
                missing.append(name)
            else:
                found.append(read_secret(secret))
        if missing:
            text = words.secrets_missing(missing)
            events.record(self.objects, pod, "", "Warning", "FailedToRetrieveImagePullSecret", text)
        return found

    def start(self, pod: Obj, listed: str, container: Obj, secrets: list[PullSecret]) -> Outcome:
        """Pull what the container needs, its image volumes first, and say how it went; records the events."""
        path = f"{_FIELDS.get(listed, f'spec.{listed}')}{{{container['name']}}}"
        policy = container.get("imagePullPolicy", "IfNotPresent")
        wanted = [*_volume_images(pod, container), (container.get("image", ""), policy)]
        outcome = Outcome()
        for image, how in wanted:
            outcome = self._ensure(pod, path, image, how, secrets)
            if not outcome.ok:
                events.record(self.objects, pod, path, "Warning", "Failed", f"Error: {outcome.reason}")
                return outcome
        missing = _missing_command(container)
        if missing:
            text = words.no_command(missing)
            events.record(self.objects, pod, path, "Normal", "Created", f"Created container: {container['name']}")
            events.record(self.objects, pod, path, "Warning", "Failed", f"Error: {text}")
            return Outcome("StartError", text, outcome.image, ended=True)
        for reason, text in (("Created", "Created container: "), ("Started", "Started container ")):
            events.record(self.objects, pod, path, "Normal", reason, text + container["name"])
        return outcome

    def _ensure(self, pod: Obj, path: str, image: str, policy: str, secrets: list[PullSecret]) -> Outcome:
        try:
            parsed = parse(image)
        except ImageNameError as error:
            text = words.bad_name(image, str(error))
            events.record(self.objects, pod, path, "Warning", "InspectFailed", text)
            return Outcome("InvalidImageName", text, image)
        if policy == "Never":
            return self._never(pod, path, image)
        keyring = answer(parsed, secrets)
        if keyring.error:
            return Outcome(keyring.error.text, keyring.error.text, image)
        logins: list[Login | None] = [attempt.login for attempt in keyring.attempts]
        return self._pull(pod, path, parsed, logins or [None])

    def _never(self, pod: Obj, path: str, image: str) -> Outcome:
        if image in self.faults.preloaded:
            return Outcome(image=image)
        events.record(self.objects, pod, path, "Warning", "ErrImageNeverPull", words.never(image))
        return Outcome("ErrImageNeverPull", words.never(image), image)

    def _pull(self, pod: Obj, path: str, image: ImageRef, logins: list[Login | None]) -> Outcome:
        written = image.written
        events.record(self.objects, pod, path, "Normal", "Pulling", f'Pulling image "{written}"')
        began = time.monotonic()
        text, size = self._try_all(pod, image, logins)
        if text:
            message = f'Failed to pull image "{written}": {text}'
            events.record(self.objects, pod, path, "Warning", "Failed", message)
            return Outcome("ErrImagePull", text, written)
        took = f"{round((time.monotonic() - began) * 1000)}ms"
        spent = f"in {took} ({took} including waiting). Image size: {size} bytes."
        message = f'Successfully pulled image "{written}" {spent}'
        events.record(self.objects, pod, path, "Normal", "Pulled", message)
        return Outcome(image=written)

    def _try_all(self, pod: Obj, image: ImageRef, logins: list[Login | None]) -> tuple[str, int]:
        fault = self.faults.find(image.written, pod["spec"].get("nodeName", ""))
        if fault:
            return fault, 0
        texts: list[str] = []
        for login in logins:
            try:
                return "", runtime.pull(self.wire, image, login, self.platform)
            except runtime.PullError as error:
                texts.append(str(error))
        distinct = list(dict.fromkeys(texts))
        return (distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"), 0


def _missing_command(container: Obj) -> str:
    """The container's command where no image has it: a path outside of the folders that images keep programs in."""
    first = str((container.get("command") or [""])[0])
    return first if first.startswith("/") and not first.startswith(_PROGRAMS) else ""


def _volume_images(pod: Obj, container: Obj) -> list[tuple[str, str]]:
    mounted = {mount["name"] for mount in container.get("volumeMounts") or ()}
    return [
        (volume["image"].get("reference", ""), volume["image"].get("pullPolicy", "IfNotPresent"))
        for volume in pod["spec"].get("volumes") or ()
        if "image" in volume and volume["name"] in mounted
    ]
