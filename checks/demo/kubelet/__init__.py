"""The pretend kubelet: pulls over HTTPS with the Secrets that stand there, and reports in the real one's words."""

from checks.demo.kubelet.agent import Kubelet
from checks.demo.kubelet.faults import Faults

__all__ = ["Faults", "Kubelet"]
