"""Which ACME accounts certbot keeps on this machine."""

from pathlib import Path
from urllib.parse import urlsplit

from layer_lets_encrypt.lineage import CONFIG_DIR


def exists(server: str, config_dir: Path = CONFIG_DIR) -> bool:
    """Whether certbot has an account with the CA at the directory URL ``server``."""
    url = urlsplit(server)
    folder = config_dir / "accounts" / url.netloc / url.path.strip("/")
    return any(folder.glob("*/regr.json"))
