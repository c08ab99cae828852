"""What the layer adds to a charm's wheelhouse, and that it gets along with layer:basic's."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import wheelhouse
from charmbuild import LAYERS, PROJECT
from pythons import requirement_files

BASIC = LAYERS / "basic" / "wheelhouse.txt"


def test_no_requirement_of_layer_basic_is_replaced():
    """charm-build drops a lower layer's lines about a package that a higher layer names."""
    assert wheelhouse.names(wheelhouse.OWN).isdisjoint(wheelhouse.names(BASIC))


def test_every_release_builds_from_source_with_what_layer_basic_brings():
    built = wheelhouse.build_from_source()
    assert {name.split("-")[0] for name in built} == wheelhouse.names(wheelhouse.OWN)
    assert all(name.endswith("-none-any.whl") for name in built)


def test_a_release_that_needs_another_build_backend_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The check above must be able to fail: no hatchling is found, wherever it is installed."""
    project = tmp_path / "needy"
    project.mkdir()
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "needy"\nversion = "1"\n'
    )
    listed = tmp_path / "wheelhouse.txt"
    listed.write_text(f"{project}\n")
    monkeypatch.setattr(wheelhouse, "OWN", listed)
    with pytest.raises(subprocess.CalledProcessError) as failed:
        wheelhouse.build_from_source()
    assert "hatchling" in failed.value.output


def test_tools_and_other_pythons_take_their_libraries_from_the_wheelhouse():
    """Copied lists have grown apart before."""
    for path in ("tests/requirements.txt", "tests/build/matrix-requirements.txt"):
        files = list(requirement_files(PROJECT / path))
        assert wheelhouse.OWN in files
        for listed in files:
            own = wheelhouse.names(listed) & wheelhouse.names(wheelhouse.OWN)
            assert not own or listed == wheelhouse.OWN
