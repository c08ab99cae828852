"""Asks port 80 as the CA would, from here. A right answer proves much; a wrong one may not."""

from __future__ import annotations

import http.client
import ipaddress
import secrets
import socket
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from layer_lets_encrypt.dns.lookup import Lookups
from layer_lets_encrypt.machine import files, plain_words
from layer_lets_encrypt.machine.deadline import Budget, within
from layer_lets_encrypt.rules import printable
from layer_lets_encrypt.web import served

EXCHANGE = 3  # seconds for one answer, redirects and all
REDIRECTS = 10  # as many as Let's Encrypt follows
LONGEST_URL = 2000  # and as long
LONGEST = 1024
PATH = "/.well-known/acme-challenge/"
PORT = 80
MAX_SHOWN, MAX_CAUSE = 60, 110  # characters of what others say
_IN_URLS = "%/:=&?~#+!$,;'@()*[]"


class Expected(NamedTuple):
    """What is asked for, and the text that must come; with "" any answer will do."""

    path: str
    text: str


def of_thumbprint(thumbprint: str) -> Expected:
    """Return what a server must say that answers from the account's thumbprint."""
    token = secrets.token_urlsafe(32)
    return Expected(PATH + token, f"{token}.{thumbprint}")


def of_webroot(webroot: str) -> Expected:
    """Leave a file as certbot would, and return what must be answered. Raises OSError."""
    token = secrets.token_urlsafe(32)
    folder = Path(webroot + PATH)
    for part in (folder.parent, folder):
        files.open_folder(part)
    files.write_atomic(folder / token, token, 0o644)
    return Expected(PATH + token, token)


def clear_webroot(webroot: str, expected: Expected) -> None:
    """Remove the file that of_webroot() left."""
    files.remove(Path(webroot + expected.path))


def is_public(address: str) -> bool:
    """Whether the internet can reach an address."""
    parsed = ipaddress.ip_address(address)
    return parsed.is_global and not parsed.is_multicast


class SelfCheck:
    """Asks within ``budget``, and goes only where the CA would go.

    ``public`` says that the CA is on the internet: it follows nobody to an internal address, and
    so does this.
    """

    def __init__(self, lookups: Lookups, budget: Budget, public: bool) -> None:
        self._lookups = lookups
        self._budget = budget
        self._public = public

    def objection(self, name: str, address: str, expected: Expected) -> str:
        """Return what is wrong with the answer at ``address`` for ``name``, "" for a right one."""
        if address != served.HERE and self._public and not is_public(address):
            return f"{address} is not a public address, so the CA cannot reach it"
        seconds = self._budget.left(EXCHANGE)
        try:
            status, body = within(seconds, lambda: self._follow(name, address, expected.path))
        except (OSError, ValueError, http.client.HTTPException) as error:
            cause = printable.one_line(plain_words.plain(error).cause, MAX_CAUSE)
            return f"no answer at {address} port 80 ({cause})"
        if not expected.text or (status == 200 and body.strip() == expected.text):
            return ""
        return f"another answer at {address} port 80 (status {status})"

    def _follow(self, name: str, address: str, path: str) -> tuple[int, str]:
        """Return the status and body that come in the end. Raises OSError and ValueError."""
        url = f"http://{name}{path}"
        for _ in range(REDIRECTS + 1):
            parts = urlsplit(url)
            host = parts.hostname or ""
            where = address if host == name else self._address_of(parts)
            status, location, body = _get(where, host, parts)
            if status not in (301, 302, 303, 307, 308) or not location:
                return status, body
            url = urljoin(url, _escaped(location))
        raise ValueError("redirected too often")

    def _address_of(self, parts: SplitResult) -> str:
        """Return where a redirect leads. Raises ValueError if the CA would not follow it."""
        host, target = parts.hostname or "", parts.geturl()
        shown = printable.one_line(host, MAX_SHOWN)
        if parts.scheme not in ("http", "https") or len(target) > LONGEST_URL:
            raise ValueError(f"redirected to {printable.one_line(target, MAX_SHOWN)}")
        if parts.port not in (None, 80, 443):
            raise ValueError(f"redirected to port {parts.port}, where the CA does not follow")
        where = self._lookups.first_address(host) if not _is_address(host) else host
        if where is None:
            raise ValueError(f"redirected to {shown}, which has no address")
        if self._public and (where == host or not is_public(where)):
            raise ValueError(f"redirected to {shown}, where the CA does not follow")
        return where


def _escaped(location: str) -> str:
    """Return where an answer leads, with what is not ASCII written as %XX, as the CA does.

    http.client has read the header's bytes as Latin-1.
    """
    return quote(location.encode("latin-1", errors="replace"), safe=_IN_URLS)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _get(address: str, host: str, parts: SplitResult) -> tuple[int, str, str]:
    """Return status, redirect and body of one request; its certificate may be any."""
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else PORT)
    with socket.create_connection((address, port), EXCHANGE) as plain:
        connection = http.client.HTTPConnection(host)
        connection.sock = served.unverified(plain, host) if secure else plain
        query = "?" + parts.query if parts.query else ""
        connection.request("GET", (parts.path or "/") + query)
        answer = connection.getresponse()
        body = answer.read(LONGEST).decode("utf-8", errors="replace")
        return answer.status, answer.getheader("Location") or "", body
