"""ACME accounts: the one that is wanted, and those that certbot keeps on this machine."""

from dataclasses import dataclass
from pathlib import Path
from typing import Optional
from urllib.parse import urlsplit

from layer_lets_encrypt.lineage import CONFIG_DIR


@dataclass(frozen=True)
class Account:
    """With which CA, and as whom; ``ca_certificates`` are PEM texts to trust for that."""

    server: str
    email: Optional[str] = None
    ca_certificates: Optional[str] = None


def exists(server: str, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether certbot has an account with the CA at the directory URL ``server``."""
    url = urlsplit(server)
    folder = config_dir / "accounts" / url.netloc / url.path.strip("/")
    return any(folder.glob("*/regr.json"))
