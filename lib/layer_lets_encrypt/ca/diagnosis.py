"""Which problem certbot's output describes: pure, linear in the length of the texts."""

from __future__ import annotations

from typing import Callable, NamedTuple, Sequence

from layer_lets_encrypt.ca import acme_errors, ca_documents, certbot_log, certbot_words
from layer_lets_encrypt.ca.ca_documents import Document
from layer_lets_encrypt.ca.certbot_log import Answer, Ending
from layer_lets_encrypt.ca.retry_after import of_answers, of_text
from layer_lets_encrypt.machine import plain_words
from layer_lets_encrypt.rules.problem import Problem, bounded, one_line

MAX_PAUSED = 4000  # the link in it must stay whole; it grows with the names
MAX_URL = 36  # of an answer, which leaves room for what certbot says of it
MAX_CONSOLE = 200_000

_PAUSED = "temporarily prevented"
_STUMBLED = ("An unexpected error occurred", "failed to parse fullchain")
_IMPATIENT = "acme.errors.TimeoutError"
_UNFINISHED = "All authorizations were not finalized"


class _Run(NamedTuple):
    """What one run of certbot left: its output, and what its log says."""

    console: str
    answers: list[Answer]
    ending: Ending
    refusals: list[tuple[Document, Answer]]  # with an HTTP error, or an order that failed
    now: float


def classify(console: str, log: str, now: float) -> Problem:
    """Return the problem that certbot told of on its console and in its log.

    certbot may change its output at any time, so what is not recognised counts as transient:
    it is tried again, with growing intervals.
    """
    run = _run(console, log, now)
    for look in _LOOKS:
        found = look(run)
        if found is not None:
            return found
    return Problem("transient", bounded(certbot_words.last_line(run.console)), _retry_at(run))


_REACHABLE = "let the CA reach port 80 by this name"


def challenge_problem(log: str, now: float) -> Problem | None:
    """Return what the CA has against a challenge, of a run that was ended; None for nothing."""
    return _of_challenge(_run("", log, now))


def pending_problem(log: str, now: float) -> Problem | None:
    """Return the problem of a run that was ended while the CA was looking at names.

    It is the CA's own error with a challenge, or names what was still pending; None if nothing was.
    """
    seen = challenge_problem(log, now)
    if seen is not None:
        return seen
    states = dict(ca_documents.authorizations(answer.body for answer in certbot_log.answers(log)))
    pending = [name for name, state in states.items() if state == "pending"]
    if not pending:
        return None
    more = f" and {len(pending) - 1} more" if len(pending) > 1 else ""
    detail = f"the CA did not finish checking it{more} while port 80 was certbot's"
    return Problem("validation", detail, name=pending[0], remedy=_REACHABLE)


def _run(console: str, log: str, now: float) -> _Run:
    answers = certbot_log.answers(log)
    console = console[-MAX_CONSOLE:]
    ending = certbot_log.ending(log)
    ending = ending if ending.kind else certbot_words.ending(console)
    return _Run(console, answers, ending, _refusals(answers, console), now)


def _refusals(answers: Sequence[Answer], console: str) -> list[tuple[Document, Answer]]:
    found = []
    for answer in answers:
        if answer.status >= 400:
            document = ca_documents.of_refusal(answer.body)
            found += [(document, answer)] if document else []
        elif '"error"' in answer.body:
            found += [(d, answer) for d in ca_documents.within(answer.body) if not d.challenge]
    if not answers:  # the log could not be written
        found += [(document, Answer("")) for document in certbot_words.documents(console)]
    return found


def _of_rate_limit(run: _Run) -> Problem | None:
    for document, _ in run.refusals:
        if document.kind not in ("rateLimited", "paused"):
            continue
        said = document.detail
        if _PAUSED in said and "https://" in said and len(said) < MAX_PAUSED:
            return Problem("paused", said)
        detail = bounded(said or "the CA has a rate limit")
        return Problem("rate-limited", detail, _retry_at(run), document.name)
    for answer in run.answers:
        if answer.status == 429:  # from something before the CA, which speaks no ACME
            return Problem("rate-limited", _http_error(answer), _retry_at(run))
    return None


def _of_challenge(run: _Run) -> Problem | None:
    """Return what the CA saw when it last looked at each authorization."""
    last: dict[str, list[Document]] = {}
    for answer in run.answers:
        if answer.status and answer.status < 400 and '"challenges"' in answer.body:
            last[answer.url] = [d for d in ca_documents.within(answer.body) if d.challenge]
    failed = [document for found in last.values() for document in found]
    failed = failed or certbot_words.challenges(run.console)
    if not failed:
        return None
    first = min(failed, key=lambda d: acme_errors.of_challenge(d.kind).category == "transient")
    category, remedy = acme_errors.of_challenge(first.kind)
    others = len({document.name for document in failed} - {first.name})
    more = f" (and {others} other names)" if others else ""
    detail = bounded(certbot_words.without_url(first.detail), remedy, f"{first.kind}{more}: ")
    retry_at = None if category in ("validation", "refused") else _retry_at(run)
    return Problem(category, detail, retry_at, first.name, remedy)


def _of_machine(run: _Run) -> Problem | None:
    if run.ending.kind.startswith(("acme.", "requests.")):
        return None
    found = plain_words.local(run.ending.text)
    return Problem("local", one_line(found.cause), remedy=found.remedy) if found else None


def _of_refusal(run: _Run) -> Problem | None:
    """Return what the CA's last problem document says, if that is what ended the run."""
    typed = [(document, answer) for document, answer in run.refusals if document.kind]
    if not typed or not _is_decisive(run, typed[-1][1]):
        return None
    document, answer = typed[-1]
    category, remedy = acme_errors.of_request(document.kind, document.detail)
    if category == "transient":
        return Problem("transient", _http_error(answer, document), _retry_at(run))
    if document.kind == "userActionRequired":
        link = document.link or certbot_words.link(document.detail)
        remedy = f"visit {link}" if link else remedy
    limit = "" if len(remedy) > 100 else remedy  # a link may be long, and stays whole
    detail = bounded(document.detail or document.kind, limit)
    return Problem(category, detail, _retry_at(run), document.name, remedy)


def _is_decisive(run: _Run, answer: Answer) -> bool:
    """Whether the CA's refusal, not something that came after it, ended the run."""
    last = run.answers[-1] if run.answers else answer
    return answer == last or run.ending.kind.startswith("acme.messages.")


def _http_error(answer: Answer, document: Document | None = None) -> str:
    document = document or ca_documents.of_refusal(answer.body) or Document("", "")
    said = ": ".join(part for part in (document.kind, document.detail) if part)
    before = f"the CA answered HTTP {answer.status} at {_place(answer)}"
    return bounded(said, before=before + ": ") if said else before


def _place(answer: Answer) -> str:
    """Return the URL of an answer; of a long one the path, which tells what was asked for."""
    url = answer.url
    if len(url) > MAX_URL and url.startswith("https://"):
        url = "/" + url[len("https://") :].partition("/")[2]
    return one_line(url, MAX_URL)


def _of_answer(run: _Run) -> Problem | None:
    """Return the problem if the last thing certbot did was to stumble over an answer."""
    last = run.answers[-1] if run.answers else Answer("")
    stumbled = any(words in run.console for words in _STUMBLED)
    if not last.status or not stumbled or _IMPATIENT in run.console:
        return None
    if last.status >= 400:
        return Problem("transient", _http_error(last), _retry_at(run))
    before = f"certbot cannot use the CA's answer at {_place(last)}: "
    detail = bounded(certbot_words.last_line(run.console), before=before)
    return Problem("transient", detail, _retry_at(run))


def _of_patience(run: _Run) -> Problem | None:
    if _UNFINISHED in run.console:
        return Problem("transient", "the CA did not look at the challenges in time")
    if _IMPATIENT in run.console:
        return Problem("transient", "the CA did not finish the order in time", _retry_at(run))
    return None


def _of_certbot(run: _Run) -> Problem | None:
    found = certbot_words.refusal(run.ending, run.console)
    if found is None:
        return None
    detail = bounded(found.cause, found.remedy)
    return Problem(found.category, detail, remedy=found.remedy)


def _of_network(run: _Run) -> Problem | None:
    text = certbot_words.network(run.ending, run.console)
    if not text:
        return None
    seen = plain_words.plain(text, run.now)
    category = "configuration" if seen.certain else "transient"
    detail = bounded(seen.cause, seen.remedy, "the CA cannot be reached: ")
    return Problem(category, detail, _retry_at(run), remedy=seen.remedy)


# In this order: the first that finds something decides.
_LOOKS: tuple[Callable[[_Run], Problem | None], ...] = (
    _of_rate_limit,
    _of_challenge,
    _of_machine,
    _of_refusal,
    _of_answer,
    _of_patience,
    _of_certbot,
    _of_network,
)


def _retry_at(run: _Run) -> float | None:
    """Return the latest moment that the CA named, None for none."""
    moments = [of_text(document.detail, run.now) for document, _ in run.refusals]
    moments.append(of_answers(run.answers, run.now))
    named = [moment for moment in moments if moment is not None]
    return max(named) if named else None
