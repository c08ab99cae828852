"""Which problem certbot's words tell of: pure."""

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Iterable, List, NamedTuple, Optional

from layer_lets_encrypt.backoff import MAX_WAIT
from layer_lets_encrypt.problem import MAX_DETAIL, Problem, one_line

MAX_PAUSED = 4000  # the link in it must stay whole; it grows with the names

_PAUSED = re.compile(r"Your account is temporarily prevented.*?https://[^\s\"\\]+", re.S)
_RETRY_AFTER_TEXT = re.compile(r"retry after (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?: UTC)?")
_RETRY_AFTER_HEADER = re.compile(r"^Retry-After: *(.+?) *$", re.M | re.I)
_EXCHANGE = re.compile(
    r"Sending [A-Z]+ request to (?P<url>\S+?)[:.]?$"
    r"|Received response:\s+HTTP (?P<status>\d{3})\n(?P<headers>.*?)(?:\n\n|\Z)",
    re.M | re.S,
)
_ACME_ERROR = re.compile(r"urn:ietf:params:acme:error:(\w+)")
_ACME_DETAIL = re.compile(r'"detail": "((?:[^"\\]|\\.)*)"')
_CHALLENGE = re.compile(
    r"(?:Domain|Identifier): *(?P<name>\S+)\s+Type: *(?P<type>\w+)\s+Detail: *(?P<detail>.+)"
)

_TOKEN = re.compile(r"(/\.well-known/acme-challenge/)[\w-]+")

_REMEDIES = {
    "connection": "check the name's DNS records, 'juju expose' and firewalls",
    "unauthorized": "another machine answers for the name; check its DNS records",
    "caa": "allow the CA in the name's CAA records",
}

_NETWORK = (
    "ConnectionError", "Connection refused", "Max retries exceeded", "timed out", "Timeout",
    "Temporary failure in name resolution", "Name or service not known", "SSLError",
    "Remote end closed connection", "badNonce", "serverInternal", "Service Unavailable",
    "Internal Server Error", "Bad Gateway", "Gateway Time",
)  # fmt: skip
_FORGOTTEN = "accountDoesNotExist"
_NEW_ACCOUNT = "remove its folder below /etc/letsencrypt/accounts on the unit; a new one is made"
_STUMBLED = ("An unexpected error occurred", "failed to parse fullchain")
_IMPATIENT = "acme.errors.TimeoutError"
_BUSY = "Another instance of Certbot is already running"
_LOCAL = ("No space left on device", "Read-only file system", "Disk quota exceeded",
          "Permission denied", "Too many open files", "Cannot allocate memory")  # fmt: skip
_REFUSED = ("rejectedIdentifier", "unsupportedIdentifier", "caa")
_CONFIGURATION = ("externalAccountRequired", "invalidContact", "unsupportedContact",
                  "invalidEmail", "badSignatureAlgorithm", "userActionRequired",
                  "accountDoesNotExist", "unauthorized", "malformed")  # fmt: skip


def classify(console: str, log: str, now: float) -> Problem:
    """Return the problem that certbot told of on its console and in its log.

    certbot's words are no contract, so what is not recognised counts as transient: it is
    tried again, ever more seldom.
    """
    paused = _PAUSED.search(console) or _PAUSED.search(log)
    if paused:
        return Problem("paused", one_line(paused.group(0), MAX_PAUSED))
    return (
        _of_rate_limit(log, now)
        or _of_challenge(console)
        or _of_marks("local", _LOCAL, console)
        or _of_marks("transient", (_BUSY,), console)
        or _of_acme_error("refused", _REFUSED, log, now)
        or _of_acme_error("configuration", _CONFIGURATION, log, now)
        or _of_answer(console, log, now)
        or _of_network(console, log, now)
        or Problem("transient", one_line(_last_line(console)), _retry_at(log, now))
    )


class _Answer(NamedTuple):
    """What the CA answered: the URL that was asked, the status (0: no answer) and the headers."""

    url: str
    status: int = 0
    headers: str = ""


def _answers(log: str) -> List[_Answer]:
    answers: List[_Answer] = []
    for found in _EXCHANGE.finditer(log):
        url, status, headers = found.group("url", "status", "headers")
        if status is None:
            answers.append(_Answer(url))
        else:
            asked = answers.pop().url if answers else ""
            answers.append(_Answer(asked, int(status), headers))
    return answers


def _of_rate_limit(log: str, now: float) -> Optional[Problem]:
    if "rateLimited" in _ACME_ERROR.findall(log):
        return Problem("rate-limited", _acme_detail(log, "rateLimited"), _retry_at(log, now))
    for answer in _answers(log):
        if answer.status == 429:  # from something before the CA, which speaks no ACME
            return Problem("rate-limited", _refusal(answer), _retry_at(log, now))
    return None


def _refusal(answer: _Answer, log: str = "") -> str:
    errors = _ACME_ERROR.findall(log)
    said = f": {errors[-1]}: {_acme_detail(log, errors[-1])}" if errors else ""
    return one_line(f"the CA answered HTTP {answer.status} at {answer.url}{said}")


def _of_answer(console: str, log: str, now: float) -> Optional[Problem]:
    """Return the problem where the last thing certbot did was to stumble over an answer."""
    last = (_answers(log) or [_Answer("")])[-1]
    stumbled = any(words in console for words in _STUMBLED)
    if not last.status or not stumbled or _IMPATIENT in console:
        return None
    if last.status >= 400:
        return Problem("transient", _refusal(last, log), _retry_at(log, now))
    detail = f"certbot cannot use the CA's answer at {last.url}: {_last_line(console)}"
    return Problem("transient", one_line(detail), _retry_at(log, now))


def _of_marks(category: str, marks: Iterable[str], console: str) -> Optional[Problem]:
    for mark in marks:
        if mark in console:
            return Problem(category, one_line(_line_with(console, mark)))
    return None


def _of_acme_error(category: str, types: Iterable[str], log: str, now: float) -> Optional[Problem]:
    errors = set(_ACME_ERROR.findall(log))
    for error in types:
        if error in errors:
            detail = _acme_detail(log, error)
            if error == _FORGOTTEN:
                detail = one_line(detail, MAX_DETAIL - len(_NEW_ACCOUNT) - 2) + "; " + _NEW_ACCOUNT
            return Problem(category, detail, _retry_at(log, now))
    return None


def _of_network(console: str, log: str, now: float) -> Optional[Problem]:
    seen = _of_marks("transient", _NETWORK, console)
    if seen is None:
        return None
    if _IMPATIENT in console:
        return Problem("transient", "the CA did not finish the order in time", _retry_at(log, now))
    detail = one_line("the CA cannot be reached: " + seen.detail)
    return Problem("transient", detail, _retry_at(log, now))


def _of_challenge(console: str) -> Optional[Problem]:
    match = _CHALLENGE.search(console)
    if match is None:
        return None
    name, kind, said = match.group("name", "type", "detail")
    said = _TOKEN.sub(r"\1...", said)
    remedy = _REMEDIES.get(kind, "check the name's DNS records")
    detail = one_line(f"{name}: {kind}: {said}", MAX_DETAIL - len(remedy) - 2) + "; " + remedy
    return Problem("refused" if kind in _REFUSED else "validation", detail)


def _acme_detail(output: str, error: str) -> str:
    """Return the problem document's own words, or certbot's line about it."""
    at = output.find("acme:error:" + error)
    near = output[max(0, at - 1000) : at + 1000]
    found = _ACME_DETAIL.findall(near)
    if found:
        return one_line(found[-1].replace('\\"', '"'))
    return one_line(_line_with(output, "acme:error:" + error))


def _line_with(output: str, mark: str) -> str:
    lines = [line.strip() for line in output.splitlines() if mark in line]
    return lines[-1] if lines else mark


def _last_line(output: str) -> str:
    ignored = ("Ask for help", "See the logfile", "Saving debug log", "- - -")
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if not line.startswith(ignored)]
    return said[-1] if said else "certbot failed and said nothing"


def _retry_at(output: str, now: float) -> Optional[float]:
    moments = []
    text = _RETRY_AFTER_TEXT.search(output)
    if text:
        moments.append(_text_moment(text.group(1)))
    refusals = [answer for answer in _answers(output) if answer.status >= 400]
    for answer in refusals:  # in others it says how soon to look at an order again
        for value in _RETRY_AFTER_HEADER.findall(answer.headers):
            moments.append(header_moment(value, now))
    sensible = [moment for moment in moments if moment and moment < now + MAX_WAIT]
    return max(sensible) if sensible else None


def _text_moment(value: str) -> Optional[float]:
    try:
        moment = datetime.strptime(value, "%Y-%m-%d %H:%M:%S")
        return moment.replace(tzinfo=timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


def header_moment(value: str, now: float) -> Optional[float]:
    """Return the moment that a Retry-After header names, None where it names none."""
    try:
        moment = now + int(value) if value.isdecimal() else _date_moment(value)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if moment < now + MAX_WAIT else None


def _date_moment(value: str) -> float:
    return parsedate_to_datetime(value).timestamp()
