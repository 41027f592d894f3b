"""What the doctors of several clusters share: one prober, which remembers what registries have answered.

A login that stands in ten clusters is tried once, so that a directory counts one refusal and not ten.
"""

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from checks.settings import Settings

if TYPE_CHECKING:
    from checks.clients.prober import Prober


class Shared:
    """One prober for all clusters with the same settings: what one has asked a registry, the others need not ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: list[tuple[Settings, Prober]] = []

    def prober(self, settings: Settings) -> "Prober":
        """Return the prober for these settings; its context, and whether that is protected, do not count."""
        from checks.clients.prober import Prober

        asked = replace(settings, context=None, protected=False)
        with self._lock:
            for known, prober in self._made:
                if known == asked:
                    return prober
            self._made.append((asked, Prober(settings)))
            return self._made[-1][1]
