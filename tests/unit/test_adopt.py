"""What another unit has ordered becomes a lineage here: checked, safe to kill and to repeat."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import adopt, lineage
from layer_lets_encrypt.certificates.adopt import Origin
from layer_lets_encrypt.certificates.published import Published, Unfit, understood
from layer_lets_encrypt.machine.paths import PARTS, places
from layer_lets_encrypt.rules.facts import ABSENT, BROKEN, SANE
from world.chains import Chains, Issued
from world.lineages import lay_out

NAME = "www.example.com"
NAMES = (NAME, "example.com")
ORIGIN = Origin("https://127.0.0.1:14000/dir", "webroot", "0123456789abcdef0123456789abcdef")
DAY, GROUP = 86400, 33
NOW = time.time()
BUILD = Path(__file__).resolve().parents[2] / "build"
CERTBOTS = {"of the system": Path("/usr/bin/certbot"),
            "the newest": BUILD / "certbot-newest" / "bin" / "certbot"}  # fmt: skip


@pytest.fixture(scope="module")
def chains(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Chains:
    return Chains(tmp_path_factory.mktemp("foreign"))


@pytest.fixture(scope="module")
def first(chains: Chains) -> Issued:
    return chains.issue(NAMES, NOW - 60 * DAY)


@pytest.fixture(scope="module")
def second(chains: Chains) -> Issued:
    return chains.issue(NAMES, NOW - 60)


def taken(issued: Issued, config_dir: Path, names: tuple[str, ...] = NAMES) -> None:
    published = understood(issued.key, issued.cert, issued.chain)
    adopt.adopt(NAME, names, published, ORIGIN, NOW, config_dir)


def tree(folder: Path) -> dict[str, tuple[int, object]]:
    """Return all that is below a folder."""
    found: dict[str, tuple[int, object]] = {}
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        content: object = None
        if stat.S_ISLNK(mode):
            content = os.readlink(path)
        elif stat.S_ISREG(mode):
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = mode, content
    return found


def served(config_dir: Path) -> str:
    """Return the certificate that a web server would load, after a look at its key."""
    seen = lineage.inspect(NAME, config_dir)
    assert seen.holds(NAMES), seen
    return (config_dir / "live" / NAME / "cert.pem").read_text()


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_it_is_a_lineage_like_certbots_own(config_dir, chains, kind) -> None:
    issued = chains.issue(NAMES, kind=kind)
    taken(issued, config_dir)
    assert served(config_dir) == issued.cert
    live, archive, conf = places(NAME, config_dir)
    assert (live / "fullchain.pem").read_text() == issued.cert + issued.chain
    assert lineage.inspect(NAME, config_dir).server == ORIGIN.server
    for path, mode in ((archive / "privkey1.pem", 0o600), (archive / "cert1.pem", 0o644),
                       (live.parent, 0o700), (archive.parent, 0o700)):  # fmt: skip
        assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.parametrize("certbot", list(CERTBOTS))
def test_certbot_accepts_the_lineage_and_its_renewal_file(
    config_dir, first, second, tmp_path, certbot
) -> None:
    if not CERTBOTS[certbot].exists():
        pytest.skip(f"certbot {certbot} is not installed")
    taken(first, config_dir)
    taken(second, config_dir)
    said = certificates(CERTBOTS[certbot], config_dir, tmp_path)
    assert f"Certificate Name: {NAME}" in said
    assert "VALID: 89 days" in said
    assert set(re.findall(r"(?:Domains|Identifiers): (.*)", said)[0].split()) == set(NAMES)
    assert "invalid" not in said
    assert "might not work" not in said


def certificates(certbot: Path, config_dir: Path, scratch: Path) -> str:
    words = ["--config-dir", config_dir, "--work-dir", scratch / "work", "--logs-dir", scratch]
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run(
        [certbot, "certificates", *words], capture_output=True, text=True, env=env
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_a_newer_one_takes_its_place_and_certbots_settings_stay(config_dir, chains) -> None:
    lay_out(config_dir, NAMES)
    live, archive, conf = places(NAME, config_dir)
    settings, old = conf.read_bytes(), (archive / "privkey1.pem").read_bytes()
    newer = chains.issue(NAMES, NOW + 600)  # by the CA's clock, which is ahead of this one
    taken(newer, config_dir)
    assert served(config_dir) == newer.cert
    assert {os.path.basename(os.readlink(live / f"{part}.pem")) for part in PARTS} == {
        f"{part}2.pem" for part in PARTS
    }
    assert conf.read_bytes() == settings
    assert (archive / "privkey1.pem").read_bytes() == old


def test_a_second_time_changes_nothing(config_dir, first, second) -> None:
    taken(first, config_dir)
    taken(second, config_dir)
    before = tree(config_dir)
    taken(second, config_dir)
    assert tree(config_dir) == before


def test_the_group_that_reads_the_key_reads_the_new_one(config_dir, first, second) -> None:
    taken(first, config_dir)
    key = config_dir / "archive" / NAME / "privkey1.pem"
    os.chown(key, 0, GROUP)
    key.chmod(0o640)
    for _ in range(2):
        taken(second, config_dir)
        seen = key.with_name("privkey2.pem").stat()
        assert (seen.st_gid, stat.S_IMODE(seen.st_mode)) == (GROUP, 0o640)


def test_files_that_an_operator_has_turned_back_from_are_kept(config_dir, first, second) -> None:
    taken(first, config_dir)
    put_by = config_dir / "archive" / NAME / "privkey2.pem"
    put_by.write_text("kept\n")
    taken(second, config_dir)
    assert put_by.read_text() == "kept\n"
    assert served(config_dir) == second.cert


def test_lines_as_windows_ends_them_are_taken(config_dir, first) -> None:
    crlf = Issued(*(text.replace("\n", "\r\n") for text in (first.key, first.cert, first.chain)))
    taken(crlf, config_dir)
    assert served(config_dir) == first.cert


# What must not take the place of what is served

Spoil = "Callable[[Issued, Chains, Chains], Issued]"  # a string: Python 3.8 reads it, too


def with_a_foreign_key(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(chains.issue(NAMES).key, issued.cert, issued.chain)


def for_other_names(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return chains.issue((NAME,))


def expired(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return chains.issue(NAMES, NOW - 50 * DAY, days=1)


def older(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return chains.issue(NAMES, NOW - 61 * DAY)


def without_chain(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, "")


def with_a_truncated_chain(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, issued.chain[:-80])


def with_a_gap_in_the_chain(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, chains.root)


def with_the_chain_of_another_ca(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, foreign.chain)


def with_a_truncated_key(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key[:90], issued.cert, issued.chain)


def with_a_damaged_key(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    lines = issued.key.splitlines()
    return Issued("\n".join([lines[0], lines[1][::-1], *lines[2:]]), issued.cert, issued.chain)


def with_a_damaged_certificate(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    lines = issued.cert.splitlines()
    return Issued(issued.key, "\n".join([lines[0], *lines[2:]]), issued.chain)


def with_a_key_in_the_chain(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, issued.chain + issued.key)


def with_two_certificates(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert + issued.chain, issued.chain)


def endless(issued: Issued, chains: Chains, foreign: Chains) -> Issued:
    return Issued(issued.key, issued.cert, issued.chain * 2000)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (with_a_foreign_key, "the private key belongs to another certificate"),
        (for_other_names, "it is for www.example.com, wanted is www.example.com, example.com"),
        (expired, "it has expired"),
        (older, "it is older"),
        (without_chain, "its chain is missing"),
        (with_a_truncated_chain, "its chain holds something else"),
        (with_a_gap_in_the_chain, "the chain is not complete"),
        (with_the_chain_of_another_ca, "the chain is not complete"),
        (with_a_truncated_key, "its private key holds something else"),
        (with_a_damaged_key, "the private key or the chain cannot be loaded"),
        (with_a_damaged_certificate, "its certificate cannot be read"),
        (with_a_key_in_the_chain, "its chain holds something else"),
        (with_two_certificates, "it does not hold one private key and one certificate"),
        (endless, "its chain is not a PEM text"),
    ],
)
@pytest.mark.parametrize("has_one", [True, False])
def test_what_no_visitor_would_accept_leaves_all_as_it_is(
    config_dir, first, chains, foreign, spoil: Spoil, says: str, has_one: bool
) -> None:
    if has_one:
        taken(first, config_dir)
    elif spoil in (expired, older):
        pytest.skip("it is better than nothing: this unit's clock may be wrong")
    (config_dir / "live" / NAME).mkdir(parents=True, exist_ok=True)
    (config_dir / "archive" / NAME).mkdir(parents=True, exist_ok=True)
    before = tree(config_dir)
    spoilt = spoil(chains.issue(NAMES, NOW - 30 * DAY), chains, foreign)
    with pytest.raises(Unfit) as refused:
        taken(spoilt, config_dir)
    assert says in str(refused.value)
    for secret in (spoilt.key, first.key):
        assert not any(line in str(refused.value) for line in secret.splitlines() if line)
    assert tree(config_dir) == before


@pytest.mark.parametrize("value", [None, 7, ["x"], b"bytes", "", "text", "\0"])
def test_what_is_no_pem_is_refused(value, first) -> None:
    for part in range(3):
        texts: list[object] = [first.key, first.cert, first.chain]
        texts[part] = value
        with pytest.raises(Unfit):
            understood(*texts)


def test_an_expired_one_is_better_than_one_that_expired_before(config_dir, chains) -> None:
    for age in (300, 200):
        issued = chains.issue(NAMES, NOW - age * DAY)
        taken(issued, config_dir)
        assert served(config_dir) == issued.cert


def test_the_same_again_is_never_removed_for_its_chain(config_dir, first, foreign) -> None:
    """Such as one that certbot has saved with a chain that this check does not like."""
    taken(first, config_dir)
    live, archive, _ = places(NAME, config_dir)
    for part, text in (("chain", foreign.chain), ("fullchain", first.cert + foreign.chain)):
        (archive / f"{part}1.pem").write_text(text)
    before = tree(config_dir)
    with pytest.raises(Unfit):
        taken(Issued(first.key, first.cert, foreign.chain), config_dir)
    assert tree(config_dir) == before


def test_a_damaged_lineage_is_left_to_who_moves_it_aside(config_dir, second) -> None:
    live = lay_out(config_dir, NAMES)
    (live / "cert.pem").unlink()
    (live / "cert.pem").write_text("an operator's\n")
    for conf in (True, False):
        if not conf:
            places(NAME, config_dir)[2].unlink()
        before = tree(config_dir)
        with pytest.raises(Unfit, match="is damaged"):
            taken(second, config_dir)
        assert tree(config_dir) == before


def test_nothing_of_it_is_shown(first) -> None:
    published = understood(first.key, first.cert, first.chain)
    assert "BEGIN" not in repr(published)
    assert isinstance(published, Published)


# Kills

EVENTS = {"open", "os.rename", "os.remove", "os.symlink", "os.mkdir", "os.chmod", "os.chown"}


def killed_at(number: int, issued: Issued, config_dir: Path) -> bool:
    """Take a certificate in a process that is killed before its ``number``-th step on that disk;
    return whether it was."""
    child = os.fork()
    if not child:
        left = [number]

        def step(event: str, arguments: tuple[object, ...]) -> None:
            if event in EVENTS and any(str(config_dir) in str(one) for one in arguments):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(step)
            taken(issued, config_dir)
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def kills(issued: Issued, prepare: Callable[[Path], None], tmp_path: Path) -> Iterator[Path]:
    """Yield the disk after a kill at each step."""
    number = 1
    while True:
        config_dir = tmp_path / str(number)
        config_dir.mkdir()
        prepare(config_dir)
        if not killed_at(number, issued, config_dir):
            assert number > 20, "the steps were not seen"
            return
        yield config_dir
        number += 1


def test_killed_anywhere_the_next_one_makes_it(tmp_path, first) -> None:
    for config_dir in kills(first, lambda _: None, tmp_path):
        state = lineage.inspect(NAME, config_dir).state
        assert state in (ABSENT, BROKEN, SANE)
        taken(first, config_dir)
        assert served(config_dir) == first.cert
        assert len(list((config_dir / "archive" / NAME).iterdir())) == len(PARTS)


def test_killed_anywhere_a_renewal_leaves_the_old_one_or_the_new_one(
    tmp_path, first, second
) -> None:
    ends = set()
    for config_dir in kills(second, lambda folder: taken(first, folder), tmp_path):
        adopt.restore(NAME, config_dir)
        ends.add(served(config_dir))
        assert not list((config_dir / "live" / NAME).glob("previous_*"))
        taken(second, config_dir)
        assert served(config_dir) == second.cert
        assert len(list((config_dir / "archive" / NAME).iterdir())) == 2 * len(PARTS)
    assert ends == {first.cert, second.cert}


def test_certbot_itself_puts_back_what_was_interrupted(tmp_path, first, second) -> None:
    def is_mixed(config_dir: Path) -> bool:
        live = config_dir / "live" / NAME
        return len({os.readlink(live / f"{part}.pem")[-5] for part in PARTS}) == 2

    mixed = [one for one in kills(second, lambda folder: taken(first, folder), tmp_path)
             if is_mixed(one)]  # fmt: skip
    assert mixed
    for config_dir in mixed[:2]:
        assert not lineage.inspect(NAME, config_dir).usable
        certificates(Path("/usr/bin/certbot"), config_dir, config_dir / "logs")
        assert served(config_dir) == first.cert
