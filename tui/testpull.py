"""The test pull at the end of a new tenant, told the same by both faces: it never hides what was written before it."""

from typing import TYPE_CHECKING

from checks.errors import DoctorError

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.repair.onboard import Onboarding


def tested_pull(doctor: "Facade", made: "Onboarding") -> tuple[bool, str]:
    """Pull as the kubelet would; returns whether it pulls, and a sentence, also where it cannot be tried."""
    try:
        proof = doctor.test_pull(made)
    except DoctorError as error:
        return False, f"it could not be tried: {error}"
    return (proof.proven, proof.sentence) if proof else (False, "the Secret gives the kubelet no login")
