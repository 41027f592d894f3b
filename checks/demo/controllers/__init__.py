"""The pretend controller manager and scheduler: enough that a deleted pod comes back from its owner's template."""

from checks.demo.controllers.manager import Controllers

__all__ = ["Controllers"]
