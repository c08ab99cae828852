"""What the unit tests share: the package on the path, and lineages made with real keys."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "lib"))


def make_certificate(folder: Path, names: tuple[str, ...], days: int = 90) -> tuple[str, str]:
    """Return key and certificate as PEM, for ``names``, made by openssl."""
    folder.mkdir(parents=True, exist_ok=True)
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-keyout", key, "-out", cert, "-days", str(days), "-subj", "/O=Unit Test CA",
         "-addext", "subjectAltName=" + ",".join("DNS:" + name for name in names)],
        check=True, capture_output=True,
    )  # fmt: skip
    return key.read_text(), cert.read_text()


def make_lineage(config_dir: Path, names: tuple[str, ...], version: int = 1) -> Path:
    """Lay out a lineage as certbot does; return its live folder."""
    name = names[0].replace("*.", "")
    live, archive = config_dir / "live" / name, config_dir / "archive" / name
    renewal = config_dir / "renewal"
    for folder in (live, archive, renewal):
        folder.mkdir(parents=True, exist_ok=True)
    key, cert = make_certificate(config_dir / "made", names)
    texts = {"privkey": key, "cert": cert, "chain": cert, "fullchain": cert + cert}
    lines = ["version = 2.1.0", f"archive_dir = {archive}"]
    for part, text in texts.items():
        (archive / f"{part}{version}.pem").write_text(text)
        link = live / f"{part}.pem"
        if link.is_symlink():
            link.unlink()
        link.symlink_to(f"../../archive/{name}/{part}{version}.pem")
        lines.append(f"{part} = {link}")
    lines += ["", "# Options used in the renewal process", "[renewalparams]",
              "account = 0123456789abcdef", "authenticator = standalone",
              "server = https://127.0.0.1:14000/dir", "key_type = ecdsa"]  # fmt: skip
    (renewal / f"{name}.conf").write_text("\n".join(lines) + "\n")
    return live


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    """An empty stand-in for /etc/letsencrypt."""
    folder = tmp_path / "letsencrypt"
    folder.mkdir()
    return folder
