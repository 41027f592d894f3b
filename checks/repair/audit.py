"""Who changed what and when, as JSON lines in the state folder: fingerprints only, never values."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.model import ObjectRef
from checks.repair import statefolder
from checks.repair.declared import declared

FILE = "audit.jsonl"
KEY_FILE = "audit.key"


class Audit:
    """Appends one line per write. A log that cannot be written is told once in `trouble` and stops nothing."""

    def __init__(
        self, state_dir: Path, context: str, who: str = "", now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._folder, self._context, self._who, self._now = state_dir.expanduser(), context, who, now
        self.trouble = ""

    def note(
        self, plan: str, problem: str, verb: str, ref: ObjectRef,
        before: dict[str, Any] | None, after: dict[str, Any] | None, result: str,
    ) -> None:  # fmt: skip
        """Write one line: time, who, where, what, and keyed fingerprints of the declared fields before and after."""
        try:
            line = {
                "time": self._now().isoformat(timespec="seconds"), "who": self._who, "context": self._context,
                "plan": plan, "problem": problem, "verb": verb, "object": str(ref), "result": result,
                "before": self.fingerprint(ref.kind, before), "after": self.fingerprint(ref.kind, after),
            }  # fmt: skip
            statefolder.append(self._folder / FILE, json.dumps(line))
        except OSError as error:
            self.trouble = f"the audit log cannot be written: {error.strerror}"

    def fingerprint(self, kind: str, body: dict[str, Any] | None) -> str:
        """Return an HMAC of an object's declared fields under a key of this machine: equal for equal content."""
        fields = declared(kind, body)
        if fields is None:
            return "absent"
        text = json.dumps(sorted((list(path), value) for path, value in fields.items()), sort_keys=True)
        return hmac.new(self._key(), text.encode("utf-8", "surrogateescape"), hashlib.sha256).hexdigest()[:32]

    def _key(self) -> bytes:
        path = self._folder / KEY_FILE
        text = statefolder.read(path)
        if not text:
            text = secrets.token_hex(32)
            statefolder.write(path, text)
        return text.encode("ascii", "replace")
