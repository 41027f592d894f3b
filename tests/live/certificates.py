"""Certificate authorities and certificates for the live tests, made with the openssl command.

`openssl ca` is used throughout: of the subcommands that every OpenSSL 3 has, it alone can set both dates, which an
expired certificate needs.
"""

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.live.processes import need

_CONFIG = """\
[ca]
default_ca = this
[this]
dir = .
database = $dir/index.txt
new_certs_dir = $dir
certificate = $dir/ca.pem
private_key = $dir/ca.key
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
organizationName = optional
commonName = supplied
"""

_LEAF = """\
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""

_AUTHORITY = (
    "basicConstraints=critical,CA:true",
    "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Paths of a certificate and its private key, both PEM."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority in a folder of its own; raises Missing where there is no openssl."""

    def __init__(self, folder: Path, name: str) -> None:
        need("openssl", "openssl")
        folder.mkdir(parents=True)
        self._folder = folder
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(_CONFIG)
        self.certificate = folder / "ca.pem"
        self.key = _private_key(folder / "ca.key")
        extensions = [word for extension in _AUTHORITY for word in ("-addext", extension)]
        _openssl(
            "req",
            "-x509",
            "-new",
            "-key",
            self.key,
            "-subj",
            f"/CN={name}",
            "-days",
            2,
            *extensions,
            "-out",
            self.certificate,
        )

    def server(self, name: str, names: tuple[str, ...], *, valid_for: timedelta = timedelta(days=1)) -> KeyPair:
        """Issue a server certificate for `names` (`DNS:host`, `IP:address`); a negative `valid_for` has passed."""
        return self._issue(name, f"/CN={name}", f"subjectAltName = {', '.join(names)}\n", valid_for)

    def client(self, user: str, groups: tuple[str, ...] = ()) -> KeyPair:
        """Issue a client certificate: to the API server its CN is the user and each O a group."""
        subject = "".join(f"/O={group}" for group in groups) + f"/CN={user}"
        return self._issue(user.replace(":", "-"), subject, "", timedelta(days=1))

    def _issue(self, file_name: str, subject: str, extensions: str, valid_for: timedelta) -> KeyPair:
        request, certificate, config = (self._folder / f"{file_name}.{end}" for end in ("csr", "pem", "ext"))
        key = _private_key(self._folder / f"{file_name}.key")
        config.write_text(_LEAF + extensions)
        ends = datetime.now(UTC) + valid_for
        starts = min(ends, datetime.now(UTC)) - timedelta(days=1)
        _openssl("req", "-new", "-key", key, "-subj", subject, "-out", request)
        _openssl(
            "ca",
            "-batch",
            "-notext",
            "-config",
            "ca.cnf",
            "-preserveDN",
            "-extfile",
            config,
            "-extensions",
            "leaf",
            "-startdate",
            f"{starts:%Y%m%d%H%M%SZ}",
            "-enddate",
            f"{ends:%Y%m%d%H%M%SZ}",
            "-in",
            request,
            "-out",
            certificate,
            folder=self._folder,
        )
        return KeyPair(certificate, key)


def service_account_key(folder: Path) -> KeyPair:
    """Make the key that signs ServiceAccount tokens; `certificate` is its public half, not a certificate."""
    key = _private_key(folder / "sa.key")
    public = folder / "sa.pub"
    _openssl("pkey", "-in", key, "-pubout", "-out", public)
    return KeyPair(public, key)


def _private_key(path: Path) -> Path:
    _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    return path


def _openssl(*arguments: object, folder: Path | None = None) -> None:
    command = ["openssl", *map(str, arguments)]
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)}: {result.stderr.strip()}")
