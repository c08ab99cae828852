"""What the real charm-build makes of the example charm and this layer."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from charmbuild import (
    PROJECT,
    Built,
    build,
    build_and_prove,
    fingerprint,
    layer_sources,
    proof_lines,
)

# Of the layer's top level, this is all that a charm may get.
SHIPPED = {"actions", "actions.yaml", "certbot-plugin", "config.yaml", "exec.d", "files",
           "layer.yaml", "lib", "LICENSE.layer-lets-encrypt", "metadata.yaml", "reactive",
           "templates", "wheelhouse-constraints.txt", "wheelhouse.txt"}  # fmt: skip
FROM_BASIC = {"bin", "hooks", "wheelhouse", "version", ".build.manifest"}
# What charm-build writes itself, and the folders that it fills.
MADE = {".build.manifest", "hooks", "layer.yaml", "reactive/__init__.py", "version", "wheelhouse",
        "wheelhouse-constraints.txt", "wheelhouse.txt"}  # fmt: skip
WEB = PROJECT / "examples" / "web"


@pytest.fixture(scope="module")
def built() -> Built:
    return build_and_prove(WEB)


@pytest.fixture(scope="module")
def files(built: Built) -> set[Path]:
    return {p.relative_to(built.folder) for p in built.folder.rglob("*") if p.is_file()}


def sources(folder: Path) -> set[Path]:
    """The files of a checkout, without what tools have left in it."""
    command = ["git", "-C", folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True)
    return {Path(name) for name in listed.stdout.split("\0") if name and (folder / name).is_file()}


def needless(files: set[Path], charm: set[Path]) -> set[Path]:
    """What a built charm holds that is neither its own file nor one that a layer gives to it."""
    shipped = {path for path in sources(PROJECT) if path.parts[0] in SHIPPED}
    lower = {path for name in ("basic", "options") for path in sources(layer_sources()[name])}
    lower = {path for path in lower if path.parts[0] not in ("tests", "unit_tests")}
    made = {path for path in files if str(path) in MADE or path.parts[0] in MADE}
    return files - shipped - lower - made - charm


def test_a_charm_holds_only_what_it_needs(files: set[Path]):
    own = ("metadata.yaml", "reactive", "templates")
    charm = {path for path in sources(WEB) if path.parts[0] in own}
    assert needless(files, charm) == set()


def test_a_charm_whose_folder_holds_the_layers_does_not_carry_them(tmp_path: Path):
    """charmcraft builds what lies below the charm's own folder, the layers among it."""
    charm = tmp_path / "carrier"
    shutil.copytree(WEB, charm)
    metadata = (charm / "metadata.yaml").read_text()
    (charm / "metadata.yaml").write_text(metadata.replace("name: web", "name: carrier"))
    (charm / "layers" / "lets-encrypt" / "lib").mkdir(parents=True)
    (charm / "layers" / "lets-encrypt" / "lib" / "needless.py").write_text("1\n")
    built = build(charm)
    files = {path.relative_to(built) for path in built.rglob("*") if path.is_file()}
    assert Path("reactive/web.py") in files
    assert not [path for path in files if "layers" in path.parts or path.name == "needless.py"]
    shutil.rmtree(built)


def test_nothing_of_the_layers_development_reaches_a_charm(built: Built):
    top = {entry.name for entry in built.folder.iterdir()}
    real = {"copyright", "requirements.txt", "Makefile"} if os.environ.get("LAYER_BASIC") else set()
    assert top <= SHIPPED | FROM_BASIC | real


def test_the_licence_travels_under_a_name_of_its_own(built: Built):
    assert (built.folder / "LICENSE.layer-lets-encrypt").is_file()
    assert not (built.folder / "LICENSE").exists()


def test_the_layer_and_the_charm_are_in_it(files: set[Path]):
    for wanted in (
        "reactive/lets_encrypt.py",
        "reactive/web.py",
        "lib/charms/layer/lets_encrypt.py",
        "lib/layer_lets_encrypt/rules/plan.py",
        "templates/site.conf",
        "hooks/install",
        "hooks/update-status",
    ):
        assert Path(wanted) in files


def test_shared_packages_are_not_claimed():
    for folder in ("lib/charms", "lib/charms/layer"):
        assert not (PROJECT / folder / "__init__.py").exists()


def test_templates_and_files_lie_in_a_folder_of_the_layers_own(files: set[Path]):
    laid_down = {p for p in files if p.parts[0] in ("templates", "files")}
    mine = laid_down - {Path("templates/site.conf")}
    assert mine and all(p.parts[1] == "lets-encrypt" for p in mine)
    actions = {p.name for p in files if p.parts[0] == "actions"}
    assert all(name.startswith(("lets-encrypt-", "_lets_encrypt")) for name in actions)


def test_packages_of_layer_and_charm_add_up(built: Built):
    options = yaml.safe_load((built.folder / "layer.yaml").read_text())["options"]
    assert {"certbot", "nginx-light"} <= set(options["basic"]["packages"])
    assert options["lets-encrypt"]["service-name"] == "nginx"


def test_no_series_is_claimed(built: Built):
    assert "series" not in yaml.safe_load((built.folder / "metadata.yaml").read_text())


def test_the_wheelhouse_is_whole_and_the_layers_part_pure(built: Built):
    wheels = [path.name for path in (built.folder / "wheelhouse").glob("*.whl")]
    for name in ("charmhelpers", "charms_reactive", "asn1crypto", "configobj", "setuptools", "pip"):
        assert [wheel for wheel in wheels if wheel.startswith(f"{name}-")], name
    wanted = {line.split(">")[0].split("<")[0].strip().lower()
              for line in (PROJECT / "wheelhouse.txt").read_text().splitlines()
              if line.strip() and not line.startswith("#")}  # fmt: skip
    mine = [wheel for wheel in wheels if wheel.split("-")[0].lower() in wanted]
    assert len(mine) >= 2 and all(wheel.endswith("-none-any.whl") for wheel in mine)


def test_proof_has_nothing_to_say_about_config_or_metadata(built: Built):
    """An option without a value is null on purpose: its default is that it is unset."""
    meant = [line for line in built.proof if line.endswith("has no default value")]
    others = [line for line in built.proof if line not in meant]
    assert built.proof, "charm-build ran no proof"
    ours = ("E:", "config", "metadata", "series")
    assert not [line for line in others if any(word in line for word in ours)]


def test_proofs_lines_are_told_from_the_others():
    log = "build: New build\nproof: W: no README file\nproof: I: x\nE: bad\nWell: no\n"
    assert proof_lines(log) == ["W: no README file", "I: x", "E: bad"]


def test_a_change_of_any_input_is_noticed(tmp_path: Path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a.py").write_text("1")
    first = fingerprint([tmp_path])
    assert fingerprint([tmp_path]) == first
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "b.py").write_text("1")
    assert fingerprint([tmp_path]) == first
    (tmp_path / "layer.yaml").write_text("exclude: [README.md]\n")
    with_layer = fingerprint([tmp_path])
    (tmp_path / "README.md").write_text("1")
    assert fingerprint([tmp_path]) == with_layer, "no charm contains it"
    (tmp_path / "layer.yaml").unlink()
    (tmp_path / "lib" / "a.py").write_text("2")
    second = fingerprint([tmp_path])
    (tmp_path / "lib" / "a.py").chmod(0o755)
    assert len({first, second, fingerprint([tmp_path])}) == 3
