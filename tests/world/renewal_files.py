"""Renewal files of certbot's as people, programs and crashes leave them.

What certbot 1.21, 2.1 and 5.8 make of each is seen by tests/integration/test_renewal_files.py.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from .lineages import PARTS, lay_out

NAME = "www.example.com"

if TYPE_CHECKING:  # unit tests run on Python 3.8, too
    from collections.abc import Callable

    Change = Callable[[Path, Path, Path], None]  # of the folders live and archive, and the file


def text(before: str, after: str) -> Change:
    """Replace what stands in the renewal file."""

    def change(live: Path, archive: Path, conf: Path) -> None:
        assert before in conf.read_text()
        conf.write_text(conf.read_text().replace(before, after, 1))

    return change


def more(lines: str) -> Change:
    """Add lines at the end, in the section renewalparams."""

    def change(live: Path, archive: Path, conf: Path) -> None:
        conf.write_text(conf.read_text() + lines + "\n")

    return change


def raw(change: Callable[[bytes], bytes]) -> Change:
    return lambda live, archive, conf: void(conf.write_bytes(change(conf.read_bytes())))


def void(_: object) -> None:
    """Take a value and return none."""


def linked_conf(live: Path, archive: Path, conf: Path) -> None:
    conf.rename(conf.with_name("real"))
    conf.symlink_to("real")


def conf_is_a_folder(live: Path, archive: Path, conf: Path) -> None:
    conf.unlink()
    conf.mkdir()


def relative_paths(live: Path, archive: Path, conf: Path) -> None:
    conf.write_text(conf.read_text().replace(f"{live.parents[1]}/live", "live"))


def paths_from_the_root_folder(live: Path, archive: Path, conf: Path) -> None:
    top = str(live.parents[1])
    conf.write_text(conf.read_text().replace(f"= {top}", f"= {top[1:]}"))


def other_spelling_of_paths(live: Path, archive: Path, conf: Path) -> None:
    top = live.parents[1]
    conf.write_text(conf.read_text().replace(f"{top}/live", f"{top}/../{top.name}//live"))


def paths_through_a_link(live: Path, archive: Path, conf: Path) -> None:
    top = live.parents[1]
    top.with_name(top.name + ".link").symlink_to(top)
    conf.write_text(conf.read_text().replace(f"{top}/", f"{top}.link/"))


def paths_of_another_lineage(live: Path, archive: Path, conf: Path) -> None:
    shutil.copytree(live, live.with_name("other"), symlinks=True)
    conf.write_text(conf.read_text().replace(f"/live/{NAME}", "/live/other"))


def archive_of_another_lineage(live: Path, archive: Path, conf: Path) -> None:
    shutil.copytree(archive, archive.with_name("other"))
    conf.write_text(conf.read_text().replace(f"/archive/{NAME}", "/archive/other"))


def no_archive_dir(live: Path, archive: Path, conf: Path) -> None:
    conf.write_text("".join(line for line in conf.read_text().splitlines(keepends=True)
                            if "archive_dir" not in line))  # fmt: skip


def update_links(live: Path, archive: Path, version: int = 2) -> None:
    """A second version in the archive, and what certbot keeps while it changes the links."""
    for part in PARTS:
        shutil.copy(archive / f"{part}1.pem", archive / f"{part}{version}.pem")
        (live / f"previous_{part}.pem").symlink_to(f"../../archive/{NAME}/{part}1.pem")


def half_updated(live: Path, archive: Path, conf: Path) -> None:
    update_links(live, archive)
    (live / "cert.pem").unlink()


def leftover_of_an_update(live: Path, archive: Path, conf: Path) -> None:
    (live / "previous_cert.pem").symlink_to(f"../../archive/{NAME}/cert1.pem")


def dangling_leftover_of_an_update(live: Path, archive: Path, conf: Path) -> None:
    (live / "previous_cert.pem").symlink_to(f"../../archive/{NAME}/cert0.pem")


def half_saved(live: Path, archive: Path, conf: Path) -> None:
    shutil.copy(archive / "cert1.pem", archive / "cert2.pem")


def odd_target(live: Path, archive: Path, conf: Path) -> None:
    (archive / "cert1.pem").rename(archive / "certificate.pem")
    (live / "cert.pem").unlink()
    (live / "cert.pem").symlink_to(f"../../archive/{NAME}/certificate.pem")


def unreadable_bytes(before: bytes) -> bytes:
    return before + b"post_hook = caf\xe9\n"


# with these certbot goes on
SANE: dict[str, Change] = {
    "untouched": more(""),
    "quote inside": more("renew_hook = echo it's done"),
    "comma": more("renew_hook = a, b"),
    "hash": more("renew_hook = echo # comment"),
    "triple quotes over lines": more("renew_hook = '''service nginx reload\ntrue'''"),
    "section with a comment": text("[renewalparams]", "[renewalparams]  # what was asked"),
    "section with blanks": text("[renewalparams]", "  [ renewalparams ]"),
    "section in quotes": text("[renewalparams]", '["renewalparams"]'),
    "section below": more("[[webroot_map]]\nwww.example.com = /srv"),
    "section twice removed": more("[acme_renewal_info]\nari_retry_after = 2030-01-01T00:00:00"),
    "empty section": lambda live, archive, conf: void(
        conf.write_text(conf.read_text().split("[renewalparams]")[0] + "[renewalparams]\n")
    ),
    "no authenticator": text("authenticator =", "# authenticator ="),
    "no server": text("server =", "# server ="),
    "no account": text("account =", "# account ="),
    "no version": text("version =", "# version ="),
    "version of the future": text("version = 2.1.0", "version = 99.0.0"),
    "dropped hook refers to nothing": more("pre_hook = date %(nothing)s"),
    "percent": more("renew_hook = date +%s"),
    "link in quotes": lambda live, archive, conf: text(
        f"{live}/cert.pem", f'"{live}/cert.pem"  # the certificate'
    )(live, archive, conf),
    "no archive_dir": no_archive_dir,
    "reuse_key": more("reuse_key = True"),
    "reuse_key of words": more("reuse_key = perhaps"),
    "autorenew off": more("autorenew = False"),
    "byte order mark": raw(lambda before: b"\xef\xbb\xbf" + before),
    "utf-8": more("renew_hook = echo café"),
    "carriage returns": raw(lambda before: before.replace(b"\n", b"\r\n")),
    "linked": linked_conf,
    "paths from the root folder": paths_from_the_root_folder,
    "other spelling of paths": other_spelling_of_paths,
    "paths through a link": paths_through_a_link,
    "leftover of an update": leftover_of_an_update,
    "half saved": half_saved,
}

# with these it makes another lineage, or fails before or after the order
BROKEN: dict[str, Change] = {
    "duplicate key": more("renew_hook = a\nrenew_hook = b"),
    "duplicate key of the links": text("fullchain =", "cert = x\nfullchain ="),
    "duplicate section": more("[renewalparams]\nserver = x"),
    "unclosed quote": more('renew_hook = "service nginx reload'),
    "unclosed triple quotes": more("renew_hook = '''service nginx reload\ntrue"),
    "section of another name": text("[renewalparams]", "[renewalparameters]"),
    "section unclosed": text("[renewalparams]", "[renewalparams"),
    "section of two levels": text("[renewalparams]", "[[renewalparams]]"),
    "section left out a level": more("[[[webroot_map]]]\nwww.example.com = /srv"),
    "no section": text("[renewalparams]", "# none"),
    "section is a value": text("[renewalparams]", "renewalparams = here"),
    "version of words": text("version = 2.1.0", "version = newest"),
    "version is a list": text("version = 2.1.0", "version = 2, 1"),
    "version empty": text("version = 2.1.0", "version ="),
    "value refers to nothing": text("account = 0123456789abcdef", "account = %(nothing)s"),
    "hook refers to nothing": more("renew_hook = date %(nothing)s"),
    "link refers to another value": text("cert =", "cert = %(privkey)s #"),
    "link is a list": text("/privkey.pem", "/privkey.pem, x"),
    "link is empty": lambda live, archive, conf: text(f"{live}/cert.pem", "")(live, archive, conf),
    "link is missing": text("chain =", "# chain ="),
    "archive is a list": text("archive_dir =", "archive_dir = a,"),
    "archive of another lineage": archive_of_another_lineage,
    "key without value": more("renew_hook"),
    "value without key": more("= value"),
    "key with a colon": more("renew_hook: value"),
    "empty": raw(lambda before: b""),
    "blank": raw(lambda before: b"\n \n"),
    "utf-16": raw(lambda before: before.decode().encode("utf-16")),
    "latin-1": raw(unreadable_bytes),
    "latin-1 in a comment": raw(lambda before: b"# caf\xe9\n" + before),
    "zero bytes": raw(lambda before: before + b"\0" * 100),
    "all zero bytes": raw(lambda before: b"\0" * len(before)),
    "cut off": raw(lambda before: before[: len(before) // 2]),
    "cut off in a value": raw(lambda before: before[:-8]),
    "a folder": conf_is_a_folder,
    "relative paths": relative_paths,
    "paths of another lineage": paths_of_another_lineage,
    "dangling leftover of an update": dangling_leftover_of_an_update,
    "odd target": odd_target,
}
CHANGES = {**SANE, **BROKEN}


def make(folder: Path, change: Change) -> Path:
    """Lay out a lineage in the folder, and change it."""
    folder.mkdir(parents=True)
    live = lay_out(folder, (NAME,))
    change(live, folder / "archive" / NAME, folder / "renewal" / f"{NAME}.conf")
    return folder
