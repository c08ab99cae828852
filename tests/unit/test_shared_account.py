"""certbot's account with a CA, from one unit to another."""

from __future__ import annotations

import json
import stat
import subprocess
from pathlib import Path

import pytest
from layer_lets_encrypt.certificates import account as accounts
from layer_lets_encrypt.certificates import shared_account
from layer_lets_encrypt.certificates.published import Unfit

SERVER = "https://ca.example/acme/dir"
PROGRAM = Path(__file__).with_name("certbots_accounts.py")


def certbot(what: str, folder: Path) -> str:
    """Have certbot of the system "save" an account, or "find" them all."""
    command = ["/usr/bin/python3", "-B", PROGRAM, what, folder, SERVER]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def leader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A leader's /etc/letsencrypt, with an account."""
    folder = tmp_path_factory.mktemp("leader")
    certbot("save", folder)
    return folder


@pytest.fixture
def account(leader: Path) -> accounts.Registered:
    found = accounts.registered(SERVER, config_dir=leader)
    assert found is not None
    return found


def test_certbot_finds_the_account_of_another_unit(config_dir, leader, account) -> None:
    texts = shared_account.exported(SERVER, account, leader)
    for _ in range(2):
        taken = shared_account.adopt(
            SERVER, account.identifier, texts, account.thumbprint, config_dir
        )
        assert taken == account == accounts.registered(SERVER, config_dir=config_dir)
    assert certbot("find", config_dir) == f"['{account.identifier}']"
    folder = accounts.folder_of(SERVER, config_dir)
    modes = [(folder / account.identifier / "private_key.json", 0o400), (folder, 0o700)]
    for path, mode in modes:
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_half_an_account_is_none_and_is_completed(config_dir, leader, account) -> None:
    texts = shared_account.exported(SERVER, account, leader)
    shared_account.adopt(SERVER, account.identifier, texts, account.thumbprint, config_dir)
    (accounts.folder_of(SERVER, config_dir) / account.identifier / "regr.json").unlink()
    assert not accounts.exists(SERVER, config_dir)
    shared_account.adopt(SERVER, account.identifier, texts, account.thumbprint, config_dir)
    assert accounts.registered(SERVER, config_dir=config_dir) == account


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("private_key.json", "{}"),
        ("private_key.json", '{"kty": "RSA", "e": "AQAB", "n": "abc", "d": "abc"}'),
        ("private_key.json", "[" * 50_000),
        ("private_key.json", None),
        ("regr.json", "[]"),
        ("meta.json", "no JSON"),
        ("meta.json", '{"x": "' + "x" * 70_000 + '"}'),
    ],
)
def test_what_is_no_account_writes_nothing(config_dir, leader, account, name, value) -> None:
    texts = {**shared_account.exported(SERVER, account, leader), name: value}
    with pytest.raises(Unfit):
        shared_account.adopt(SERVER, account.identifier, texts, account.thumbprint, config_dir)
    assert list(config_dir.iterdir()) == []


def test_a_key_without_its_private_half_is_no_account(config_dir, leader, account) -> None:
    texts = shared_account.exported(SERVER, account, leader)
    key = json.loads(texts["private_key.json"])
    texts["private_key.json"] = json.dumps({name: key[name] for name in ("kty", "e", "n")})
    with pytest.raises(Unfit):
        shared_account.adopt(SERVER, account.identifier, texts, account.thumbprint, config_dir)


@pytest.mark.parametrize("identifier", ["", "..", "../" * 3, "a" * 31, "A" * 32, "a" * 32 + "\n"])
def test_an_identifier_that_certbot_would_not_make_is_refused(
    config_dir, leader, account, identifier
) -> None:
    texts = shared_account.exported(SERVER, account, leader)
    with pytest.raises(Unfit):
        shared_account.adopt(SERVER, identifier, texts, account.thumbprint, config_dir)
