"""What charm-build refuses of a charm author's layer options, before it builds anything."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from charmbuild import BuildFailed, build


def charm(folder: Path, **options: object) -> Path:
    """A charm's folder with these options of the layer; underscores stand for themselves."""
    folder.mkdir()
    (folder / "metadata.yaml").write_text("name: optional\nsummary: s\ndescription: d\n")
    plain = {"includes": ["layer:lets-encrypt"], "options": {"lets-encrypt": options}}
    (folder / "layer.yaml").write_text(yaml.safe_dump(plain))
    return folder


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("challenge", "statless"), ("challenge", "http-01"), ("webroot", "srv/www"),
        ("service-name", "-x"), ("service-name", "two words"), ("service-name", ["nginx"]),
        ("reload-services", "postfix"), ("service_name", "nginx"), ("reload_services", ["postfix"]),
    ],
)  # fmt: skip
def test_a_wrong_layer_option_ends_the_build(option: str, value: object, tmp_path: Path) -> None:
    with pytest.raises(BuildFailed) as failed:
        build(charm(tmp_path / "charm", **{option: value}))
    assert f"Invalid value for option lets-encrypt.{option}" in str(failed.value)
