"""The stages of a pull and how far each was passed: in a module of their own, which the first picture can afford."""

from enum import StrEnum


class Stage(StrEnum):
    """The path of a pull, in the order in which a kubelet walks it."""

    REFERENCE = "reference"
    WIRING = "wiring"
    NETWORK = "network"
    TLS = "tls"
    LOGIN = "login"
    PERMISSION = "permission"
    ARTIFACT = "artifact"
    POLICY = "policy"
    NODE = "node"


class Passed(StrEnum):
    """State of one stage of one pull's path."""

    OK = "ok"
    BROKEN = "broken"
    NOT_REACHED = "not reached"
    UNKNOWN = "not known"
