"""containerd's bare `REF: not found`: the registry has no such manifest, and the text says no more.

Wrong tag, wrong digest, wrong repository and an unreachable upstream of a proxy project read alike.
"""

from checks.complaints.text import Chain
from checks.complaints.verdict import Verdict, likely

_RESOLVED = (
    "failed to resolve reference {name}",
    "failed to resolve image",
    "failed to resolve image {name}",
    "failed to pull and unpack image {name}",
)


def judge(chain: Chain) -> Verdict | None:
    """Likely a missing tag, where the chain ends in a reference that was not found."""
    if not chain.has(*_RESOLVED):
        return None
    last = chain.links[-1].removesuffix(" not found")
    said = chain.error_class == "not found" or last != chain.links[-1]
    if not said or " " in last or "/" not in last:
        return None
    return likely("not_found_tag", "not_found_repository", "registry_5xx")
