"""The pretend kubelet: pulls over HTTPS with the Secrets that stand there, and reports in the real one's words."""

from checks.demo.kubelet.faults import Faults
from checks.demo.kubelet.loop import Kubelet

__all__ = ["Faults", "Kubelet"]
