"""What certbot's log says about a run: the CA's answers, and how it ended. Pure, linear time."""

from __future__ import annotations

import re
from typing import Iterator, NamedTuple

MAX_LOG = 8 << 20  # characters; of a longer one the end is read

# How each entry begins; its further lines are other people's text, and matched with nothing.
_BEGIN = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}:[A-Z]{1,10}:([\w.]{1,100}):")
_BEGIN_LENGTH = 150
MAX_CHAIN = 10  # exceptions of one traceback
_SENDING = "Sending "
_RECEIVED = "Received response:"
_ABNORMAL = "Exiting abnormally:"


class Answer(NamedTuple):
    """What the CA answered: the URL that was asked, the status (0: none came) and the rest."""

    url: str
    status: int = 0
    headers: str = ""
    body: str = ""


class Ending(NamedTuple):
    """The exception that certbot ended with: its class, as Python names it, and its text.

    ``inner`` are the texts of those that led to it, the first one first.
    """

    kind: str = ""
    text: str = ""
    inner: tuple[str, ...] = ()


def answers(log: str) -> list[Answer]:
    """Return the CA's answers in their order, one for each request."""
    found: list[Answer] = []
    for message in _messages(log):
        if message.startswith(_SENDING):
            found.append(Answer(_url(message)))
        elif message.startswith(_RECEIVED):
            asked = found.pop().url if found and not found[-1].status else ""
            found.append(_answer(asked, message))
    return found


def ending(log: str) -> Ending:
    """Return the exception that certbot logged last; empty if there is none."""
    last = Ending()
    for message in _messages(log):
        if message.startswith(_ABNORMAL):
            last = _exception(message)
    return last


def _messages(log: str) -> Iterator[str]:
    """Yield the text of each entry, without what certbot puts before it."""
    lines: list[str] = []
    for line in log[-MAX_LOG:].split("\n"):
        begin = _BEGIN.match(line[:_BEGIN_LENGTH])
        if begin is None:
            lines.append(line)
            continue
        yield "\n".join(lines)
        lines = [line[begin.end() :]]
    yield "\n".join(lines)


def _url(message: str) -> str:
    """Return the address in "Sending POST request to URL:"."""
    return message.split("\n", 1)[0].partition(" request to ")[2].rstrip(":.")


def _answer(url: str, message: str) -> Answer:
    _, _, rest = message.partition("\n")
    first, _, rest = rest.partition("\n")
    headers, _, body = ("\n" + rest).partition("\n\n")
    word, _, number = first.partition(" ")
    status = int(number) if word == "HTTP" and re.fullmatch("[0-9]{3}", number) else 0
    return Answer(url, status, headers.lstrip("\n"), body.strip())


def _exception(message: str) -> Ending:
    """Return the last exception of a traceback: the line after a frame is its first."""
    lines = message.split("\n")
    found: list[tuple[str, str]] = []
    for index, (before, line) in enumerate(_pairs(lines)):
        if before.startswith("  ") and line and not line.startswith(" "):
            kind, _, text = "\n".join([line, *lines[index + 2 : index + 20]]).partition(":")
            found.append((kind.strip(), text.strip()))
    if not found:
        return Ending()
    kind, text = found[-1]
    return Ending(kind, text, tuple(text for _, text in found[-MAX_CHAIN:-1]))


def _pairs(lines: list[str]) -> Iterator[tuple[str, str]]:
    return zip(lines, lines[1:])
