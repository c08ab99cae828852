"""Whether the real certbots go on with a lineage: what the layer takes for granted."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from layer_lets_encrypt.ca import process as launch
from layer_lets_encrypt.certificates import lineage
from world import renewal_files
from world.lineages import make_certificate
from world.renewal_files import NAME, make
from world.world import PROJECT

CERTBOTS = {
    "apt": Path("/usr/bin/certbot"),
    "newest": PROJECT / "build/certbot-newest/bin/certbot",
    "1.21": PROJECT / "build/certbot-1.21/bin/certbot",
}
PYTHONS = {
    release: "/usr/bin/python3" if release == "apt" else str(binary.with_name("python"))
    for release, binary in CERTBOTS.items()
}


# what an old certbot does differently, test_some_certbot_stumbles shows
EACH = [pytest.param(release, marks=[pytest.mark.slow] if release == "1.21" else [])
        for release in PYTHONS]  # fmt: skip


def asked(release: str, folders: list[Path], top: Path) -> list[str]:
    """What the certbot of a release does with the lineage in each of the folders."""
    if not Path(PYTHONS[release]).exists():
        pytest.skip(f"certbot {release} is not here; run: make install")
    for name, content in zip(("key", "cert"), make_certificate((NAME,))):
        (top / name).write_text(content)
    oracle = PROJECT / "tests/integration/certbot_oracle.py"
    words = [PYTHONS[release], "-W", "ignore", oracle, NAME, top / "key", top / "cert", *folders]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True).stdout.split()


@pytest.mark.parametrize("release", EACH)
def test_certbot_goes_on_with_what_is_called_sane(tmp_path: Path, release: str) -> None:
    changes = renewal_files.SANE
    folders = [make(tmp_path / str(at), changes[name]) for at, name in enumerate(changes)]
    said = dict(zip(changes, asked(release, folders, tmp_path)))
    assert said == dict.fromkeys(changes, "renewed")


def test_some_certbot_stumbles_over_what_is_called_broken(tmp_path: Path) -> None:
    changes = renewal_files.BROKEN
    seen: dict[str, set[str]] = {name: set() for name in changes}
    for release in PYTHONS:
        top = tmp_path / release
        folders = [make(top / str(at), changes[name]) for at, name in enumerate(changes)]
        for name, word in zip(changes, asked(release, folders, top)):
            seen[name].add(word)
    assert not [name for name, words in seen.items() if words == {"renewed"}]


@pytest.mark.parametrize("release", EACH)
def test_certbot_puts_in_order_what_it_has_half_changed(tmp_path: Path, release: str) -> None:
    folder = make(tmp_path / "etc", renewal_files.half_updated)
    assert asked(release, [folder], tmp_path) == ["kept"]
    assert lineage.inspect(NAME, folder).usable, "without an order"


@pytest.mark.parametrize("release", EACH)
def test_no_certbot_reads_its_settings_where_the_layer_starts_it(
    tmp_path: Path, release: str
) -> None:
    binary = str(CERTBOTS[release])
    if not Path(binary).exists():
        pytest.skip(f"certbot {release} is not here; run: make install")
    (tmp_path / "letsencrypt").mkdir()
    (tmp_path / "letsencrypt" / "cli.ini").write_text("no-such-setting = 1\n")
    words = ["certificates", "-n"]
    for folder in ("config", "work", "logs"):
        words += [f"--{folder}-dir", str(tmp_path / folder)]
    env = {"XDG_CONFIG_HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": "/root"}
    for command, obeys in (([binary, *words], True), (launch.command(binary, words), False)):
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        assert ("no-such-setting" in done.stderr) == obeys, done.stderr
        assert (done.returncode == 0) != obeys
