"""certbot's own words on its console: what it refuses, what it repeats of the CA's. Pure.

certbot may change its output at any time: the log is read first, and this if there is none.
"""

from __future__ import annotations

from typing import NamedTuple

from layer_lets_encrypt.ca import ca_documents
from layer_lets_encrypt.ca.acme_errors import NEW_ACCOUNT, NO_EAB, PREFIXES, REQUEST, kind_of
from layer_lets_encrypt.ca.ca_documents import Document
from layer_lets_encrypt.ca.certbot_log import Ending

_UNEXPECTED = "An unexpected error occurred:"
_CHATTER = ("Ask for help", "See the logfile", "Saving debug log", "- - -", "usage:")
_WHERE = "check /etc/letsencrypt/cli.ini and certbot on the unit"
_RENEWAL = "remove reuse_key from its file in /etc/letsencrypt/renewal"
_NETWORK = (
    "ConnectionError", "Connection refused", "Max retries exceeded", "timed out", "Timeout",
    "Temporary failure in name resolution", "Name or service not known", "SSLError",
    "ProxyError", "Remote end closed connection", "No route to host", "Network is unreachable",
)  # fmt: skip


class Refusal(NamedTuple):
    """What certbot itself refuses: a category, why, and what to do."""

    category: str
    cause: str
    remedy: str


# A mark in certbot's output; a cause of "" means that text itself.
_REFUSALS: tuple[tuple[str, Refusal], ...] = (
    ("Another instance of Certbot", Refusal("transient", "another certbot is at work", "")),
    ("requires external account binding", Refusal(
        "configuration", "the CA wants an external account binding (EAB)", NO_EAB)),
    ("is an invalid email address", Refusal(
        "configuration", "the CA does not take the contact", REQUEST["invalidContact"].remedy)),
    ("reuse-key", Refusal("configuration", "reuse_key keeps the key from changing", _RENEWAL)),
    ("reuse_key", Refusal("configuration", "reuse_key keeps the key from changing", _RENEWAL)),
    ("does not appear to be installed", Refusal(
        "configuration", "", "install it, or correct /etc/letsencrypt/cli.ini")),
    ("choose an account", Refusal(
        "configuration", "there are several accounts of this CA",
        "leave one in /etc/letsencrypt/accounts")),
    ("Account at", Refusal("configuration", "", NEW_ACCOUNT)),
    ("wildcard", Refusal(
        "configuration", "the CA does not certify wildcards",
        "list the host names, or set acme-server to another CA")),
    ("unrecognized arguments", Refusal("configuration", "", _WHERE)),
    ("bind TCP port", Refusal(
        "local", "port 80 is in use", "stop the program that has it")),
    ("binding to port", Refusal("local", "port 80 is in use", "stop the program that has it")),
)  # fmt: skip
_OWN_ERRORS = ("certbot.errors.", "certbot._internal.")
_NOT_REFUSED = ("certbot.errors.AuthorizationError", "certbot.errors.SubprocessError")


def ending(console: str) -> Ending:
    """Return how certbot ended, as far as its console tells: a class only for surprises."""
    _, surprised, said = console.rpartition(_UNEXPECTED)
    if not surprised:
        return Ending("", last_line(console))
    line = said.strip().split("\n", 1)[0]
    kind, colon, text = line.partition(":")
    is_class = colon and kind.replace(".", "").replace("_", "").isalnum()
    return Ending(kind, text.strip()) if is_class else Ending("", line)


def last_line(console: str) -> str:
    """Return the last thing that certbot said to a person."""
    lines = [line.strip() for line in console.split("\n") if line.strip()]
    said = [line for line in lines if not line.startswith(_CHATTER)]
    return said[-1] if said else "certbot failed and said nothing"


def refusal(end: Ending, console: str) -> Refusal | None:
    """Return what certbot itself refuses, None if something else ended it."""
    said = last_line(console)
    is_usage = ": error: " in said[:100]
    is_own = end.kind.startswith(_OWN_ERRORS) and end.kind not in _NOT_REFUSED
    if not (is_own or is_usage or not end.kind):
        return None
    text = said if is_usage else end.text or said
    for words in (text, *end.inner):  # what led to it may say more
        for mark, known in _REFUSALS:
            if mark in words:
                return known._replace(cause=known.cause or _first_sentence(words))
    if is_own or is_usage:
        return Refusal("configuration", _first_sentence(text), _WHERE)
    return None


def _first_sentence(text: str) -> str:
    line = text.strip().split("\n", 1)[0].rpartition(": error: ")[2]
    return line.partition(". ")[0].rstrip(".")


def network(end: Ending, console: str) -> str:
    """Return the words about a connection that failed, "" if none did."""
    text = f"{end.kind}: {end.text}" if end.kind else last_line(console)
    return text if any(mark in text for mark in _NETWORK) else ""


def documents(console: str) -> list[Document]:
    """Return the CA's problems that the console repeats: as JSON, or in certbot's form."""
    found = ca_documents.within(console)
    for prefix in PREFIXES:
        _, urn, rest = console.partition(prefix)
        if urn and not found:
            parts = (urn + rest.split("\n", 1)[0]).split(" :: ")
            found.append(Document(kind_of(parts[0].strip()), " :: ".join(parts[2:] or parts[1:])))
    return found


def challenges(console: str) -> list[Document]:
    """Return the failed challenges that certbot lists: three lines for each."""
    found, name, kind = [], "", ""
    for line in console.split("\n"):
        label, colon, value = line.strip().partition(":")
        value = value.strip()
        if not colon:
            continue
        if label in ("Domain", "Identifier"):
            name, kind = value, ""
        elif label == "Type" and name:
            kind = value
        elif label == "Detail" and kind:
            found.append(Document(kind_of(kind) or kind, value, name, challenge=True))
            name, kind = "", ""
    return found


_BEFORE_URL = ("Get", "Fetching", "from", "url", "URL")


def without_url(said: str) -> str:
    """Return the CA's words without the address of the challenge, which is long and known."""
    kept: list[str] = []
    for word in said.split():
        if "/.well-known/acme-challenge/" not in word:
            kept.append(word)
            continue
        if kept and kept[-1] in _BEFORE_URL:
            kept.pop()
        if word.endswith(":") and kept and not kept[-1].endswith(":"):
            kept[-1] += ":"
    return " ".join(kept)


def link(text: str) -> str:
    """Return the first https address in a text, "" for none."""
    return next((word for word in text.split() if word.startswith("https://")), "").rstrip(".,;)")
