"""Everything that can go wrong, as one tree. Each message is one sentence: what, where, what to do.

DoctorError
├── UsageError            the person asked for something that does not exist
├── ClusterError          the Kubernetes API
│   ├── ConfigError       no usable kubeconfig, context, token or impersonation
│   ├── Unreachable       no answer: DNS, refused, TLS, timeout
│   ├── Unauthenticated   401
│   ├── Forbidden         403
│   ├── NotFound          404
│   ├── Conflict          409, also a failed precondition or an existing name
│   ├── Expired           410, a page token or resourceVersion that is too old
│   ├── Invalid           422 and 400: validation or an admission webhook said no
│   ├── Throttled         429 after all retries
│   └── ServerFault       5xx and answers that are not Kubernetes
├── Refused               a gate or the person said no: nothing was written
└── Interrupted           stopped on request
"""


class DoctorError(Exception):
    """Base of all errors of ours; `str()` is one sentence fit for a person."""


class UsageError(DoctorError):
    """The person asked for something that does not exist or does not fit together."""


class ClusterError(DoctorError):
    """The Kubernetes API could not do what was asked; `status` is the HTTP status, or None without an answer."""

    def __init__(self, sentence: str, status: int | None = None, reason: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.reason = reason


class ConfigError(ClusterError):
    """No usable kubeconfig, context, token or impersonation."""


class Unreachable(ClusterError):
    """The API server gave no answer."""


class Unauthenticated(ClusterError):
    """The API server does not know us (401)."""


class Forbidden(ClusterError):
    """We may not (403)."""


class NotFound(ClusterError):
    """The object or path is not there (404)."""


class Conflict(ClusterError):
    """Somebody changed the object, or the name is taken (409)."""


class Expired(ClusterError):
    """A page token or resourceVersion is too old (410)."""


class Invalid(ClusterError):
    """Validation or an admission webhook refused the object (400, 422)."""


class Throttled(ClusterError):
    """The API server asked us to slow down, and still does (429)."""


class ServerFault(ClusterError):
    """The API server failed (5xx) or answered something that is not Kubernetes."""


class Refused(DoctorError):
    """A gate or the person said no; nothing was written."""


class Interrupted(DoctorError):
    """Work was stopped on request."""
