"""What went wrong, in words for the operator; and the words without secrets. Pure."""

from __future__ import annotations

import base64
from typing import Callable, Iterable
from urllib.parse import quote, quote_plus

CONFIGURATION = "configuration"  # a person must act
TRANSIENT = "transient"  # worth another try later

# a documented mark in the text: the server keeps one TXT value per name
ONE_VALUE = "one-value-server"

SHORTEST_SECRET = 4  # hiding shorter values would hide ordinary words
LONGEST_TEXT = 400


class Failure(Exception):
    """A challenge cannot be met. ``text`` says why and what to do; ``name`` is whose it is."""

    def __init__(self, category: str, text: str, name: str = "") -> None:
        super().__init__(text)
        self.category = category
        self.text = text
        self.name = name

    def about(self, name: str) -> Failure:
        """Return the same failure, with ``name`` if it has none yet."""
        return self if self.name else Failure(self.category, self.text, name)

    def __str__(self) -> str:
        """The one line that certbot prints; the layer reads it by its beginning."""
        return f"dns challenge [{self.category}] {self.name or '-'}: {one_line(self.text)}"


def configuration(text: str) -> Failure:
    return Failure(CONFIGURATION, text)


def transient(text: str) -> Failure:
    return Failure(TRANSIENT, text)


def one_line(text: str, limit: int = LONGEST_TEXT) -> str:
    """Return printable ``text`` without line breaks, cut to ``limit`` characters."""
    line = " ".join(text.split())
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= limit else line[: limit - 3] + "..."


def few(words: Iterable[str], most: int = 2) -> str:
    """Return the first of the words, and how many more there are: a status cannot hold them all."""
    listed = list(words)
    more = len(listed) - most
    return ", ".join(listed[:most]) + (f" and {more} more" if more > 0 else "")


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that replaces every secret in a text by ***, in its usual disguises."""
    found = set()
    for secret in secrets:
        # "alg:key:secret" of RFC 2136 and the like: the secret may be printed on its own
        for part in {secret, secret.strip(), secret.rpartition(":")[2]}:
            if len(part) >= SHORTEST_SECRET:
                found |= {part, quote(part, safe=""), quote(part), quote_plus(part)}
                found |= {repr(part)[1:-1], repr(part.encode())[2:-1]}
                found.add(base64.b64encode(part.encode()).decode())
    longest_first = sorted(found, key=len, reverse=True)

    def redact(text: str) -> str:
        for secret in longest_first:
            text = text.replace(secret, "***")
        return text

    return redact
