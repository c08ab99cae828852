"""docs/building.md, run word for word: PyPI's charm-tools, an empty cache, this layer, a charm.

Slow, and needs a package index: everything comes from there, as it does for a charm's author.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import wheelhouse
from charmbuild import PROJECT, WITH_WARNINGS, layer_sources
from documents import markdown
from pythons import find

DOCUMENT = PROJECT / "docs" / "building.md"
PYTHONS = ("3.10", "3.11")
LONGEST = 3000  # seconds; layer:basic's own part takes nearly all of them


def recipe() -> str:
    """The commands of the section on one's own charm."""
    found = markdown.blocks("docs/building.md", DOCUMENT.read_text())
    (block,) = [one for one in found if one.section == "Your own charm" and one.language == "sh"]
    return block.text


def check_out(target: Path) -> Path:
    """What a clone of this repository holds, with what is not committed yet."""
    command = ["git", "-C", PROJECT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    for name in listed.split("\0"):
        if name and (PROJECT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, target / name)
    return target


def bare_environment(folder: Path, python: Path) -> dict[str, str]:
    """A person's, who has nothing but this Python and pip's configuration."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("CHARM_")}
    for name in ("HOME", "XDG_CACHE_HOME", "PIP_CACHE_DIR", "TMPDIR", "CHARM_BUILD_DIR"):
        environment[name] = str(folder / name.lower())
        Path(environment[name]).mkdir()
    environment["PATH"] = f"{folder / 'path'}:{environment['PATH']}"
    (folder / "path").mkdir()
    (folder / "path" / "python3").symlink_to(python)
    return environment


@pytest.mark.slow
@pytest.mark.timeout(LONGEST + 60)
@pytest.mark.parametrize("option", ["--binary-wheels", ""])
@pytest.mark.parametrize("version", PYTHONS)
def test_the_recipe_builds_a_charm_as_it_stands(version: str, option: str, tmp_path: Path) -> None:
    python = find(version)
    if python is None:
        pytest.skip(f"no python{version} on this machine")
    shutil.copytree(PROJECT / "examples" / "web", tmp_path / "my-charm")
    (tmp_path / "layers").mkdir()
    for name in ("basic", "options"):  # charm-build would clone these
        (tmp_path / "layers" / name).symlink_to(layer_sources()[name])
    words = recipe().replace("/path/to/this/repository", str(check_out(tmp_path / "clone")))
    assert "--binary-wheels" in words
    words = words if option else words.replace("--binary-wheels ", "")
    done = subprocess.run(
        ["bash", "-e", "-c", words], cwd=tmp_path, env=bare_environment(tmp_path, python),
        capture_output=True, text=True, timeout=LONGEST,
    )  # fmt: skip
    assert done.returncode in (0, WITH_WARNINGS), (done.stdout + done.stderr)[-4000:]
    built = tmp_path / "charm_build_dir" / "web"
    brought = {re.split(r"-\d", path.name)[0].lower().replace("_", "-")
               for path in (built / "wheelhouse").iterdir()}  # fmt: skip
    assert wheelhouse.names(wheelhouse.OWN) <= brought
    assert {path.suffix == ".whl" for path in (built / "wheelhouse").iterdir()} == {bool(option)}
    for name in ("pip", "setuptools", "setuptools-scm"):
        assert name in brought, f"layer:basic's pins of {name} were replaced"
