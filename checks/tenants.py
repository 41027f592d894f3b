"""New tenants: the half of the facade that makes everything a namespace needs to pull from a Harbor project."""

from typing import TYPE_CHECKING

from checks.credentials import Login
from checks.errors import UsageError

if TYPE_CHECKING:
    from checks.kit import Kit
    from checks.repair.onboard import Onboarding, Wanted
    from checks.repair.plan import LoginProof


class Onboards:
    """Mixed into the doctor. Every method may be called from a worker thread."""

    def _open(self) -> "Kit":
        raise NotImplementedError(f"{type(self).__name__} opens nothing")  # a doctor without this is a bug of ours

    def harbor_host(self) -> str:
        """Return the one Harbor that the operator's login is for; raises UsageError where it is for many or none."""
        harbor = self._open().harbor
        host = harbor.writes.key if harbor is not None else ""
        if harbor is None:
            raise UsageError("a login for Harbor is needed: HARBOR_HOST, HARBOR_USERNAME and HARBOR_PASSWORD")
        if "*" in host or not host:
            raise UsageError(f"the login for Harbor is for {host or 'no host'}: name the one that is meant, --registry")
        return host

    def onboarding(self, wanted: "Wanted", login: Login | None = None) -> "Onboarding":
        """Look what a namespace has already and return the plan for the rest; writes nothing.

        Raises Refused, UsageError and ClusterError with one sentence each.
        """
        from checks.repair.onboard import onboard
        from checks.repair.safely import safely

        opened = self._open()
        opened.prober.forget(None, wanted.host)
        return safely(lambda: onboard(wanted, opened.workbench, login), "The look at what is there")

    def test_pull(self, made: "Onboarding") -> "LoginProof | None":
        """Pull as the kubelet would, with what stands in the Secret now; None where it would send no login."""
        from checks.repair.onboard import pulls

        opened, wanted = self._open(), made.wanted
        opened.prober.forget(None, wanted.host)
        found = opened.workbench.try_secret(wanted.namespace, made.secret, (made.image,))
        return pulls(found[0], made.image, made.nothing, opened.workbench) if found else None
