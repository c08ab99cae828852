"""What others say of a failure, in a few plain words: providers' answers, Python's errors. Pure."""

from __future__ import annotations

import errno
import json
import re
import socket
import ssl
from html.parser import HTMLParser
from typing import Any, Iterator

from layer_lets_encrypt_dns.failure import one_line

LONGEST = 100  # of what a provider said: the cause and the remedy must fit, too
READ = 65536

# where providers put their words, most telling first
_KEYS = ("error_description", "message", "detail", "error_message", "errormessage", "description",
         "msg", "reason", "error", "errors", "error_chain", "Message")  # fmt: skip
_TELLING = re.compile(r"\b(fatal|error):|nothing to commit|rejected")
_NUMBERS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was broken off",
    errno.ENETUNREACH: "no route to its network",
    errno.EHOSTUNREACH: "no route to it",
    errno.ETIMEDOUT: "no answer in time",
    errno.EPIPE: "the connection was broken off",
}


def of_answer(body: str) -> str:
    """Return the provider's own words in the body of an answer: JSON, XML, HTML or text."""
    text = body.strip()
    try:
        found = list(_in_json(json.loads(text)))
    except (ValueError, RecursionError):
        found = [_without_tags(text)] if text.startswith("<") else [_of_git(text)]
    return one_line(without_urls("; ".join(dict.fromkeys(found))), LONGEST)


def _of_git(text: str) -> str:
    """Return what matters of a command of git's that failed; other texts as they are."""
    if "Cmd('git') failed" not in text:
        return text
    telling = [line for line in text.splitlines() if _TELLING.search(line)]
    return "git: " + (telling or text.splitlines())[-1].strip(" '")


def _in_json(value: Any, key: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if key in _KEYS or not key:
            yield value
    elif isinstance(value, list):
        for inner in value[:5]:
            yield from _in_json(inner, key)
    elif isinstance(value, dict):
        inside = [name for name in _KEYS if name in value] or list(value)
        for name in inside:
            nested = isinstance(value[name], (dict, list))
            yield from _in_json(value[name], name if name in _KEYS else "" if nested else key)


class _Text(HTMLParser):
    """What a page says: its title, or all text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.title: list[str] = []
        self.all: list[str] = []
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag if tag in ("title", "script", "style") else self._inside

    def handle_endtag(self, tag: str) -> None:
        self._inside = "" if tag == self._inside else self._inside

    def handle_data(self, data: str) -> None:
        if self._inside == "title":
            self.title.append(data)
        elif not self._inside:
            self.all.append(data)

    def error(self, message: str) -> None:
        """Python 3.8 wants it."""


def _without_tags(text: str) -> str:
    parser = _Text()
    message = re.search("<Message>([^<]*)</Message>", text)
    if message:
        return message.group(1)
    parser.feed(text[:READ])
    return " ".join(" ".join(parser.title or parser.all).split())


def without_urls(text: str) -> str:
    """Return the text without addresses, which are long and say little."""
    return re.sub(r"\s*\(?https?://[^\s)\"'<>]+\)?", "", text)


def reason(error: BaseException) -> str:
    """Return why something could not be reached, in plain words."""
    for inner in _inside(error):
        found = _known(inner)
        if found:
            return found
    return one_line(without_urls(f"{type(error).__name__}: {error}".rstrip(": ")), LONGEST)


def _known(error: BaseException) -> str:
    name = type(error).__name__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS there, or no version that is allowed"
    if isinstance(error, socket.gaierror):
        return "its name is not in the DNS" if is_unknown_host(error) else "its name was not found"
    if isinstance(error, OSError) and error.errno in _NUMBERS:
        return _NUMBERS[error.errno]
    if isinstance(error, TimeoutError) or "Timeout" in name:
        return "no answer in time"
    if name in ("RemoteDisconnected", "IncompleteRead", "BadStatusLine", "ProtocolError",
                "EOFError"):  # fmt: skip
        return "the connection was broken off"
    return "the proxy refuses" if name == "ProxyError" and not error.args else ""


def is_unknown_host(error: BaseException) -> bool:
    """Whether the DNS says for certain that there is no such host."""
    nobody = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
    return any(isinstance(e, socket.gaierror) and e.errno in nobody for e in _inside(error))


def _inside(error: BaseException) -> Iterator[BaseException]:
    """The errors that an error was made of, the innermost first."""
    chain: list[BaseException] = []
    todo: list[Any] = [error]
    while todo and len(chain) < 20:
        one = todo.pop(0)
        if isinstance(one, BaseException) and one not in chain:
            chain.append(one)
            todo += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]
    return reversed(chain)
