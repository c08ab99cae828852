"""What the unit tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    """An empty stand-in for /etc/letsencrypt."""
    folder = tmp_path / "letsencrypt"
    folder.mkdir()
    return folder
