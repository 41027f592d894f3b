"""What a container waits for: its image, or a step before or after it; told from the words of its waiting state."""

import re

PULL_REASONS = frozenset(
    {
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
    }
)
"""pkg/kubelet/images/types.go and cri-api/pkg/errors."""

OTHER_REASONS = frozenset(
    {
        "ContainerCreating",
        "PodInitializing",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "PreCreateHookError",
        "PreStartHookError",
        "PostStartHookError",
        "RunContainerError",
        "ContainerCannotRun",
        "StartError",
        "ImageVolumeMountFailed",
        "RROUnsupported",
    }
)
"""What comes before the image step or after it; the image is there in all but the first two."""

OVER = ("Succeeded", "Failed")
"""Phases of a pod that pulls nothing any more."""

_WORD = re.compile(r"[A-Za-z0-9]+")


def held_up(reason: str, message: str) -> bool:
    """Is a container with this waiting state held up by its image?

    The kubelet writes the Go error of the failed step as the reason. The steps after the image step end in one of a
    few fixed words (kuberuntime_container.go, startContainer), so whatever is *not* one word can only be a raw error
    of the image step: `illegal base64 data at input byte 0` of a malformed pull secret. The same error stands as the
    message then. An unknown single word counts where it, or its message, speaks of an image.
    """
    if not reason or reason in OTHER_REASONS:
        return False
    if reason in PULL_REASONS or not _WORD.fullmatch(reason) or reason == message:
        return True
    return "Image" in reason or 'image "' in message
