"""Other forms of a certificate with its key: PKCS#12, and all in one PEM file.

Each lineage has a folder for them. A file is replaced as a whole, and nobody can read it who could
not read the key. The key reaches openssl through a pipe, the passphrase through another one.
"""

from __future__ import annotations

import os
from pathlib import Path

from layer_lets_encrypt.delivery.owners import Granted
from layer_lets_encrypt.machine import files, paths
from layer_lets_encrypt.machine.paths import CONFIG_DIR
from layer_lets_encrypt.rules.formats import COMBINED, FILES, PFX
from layer_lets_encrypt.rules.problem import Problem, one_line

OPENSSL_TIMEOUT = 60  # seconds for openssl, on a machine that is very busy
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
MAX_SAID = 100
# What all that read PKCS#12 today understand, and what OpenSSL 1.1 would not take by itself.
_ALGORITHMS = ("-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha256")


class FormError(Exception):
    """A form could not be made; ``problem`` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.text)
        self.problem = problem


def path(folder: Path, name: str, form: str) -> Path:
    """Return where a form of a lineage is, below the unit's ``folder``."""
    return folder / name / FILES[form]


def make(
    name: str,
    formats: tuple[str, ...],
    folder: Path,
    access: Granted,
    passphrase: str = "",
    config_dir: Path = CONFIG_DIR,
) -> None:
    """Make forms of a lineage from what is on disk. Raises FormError, and OSError."""
    if not formats:
        return
    key, chain = _texts(name, config_dir)
    content = {COMBINED: (key + chain).encode("utf-8")}
    if PFX in formats:
        content[PFX] = pkcs12(key, chain, name, passphrase)
    _place_folder(folder, name, access)
    for form in formats:
        owner = (access.owner, access.group)
        files.write_content(path(folder, name, form), content[form], access.mode, owner)


def content_of(name: str, form: str, passphrase: str = "", config_dir: Path = CONFIG_DIR) -> bytes:
    """Return the content of a form of a lineage. Raises FormError, and OSError."""
    key, chain = _texts(name, config_dir)
    if form == PFX:
        return pkcs12(key, chain, name, passphrase)
    return (key + chain).encode("utf-8")


def remove_others(name: str, formats: tuple[str, ...], folder: Path) -> None:
    """Remove the forms of a lineage that are not wanted. Raises OSError."""
    if not (folder / name).is_dir():
        return
    for form in FILES:
        if form not in formats:
            files.remove(path(folder, name, form))
    if not formats and not os.listdir(str(folder / name)):
        (folder / name).rmdir()


def sweep(folder: Path, kept: frozenset[str]) -> None:
    """Remove all forms of lineages that are not among ``kept``. Raises OSError."""
    if not folder.is_dir():
        return
    for name in os.listdir(str(folder)):
        if name not in kept:
            import shutil  # most passes neither remove nor make any

            shutil.rmtree(str(folder / name))
    if not os.listdir(str(folder)):
        folder.rmdir()


def pkcs12(key: str, chain: str, name: str, passphrase: str) -> bytes:
    """Return key and chain as PKCS#12, from openssl. Raises FormError, and OSError."""
    import shutil

    openssl = shutil.which("openssl", path=PATH)
    if openssl is None:
        detail = "openssl is not installed, and makes the PFX file"
        raise FormError(Problem("blocked", detail, remedy="run 'apt install openssl' on the unit"))
    reading, writing = os.pipe()
    try:
        os.write(writing, passphrase.encode("utf-8") + b"\n")
        os.close(writing)
        return _openssl(openssl, key + chain, name, reading)
    finally:
        os.close(reading)


def _openssl(openssl: str, pem: str, name: str, passphrase: int) -> bytes:
    import subprocess

    command = [openssl, "pkcs12", "-export", "-name", name, *_ALGORITHMS]
    try:
        done = subprocess.run(
            [*command, "-passout", f"fd:{passphrase}"],
            input=pem.encode("utf-8"),
            capture_output=True,
            pass_fds=(passphrase,),
            env={"PATH": PATH, "LANG": "C.UTF-8"},
            cwd="/",
            timeout=OPENSSL_TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        raise FormError(Problem("transient", "openssl does not end making the PFX file")) from None
    if done.returncode or not done.stdout:
        said = one_line(done.stderr.decode("utf-8", errors="replace"), MAX_SAID)
        raise FormError(Problem("configuration", f"openssl cannot make the PFX file: {said}"))
    return done.stdout


def _texts(name: str, config_dir: Path) -> tuple[str, str]:
    """Return key and chain, which belong together. Raises FormError, and OSError."""
    live = config_dir / "live" / name
    parts = paths.live_paths(name, config_dir)
    try:
        key = files.read_text(Path(parts["privkey"]), follow=True)
        chain = files.read_text(Path(parts["fullchain"]), follow=True)
    except ValueError:
        raise FormError(Problem("configuration", f"{live} holds no PEM text")) from None
    return _ended(key), _ended(chain)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _place_folder(folder: Path, name: str, access: Granted) -> None:
    """Make a lineage's folder, for those to enter who can read what is in it."""
    files.make_folder(folder)
    inner = folder / name
    files.make_folder(inner, 0o700)
    opened = os.open(str(inner), os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        seen = os.fstat(opened)
        if (seen.st_uid, seen.st_gid) != (0, access.group):
            os.fchown(opened, 0, access.group)
        if seen.st_mode & 0o7777 != access.folder_mode:
            os.fchmod(opened, access.folder_mode)
    finally:
        os.close(opened)
