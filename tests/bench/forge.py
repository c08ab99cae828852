"""Lineages as certbot keeps them, by the hundred, signed by a CA made for the purpose.

    /usr/bin/python3 forge.py NAMES.txt SERVER ACCOUNT

For each name of the file that has none, a lineage below /etc/letsencrypt with a key of its own,
valid for 90 days from now, ordered (so its renewal file says) from the directory URL SERVER by
ACCOUNT. Runs inside a world, with the interpreter and the libraries of the distribution's certbot.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CONFIG_DIR = Path("/etc/letsencrypt")
NOW = datetime.now(timezone.utc).replace(microsecond=0)
RENEWAL = """\
version = 2.1.0
archive_dir = {archive}
cert = {live}/cert.pem
privkey = {live}/privkey.pem
chain = {live}/chain.pem
fullchain = {live}/fullchain.pem

# Options used in the renewal process
[renewalparams]
account = {account}
authenticator = standalone
server = {server}
key_type = ecdsa
"""


class Authority:
    """A CA: one root that signs the certificates itself."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _named("The bench's CA")
        begun = _begun(self._name, self._name, self._key.public_key(), 3650)
        limits = x509.BasicConstraints(ca=True, path_length=0)
        self.pem = _pem(begun.add_extension(limits, True).sign(self._key, hashes.SHA256()))

    def issue(self, name: str) -> tuple[str, str]:
        """Key and certificate for one name, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        begun = _begun(_named(name), self._name, key.public_key(), 90)
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        signed = begun.add_extension(names, False).sign(self._key, hashes.SHA256())
        plain = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return plain.decode(), _pem(signed)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(
    subject: x509.Name, issuer: x509.Name, public_key: ec.EllipticCurvePublicKey, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(public_key).serial_number(x509.random_serial_number())
    return builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=days))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def lay_out(name: str, authority: Authority, server: str, account: str) -> None:
    """One lineage: archive, links, renewal file."""
    live, archive = CONFIG_DIR / "live" / name, CONFIG_DIR / "archive" / name
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    key, cert = authority.issue(name)
    parts = {"privkey": key, "cert": cert, "chain": authority.pem,
             "fullchain": cert + authority.pem}  # fmt: skip
    for part, text in parts.items():
        (archive / f"{part}1.pem").write_text(text)
        (archive / f"{part}1.pem").chmod(0o600 if part == "privkey" else 0o644)
        (live / f"{part}.pem").symlink_to(f"../../archive/{name}/{part}1.pem")
    words = {"archive": archive, "live": live, "server": server, "account": account}
    (CONFIG_DIR / "renewal" / f"{name}.conf").write_text(RENEWAL.format(**words))


def main() -> int:
    """Command line; prints how many were made."""
    names_file, server, account = sys.argv[1:]
    authority = Authority()
    (CONFIG_DIR / "renewal").mkdir(parents=True, exist_ok=True)
    missing = [name for name in Path(names_file).read_text().split()
               if not (CONFIG_DIR / "live" / name).exists()]  # fmt: skip
    for name in missing:
        lay_out(name, authority, server, account)
    print(len(missing))
    return 0


if __name__ == "__main__":
    sys.exit(main())
