"""HD0xx: the image reference itself."""

import pytest

from checks.facts import Manifest
from tests import builders as b

BAD_REQUEST = Manifest(400, "BAD_REQUEST", "bad request: invalid repository name: agent")


@pytest.mark.parametrize("image", ["harbor.example.com/shop/Web:1", "$(IMAGE)", "harbor.example.com/shop/web:a/b"])
def test_a_reference_that_the_kubelet_cannot_read_is_named(named, image) -> None:
    found = named(b.evidence(image=image, reason="InvalidImageName", text="InvalidImageName"), "HD001", f"shop/{image}")
    assert image in found.cause.params["image"]


def test_a_valid_reference_is_never_called_invalid(silent) -> None:
    silent(b.evidence(b.secret(), text=b.not_found()), "HD001")


def test_a_harbor_image_without_project_is_named(named) -> None:
    image = f"{b.HOST}/agent:0.31"
    trials = [b.accepted(b.login(), BAD_REQUEST)]
    text = b.answered(image, "400 Bad Request")
    named(b.evidence(b.secret(), image=image, text=text, trials=trials, anonymous=BAD_REQUEST), "HD003",
          f"shop/{b.HOST}/agent")  # fmt: skip


def test_a_single_segment_is_in_order_at_a_registry_that_is_no_harbor(silent) -> None:
    image = "registry.example.com/agent:0.31"
    silent(
        b.evidence(image=image, anonymous=b.served(b.AMD64), ping=b.ping("registry.example.com", harbor=False)), "HD003"
    )
