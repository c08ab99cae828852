"""Lineages as certbot lays them out, with real keys made by openssl, for tests without a CA."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

PARTS = ("privkey", "cert", "chain", "fullchain")


def make_certificate(names: tuple[str, ...], days: int = 90) -> tuple[str, str]:
    """Key and certificate as PEM, for ``names``."""
    with tempfile.TemporaryDirectory() as folder:
        key, cert = Path(folder, "key.pem"), Path(folder, "cert.pem")
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-keyout", key, "-out", cert, "-days", str(days), "-subj", "/O=Test CA",
             "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)],
            check=True, capture_output=True,
        )  # fmt: skip
        return key.read_text(), cert.read_text()


def lay_out(
    folder: Path,
    names: tuple[str, ...],
    config_dir: Path | None = None,
    days: int = 90,
    server: str = "https://127.0.0.1:14000/dir",
) -> Path:
    """Write a lineage below ``folder`` and return its live folder.

    Its files call the folder ``config_dir`` (a world's /etc/letsencrypt, seen from outside, has two
    names). The lineage is valid for ``days`` and came from ``server`` over standalone.
    """
    inside = config_dir or folder
    name = names[0].replace("*.", "")
    live, archive, renewal = folder / "live" / name, folder / "archive" / name, folder / "renewal"
    for place in (live, archive, renewal):
        place.mkdir(parents=True, exist_ok=True)
    key, cert = make_certificate(names, days)
    lines = ["version = 2.1.0", f"archive_dir = {inside}/archive/{name}"]
    for part, text in zip(PARTS, (key, cert, cert, cert + cert)):
        (archive / f"{part}1.pem").write_text(text)
        link = live / f"{part}.pem"
        if link.is_symlink():
            link.unlink()
        link.symlink_to(f"../../archive/{name}/{part}1.pem")
        lines.append(f"{part} = {inside}/live/{name}/{part}.pem")
    lines += ["", "# Options used in the renewal process", "[renewalparams]",
              "account = 0123456789abcdef", "authenticator = standalone",
              f"server = {server}", "key_type = ecdsa"]  # fmt: skip
    (renewal / f"{name}.conf").write_text("\n".join(lines) + "\n")
    return live
