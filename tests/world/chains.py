"""An authority with a root and an intermediate, made by openssl: chains as a CA issues them."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

CONFIG = """\
[ca]
default_ca = this
[this]
database = {folder}/index.txt
new_certs_dir = {folder}
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = optional
"""
OF_AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
OF_SERVER = "basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName={}\n"


@dataclass(frozen=True)
class Issued:
    """PEM texts."""

    key: str
    cert: str
    chain: str


class Chains:
    """Issues certificates below an intermediate; ``chain`` is what a CA sends along."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        (folder / "index.txt").touch()
        (folder / "ca.cnf").write_text(CONFIG.format(folder=folder))
        root = folder / "root"
        self._key(root, "rsa")
        _openssl("req", "-x509", "-new", "-key", f"{root}.key", "-subj", "/CN=Test Root",
                 "-days", 3650, "-out", f"{root}.pem")  # fmt: skip
        self._sign(folder / "intermediate", root, OF_AUTHORITY, time.time() - 86400, 3650,
                   "rsa")  # fmt: skip
        self.chain = (folder / "intermediate.pem").read_text()
        self.root = (folder / "root.pem").read_text()

    def issue(
        self, names: tuple[str, ...], begin: float | None = None, days: float = 90, kind: str = "ec"
    ) -> Issued:
        """Return a certificate for ``names``, valid from the moment ``begin`` on."""
        begin = time.time() - 60 if begin is None else begin
        target = self.folder / "leaf"
        extensions = OF_SERVER.format(",".join("DNS:" + name for name in names))
        self._sign(target, self.folder / "intermediate", extensions, begin, days, kind,
                   names[0])  # fmt: skip
        cert = target.with_suffix(".pem").read_text()
        return Issued(target.with_suffix(".key").read_text(), cert, self.chain)

    def _key(self, stem: Path, kind: str) -> None:
        how = ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]
        if kind == "ec":
            how = ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
        _openssl("genpkey", "-algorithm", *how, "-out", f"{stem}.key")

    def _sign(
        self, stem: Path, issuer: Path, extensions: str, begin: float, days: float, kind: str,
        subject: str = "",
    ) -> None:  # fmt: skip
        self._key(stem, kind)
        Path(f"{stem}.ext").write_text(extensions)
        subject = f"/CN={subject or stem.name}"
        _openssl("req", "-new", "-key", f"{stem}.key", "-subj", subject, "-out", f"{stem}.csr")
        _openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf",
                 "-in", f"{stem}.csr", "-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key",
                 "-startdate", _stamp(begin), "-enddate", _stamp(begin + days * 86400),
                 "-extfile", f"{stem}.ext", "-out", f"{stem}.pem")  # fmt: skip


def _stamp(moment: float) -> str:
    return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(moment))


def _openssl(*args: object) -> None:
    command = ["openssl", *map(str, args)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
