"""A small certificate authority made with the openssl program: Pebble's own TLS, and tests."""

from __future__ import annotations

import subprocess
from pathlib import Path

EXTENSIONS = """\
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName={names}
"""


def authority(folder: Path, subject: str = "World CA") -> Path:
    """Make ``ca.pem`` and ``ca.key`` in ``folder``; returns the path of the certificate."""
    key = _key(folder / "ca.key")
    target = folder / "ca.pem"
    _openssl("req", "-x509", "-new", "-key", key, "-subj", f"/CN={subject}", "-days", 3650,
             "-addext", "keyUsage=critical,keyCertSign,cRLSign", "-out", target)  # fmt: skip
    return target


def issue(folder: Path, stem: str, names: str) -> tuple[Path, Path]:
    """Make STEM.pem and STEM.key, signed by the authority of the same folder.

    ``names`` is openssl's form, such as ``DNS:localhost,IP:127.0.0.1``.
    """
    key = _key(folder / f"{stem}.key")
    request = folder / f"{stem}.csr"
    extensions = folder / f"{stem}.ext"
    extensions.write_text(EXTENSIONS.format(names=names))
    _openssl("req", "-new", "-key", key, "-subj", f"/CN={stem}", "-out", request)
    target = folder / f"{stem}.pem"
    _openssl("x509", "-req", "-in", request, "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
             "-CAcreateserial", "-days", 3650, "-extfile", extensions, "-out", target)  # fmt: skip
    return target, key


def _key(target: Path) -> Path:
    _openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", target)
    return target


def _openssl(*args: object) -> None:
    command = ["openssl", *(str(a) for a in args)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
