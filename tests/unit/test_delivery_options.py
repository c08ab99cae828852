"""What operators write into the options for files and commands: taken, or blocked with a remedy."""

from __future__ import annotations

import re

import pytest
from layer_lets_encrypt.delivery import owners
from layer_lets_encrypt.rules import secret_ids
from layer_lets_encrypt.rules.command import parse_command
from layer_lets_encrypt.rules.delivery import DEPLOY
from layer_lets_encrypt.rules.file_access import FileAccess, parse_access
from layer_lets_encrypt.rules.formats import parse_formats, parse_passphrase
from layer_lets_encrypt.rules.request import InvalidRequest

SECRET = "hunter2-hunter2"


@pytest.mark.parametrize(
    ("written", "access"),
    [
        (None, None),
        ("", None),
        ("  ", None),
        ("root:ssl-cert 0640", FileAccess("root", "ssl-cert", 0o640)),
        ("root:ssl-cert", FileAccess("root", "ssl-cert", 0o640)),
        (" www-data:www-data\t400 ", FileAccess("www-data", "www-data", 0o400)),
        ("0:118 0640", FileAccess("0", "118", 0o640)),
        ("svc$:_svc 0664", FileAccess("svc$", "_svc", 0o664)),
        ("root:root 0644", FileAccess("root", "root", 0o644)),
    ],
)
def test_access_is_owner_group_and_mode(written: object, access: FileAccess | None) -> None:
    assert parse_access(written) == access


@pytest.mark.parametrize(
    ("access", "folder_mode"),
    [
        ("root:root 0600", 0o700),
        ("root:ssl-cert 0640", 0o750),
        ("root:ssl-cert 0644", 0o755),
        ("root:ssl-cert 0604", 0o705),
        ("www-data:root 0400", 0o701),
        ("www-data:www-data 0640", 0o751),
        ("0:118 0640", 0o750),
    ],
)
def test_who_can_read_a_file_can_reach_it(access: str, folder_mode: int) -> None:
    found = parse_access(access)
    assert found is not None and found.folder_mode == folder_mode


@pytest.mark.parametrize(
    "written",
    [
        "root", "root:", ":root", "root root", "root:root:0640", "root:ssl-cert 0640 x", "0640",
        "root:ssl-cert 640640", "root:ssl-cert u=rw,g=r", "root:ssl-cert 0888", "root:ssl-cert 64",
        "root:ssl-cert 4640", "root:ssl-cert 0750", "root:ssl-cert 0666", "root:ssl-cert 0040",
        "root:ssl-cert 0o640", "ro ot:x", "root:ssl/cert", "root:é 0640", "-r:x", "root:x\0y",
        "root:ssl-cert\n0640 x", "a" * 33 + ":root", True, 640, ["root:root"], {"a": 1}, 0.5,
    ],
)  # fmt: skip
def test_bad_access_is_named_with_its_remedy(written: object) -> None:
    with pytest.raises(InvalidRequest, match=r"'acme-files-access' .*; .*[a-z]"):
        parse_access(written)


def test_owners_and_groups_are_those_of_the_machine() -> None:
    assert owners.resolve(FileAccess("root", "root", 0o640)) == (0, 0, 0o640, 0o750)
    assert owners.resolve(FileAccess("4294967294", "12345", 0o640))[:2] == (4294967294, 12345)


@pytest.mark.parametrize(
    ("owner", "group", "said"),
    [
        ("no-such-user", "root", "the user no-such-user"),
        ("root", "no-such-group", "the group no-such-group"),
        ("4294967295", "root", "the user 4294967295"),
        ("root", "99999999999999999999", "the group 99999999999999999999"),
    ],
)
def test_an_unknown_owner_or_group_is_named(owner: str, group: str, said: str) -> None:
    with pytest.raises(InvalidRequest, match=f"names {said}, which .*; create it, or correct"):
        owners.resolve(FileAccess(owner, group, 0o640))


@pytest.mark.parametrize(
    ("written", "formats"),
    [
        (None, ()), ("", ()), ("pfx", ("pfx",)), ("combined", ("combined",)),
        ("combined, PFX", ("pfx", "combined")), ("pfx pfx", ("pfx",)),
    ],
)  # fmt: skip
def test_formats_are_a_list(written: object, formats: tuple[str, ...]) -> None:
    assert parse_formats(written) == formats


@pytest.mark.parametrize("written", ["p12", "pfx;combined", "pfx pem", "*", "pfx\0", True, 3, []])
def test_an_unknown_format_is_named_with_the_known_ones(written: object) -> None:
    with pytest.raises(InvalidRequest, match="'acme-formats' .*; set it to"):
        parse_formats(written)


@pytest.mark.parametrize(
    ("written", "passphrase"),
    [
        (None, ""), ("", ""), (SECRET, SECRET), (SECRET + "\n", SECRET), (" a b ", " a b "),
        ("pässword", "pässword"), (1234, "1234"), ("x" * 256, "x" * 256),
        ("secret:9m4e2mr0ui3e8a215n4g", "secret:9m4e2mr0ui3e8a215n4g"),
        (" secret:9m4e2mr0ui3e8a215n4g\n", "secret:9m4e2mr0ui3e8a215n4g"),
    ],
)  # fmt: skip
def test_a_passphrase_is_taken_as_it_is_written(written: object, passphrase: str) -> None:
    assert parse_passphrase(written) == passphrase
    assert secret_ids.is_meant(passphrase) == passphrase.startswith("secret:")


@pytest.mark.parametrize(
    "written",
    [
        SECRET + "\n" + SECRET, SECRET + "\0", SECRET + "\x1b[31m", SECRET * 20, "é" * 129,
        SECRET + "\ud800", "secret:" + SECRET + "\n" + SECRET, "secret:", "secret:a b",
        [SECRET], {SECRET: 1},
    ],
)  # fmt: skip
def test_a_bad_passphrase_is_never_shown(written: object) -> None:
    with pytest.raises(InvalidRequest, match="'acme-pfx-passphrase' .*; ") as raised:
        parse_passphrase(written)
    assert "hunter2" not in str(raised.value) and str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (None, ()),
        ("  ", ()),
        ("/usr/local/bin/deploy", ("/usr/local/bin/deploy",)),
        ("rsync -a '/etc/a b/' backup:", ("rsync", "-a", "/etc/a b/", "backup:")),
        ("sh -c 'cp \"$RENEWED_LINEAGE\"/*.pem /srv && kill -HUP 1'",
         ("sh", "-c", 'cp "$RENEWED_LINEAGE"/*.pem /srv && kill -HUP 1')),
        ("/bin/bash -c 'a | b > c; d'", ("/bin/bash", "-c", "a | b > c; d")),
        ("/x --url=https://h/?a=1&b=2 100%", ("/x", "--url=https://h/?a=1&b=2", "100%")),
        ("/x \\\n --y", ("/x", "\n", "--y")),
    ],
)  # fmt: skip
def test_a_command_is_a_program_and_its_arguments(written: object, words: tuple) -> None:
    assert parse_command(DEPLOY, written) == words


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f"/x 'open {SECRET}", "cannot be read: no closing quotation"),
        ("/x \\", "cannot be read"),
        (f"/x {SECRET} && /y", "has '&&', which only a shell"),
        (f"/x {SECRET} | /y", "has '|'"),
        (f"/x {SECRET}; /y", "has ';'"),
        (f"/x {SECRET} > /tmp/log", "has '>'"),
        (f"/x {SECRET} 2>&1", "has '2>&1'"),
        (f"/x {SECRET} &", "has '&'"),
        (f"/x {SECRET} $RENEWED_LINEAGE/privkey.pem", "has '$'"),
        (f"/x {SECRET} ${{RENEWED_LINEAGE}}", "has '$'"),
        (f"/x {SECRET} `date`", "has '`'"),
        (f"TOKEN={SECRET} /x", "has '='"),
        (f"/x {SECRET}\n/y", "has several lines"),
        (f"bin/x {SECRET}", "not an absolute path"),
        (f"./x {SECRET}", "not an absolute path"),
        (f"~/x {SECRET}", "not an absolute path"),
        (f"-x {SECRET}", "names no program"),
        ("''", "names no program"),
        (f"/x {SECRET}\0", "has control characters"),
        (f"/x \x1b[31m{SECRET}", "has control characters"),
        (f"/x {SECRET * 300}", "is longer than 4000"),
        ([f"/x {SECRET}"], "is a list"),
        ({"/x": SECRET}, "is a dict"),
    ],
)
def test_a_bad_command_is_told_without_its_arguments(written: object, said: str) -> None:
    expected = f"'acme-deploy-command' .*{re.escape(said)}.*; .*[a-z]"
    with pytest.raises(InvalidRequest, match=expected) as raised:
        parse_command(DEPLOY, written)
    assert "hunter2" not in str(raised.value) and str(raised.value).isprintable()
