"""The shared ledger: what the units of an application know of its certificates. Pure.

It is one JSON text in the application's data of the peer relation, which the leader writes and
every unit reads. It names secrets, and never holds what is in them.

A text of a higher FORMAT is read as far as it is known, and never written over. A broken record
costs that record. A text that cannot be read at all is written again from what is on the leader's
disk.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Callable, Mapping, NamedTuple, TypeVar

from layer_lets_encrypt.rules import stored

FORMAT = 1
MAX_TEXT = 4 * 1024 * 1024  # characters; a thousand certificates take a tenth of it
MAX_DETAIL = 200
CARRIERS = ("secret:", "plain:")  # what the name of a carrier of private keys begins with

Kind = TypeVar("Kind")


class Generation(NamedTuple):
    """Which of two certificates is the newer one: by the CA's clock, not by any unit's.

    Two of the same second are ordered by serial, so that all units order them alike.
    """

    not_before: float
    serial: str


@dataclass(frozen=True)
class Entry:
    """The published certificate of one lineage.

    ``uri`` names the secret with its key, ``names`` is a digest of the names it is for, ``server``
    the directory it was ordered from, "" if that is not known.
    """

    uri: str = ""
    serial: str = ""
    not_before: float = 0
    not_after: float = 0
    names: str = ""
    server: str = ""
    key_type: str = ""

    @property
    def generation(self) -> Generation:
        return Generation(self.not_before, self.serial)


@dataclass(frozen=True)
class Account:
    """The account with one CA: the secret that holds it, and its key's public thumbprint."""

    uri: str = ""
    thumbprint: str = ""


@dataclass(frozen=True)
class Spent:
    """What came of the attempts for one lineage, so that a new leader spends nothing twice.

    The fields are those of a Record; ``category``, ``detail`` and ``retry_at`` are its problem's.
    """

    asked: str = ""
    failures: int = 0
    refusals: int = 0
    failed_at: float = 0
    not_before: float = 0
    suspect: bool = False
    advised_at: float = 0
    issued_at: float = 0
    forced: bool = False
    category: str = ""
    detail: str = ""
    retry_at: float | None = None


@dataclass(frozen=True)
class Ledger:
    """All that is shared.

    ``leader`` leads in this ``term`` since the moment ``since`` of its own clock. ``changes``
    counts how often the leader has changed while something was due, since the last publication.
    ``accounts`` is keyed by server, ``lineages`` and ``spent`` by lineage. ``faults`` says what
    could not be read, and is not kept.
    """

    term: int = 0
    leader: str = ""
    since: float = 0
    changes: int = 0
    accounts: Mapping[str, Account] = field(default_factory=dict)
    lineages: Mapping[str, Entry] = field(default_factory=dict)
    spent: Mapping[str, Spent] = field(default_factory=dict)
    format: int = FORMAT
    faults: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_read_only(self) -> bool:
        """Whether a newer revision of the charm has written it."""
        return self.format > FORMAT


NOTHING = Ledger()


def parse(text: str) -> Ledger:
    """Return what can be read of a ledger's text; NOTHING, with its fault, of what is not one."""
    if not text:
        return NOTHING
    if len(text) > MAX_TEXT:
        return replace(NOTHING, faults=("it is too long",))
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        return replace(NOTHING, faults=("it is not JSON",))
    if not isinstance(plain, dict):
        return replace(NOTHING, faults=("it is not a ledger",))
    faults: list[str] = []
    tables: dict[str, Any] = {
        "accounts": _table(plain, "accounts", stored.is_word, Account, _is_account, faults),
        "lineages": _table(plain, "lineages", stored.is_file_name, Entry, _is_entry, faults),
        "spent": _table(plain, "spent", stored.is_file_name, Spent, stored.is_anything, faults),
    }
    return Ledger(**_head(plain, faults), **tables, faults=tuple(faults))


def _head(plain: dict[str, Any], faults: list[str]) -> dict[str, Any]:
    """Return the sound ones of the ledger's own values. They go together: a term without its leader
    would be another unit's."""
    checks = {"term": stored.is_count, "leader": stored.is_text, "since": stored.is_moment,
              "changes": stored.is_count}  # fmt: skip
    head = {name: plain.get(name, getattr(NOTHING, name)) for name in checks}
    bad = [name for name, check in checks.items() if not check(head[name])]
    faults += bad
    number = plain.get("format", FORMAT)
    # What is not a number was written by nobody that this revision needs to respect.
    number = number if stored.is_count(number) else FORMAT
    return {"format": number, **({} if bad else head)}


def _table(plain: dict[str, Any], name: str, is_key: Callable[[Any], bool], kind: type[Kind],
           is_sound: Callable[[Any], bool], faults: list[str]) -> dict[str, Kind]:  # fmt: skip
    """Return the sound records of a table; ``faults`` gets its name for each other one."""
    records = {}
    for key, value in stored.mapping(plain, name, is_key, stored.is_anything, faults).items():
        try:
            record = kind(**stored.of_kind(kind, value))
            if not is_sound(record):
                raise ValueError(name)
            records[key] = record
        except ValueError:
            faults.append(name)
    return records


def _is_uri(text: str) -> bool:
    return stored.is_word(text) and text.startswith(CARRIERS)


def _is_account(account: Account) -> bool:
    """Whether an account can be used: web servers send its thumbprint, so it is one word."""
    return _is_uri(account.uri) and account.thumbprint.replace("-", "").replace("_", "").isalnum()


def _is_entry(entry: Entry) -> bool:
    return _is_uri(entry.uri) and bool(entry.serial) and entry.not_before < entry.not_after


def text_of(ledger: Ledger) -> str:
    """Return the ledger as it is written, the same for the same ledger."""
    plain: dict[str, Any] = {
        one.name: getattr(ledger, one.name) for one in fields(Ledger) if one.name != "faults"
    }
    for table in ("accounts", "lineages", "spent"):
        plain[table] = {key: _short(record) for key, record in plain[table].items()}
    return json.dumps(plain, sort_keys=True, separators=(",", ":"))


def _short(record: Any) -> dict[str, Any]:
    """Return a record without what is as usual, its text cut."""
    usual = asdict(type(record)())
    plain = {key: value for key, value in asdict(record).items() if value != usual[key]}
    if "detail" in plain:
        plain["detail"] = plain["detail"][:MAX_DETAIL]
    return plain


def newest(ledgers: Mapping[str, Ledger]) -> Ledger:
    """Return the one to go by if the endpoint has several relations.

    ``ledgers`` is keyed by relation id, such as ``units:7``. Juju 3.6 lists two of them after a
    charm was refreshed to a revision without the endpoint and back (juju/juju issue 19631).
    """
    ranked = ((ledger.term, _number(rid), ledger) for rid, ledger in ledgers.items())
    return max(ranked, key=lambda one: one[:2], default=(0, 0, NOTHING))[2]


def _number(relation_id: str) -> int:
    digits = relation_id.rpartition(":")[2]
    return int(digits) if digits.isdecimal() else -1
