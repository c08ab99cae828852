"""Asks port 80 as the CA would, from here. A right answer proves much; a wrong one may not."""

import http.client
import secrets
import socket
from pathlib import Path
from typing import NamedTuple, Optional, Tuple
from urllib.parse import urljoin, urlsplit

from layer_lets_encrypt import dns_lookup, files, served

TIMEOUT = 3  # seconds for one answer
REDIRECTS = 10  # as many as Let's Encrypt follows
LONGEST = 1024
PATH = "/.well-known/acme-challenge/"


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
    folder.mkdir(parents=True, exist_ok=True, mode=0o755)
    files.write_atomic(folder / token, token, 0o644)
    return Expected(PATH + token, token)


def clear_webroot(webroot: str, expected: Expected) -> None:
    """Remove the file that of_webroot() left."""
    files.remove(Path(webroot + expected.path))


def objection(name: str, address: str, expected: Expected) -> str:
    """Return what is wrong with the answer at ``address`` for ``name``, "" for a right one."""
    try:
        status, body = _follow(name, address, expected.path)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"no answer at {address} port 80 ({_reason(error)})"
    if not expected.text or (status == 200 and body.strip() == expected.text):
        return ""
    return f"another answer at {address} port 80 (status {status})"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _follow(name: str, address: str, path: str) -> Tuple[int, str]:
    """Return the status and body that come in the end. Raises OSError and ValueError."""
    url = f"http://{name}{path}"
    for _ in range(REDIRECTS + 1):
        parts = urlsplit(url)
        host = parts.hostname or ""
        where: Optional[str] = address if host == name else dns_lookup.first_address(host)
        if where is None or parts.scheme not in ("http", "https"):
            raise ValueError(f"redirected to {url}")
        status, location, body = _get(where, host, parts.scheme, parts.path or "/", parts.query)
        if status not in (301, 302, 303, 307, 308) or not location:
            return status, body
        url = urljoin(url, location)
    raise ValueError("redirected too often")


def _get(address: str, host: str, scheme: str, path: str, query: str) -> Tuple[int, str, str]:
    """Ask port 80 or 443, as the CA only does; its certificate may be any."""
    with socket.create_connection((address, 443 if scheme == "https" else 80), TIMEOUT) as plain:
        connection = http.client.HTTPConnection(host)
        connection.sock = served.unverified(plain, host) if scheme == "https" else plain
        connection.request("GET", path + ("?" + query if query else ""))
        answer = connection.getresponse()
        body = answer.read(LONGEST).decode("utf-8", errors="replace")
        return answer.status, answer.getheader("Location") or "", body
