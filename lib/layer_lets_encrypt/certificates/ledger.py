"""The ledger: all that one unit remembers, as one file. Only this module writes it.

The file is the layer's own and is written before certbot starts, so that no crash forgets an
attempt. The unit's database would not do: flushing it in mid-hook commits other layers' flags.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Collection, Iterator

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.problem import SEVERITY, Problem
from layer_lets_encrypt.rules.records import NOTHING, REFUSALS, History, Record

VERSION = 1  # of the file
_DEFAULTS = dict(vars(NOTHING))


def load(path: Path) -> History:
    """Read the file, record by record: what cannot be read is missing, and named in ``faults``."""
    try:
        plain = json.loads(files.read_text(path))
    except FileNotFoundError:
        return History()
    except (OSError, ValueError, RecursionError) as error:
        return History(faults=[f"it cannot be read: {error}"])
    return from_plain(plain)


def from_plain(plain: Any) -> History:
    """Return what can be read of what save() has written: pure."""
    if not isinstance(plain, dict):
        return History(faults=["it is not a history"])
    faults: list[str] = []
    if plain.get("version", VERSION) != VERSION:
        faults.append("it is of another version")
    name, word, text = stored.is_file_name, stored.is_word, stored.is_text
    snippets, access = plain.get("snippets", ""), plain.get("access", "")
    deployed = None
    if plain.get("deployed") is not None:
        deployed = stored.mapping(plain, "deployed", name, text, faults)
    return History(
        _records(plain, "records", faults),
        stored.mapping(plain, "contacts", word, text, faults),
        stored.mapping(plain, "loaded", name, text, faults),
        stored.mapping(plain, "claims", name, stored.is_list_of_texts, faults),
        stored.mapping(plain, "accounts", word, word, faults),
        snippets if text(snippets) else "",
        access if text(access) else "",
        deployed,
        _records(plain, "deployments", faults),
        stored.mapping(plain, "told", name, stored.is_list_of_texts, faults),
        stored.mapping(plain, "own_loaded", name, text, faults),
        _records(plain, "services", faults),
        faults,
    )


def _records(plain: dict[str, Any], kind: str, faults: list[str]) -> dict[str, Record]:
    found = stored.mapping(plain, kind, stored.is_file_name, stored.is_anything, faults)
    records = {}
    for name, value in found.items():
        try:
            records[name] = record_from_plain(value)
        except ValueError:
            faults.append(kind)
    return records


def record_from_plain(plain: Any) -> Record:
    """Return what record_to_plain() has written. Raises ValueError."""
    found = stored.of_kind(Record, plain)
    made = [*found.get("numbered", ()), *filter(None, [found.get("stray")])]
    if made and not all(map(stored.is_file_name, made)):
        raise ValueError("no lineage is called so")
    problem = _problem(found.get("problem"))
    if "suspect" not in found:  # older records know no suspicion
        found["suspect"] = problem is not None and problem.category in REFUSALS
    return Record(**dict(found, problem=problem))


def _problem(plain: Any) -> Problem | None:
    """Return the problem; one of a category that only another version knows is transient."""
    if plain is None:
        return None
    problem = Problem(**{"category": "", "detail": "", **stored.of_kind(Problem, plain)})
    return problem if problem.category in SEVERITY else replace(problem, category="transient")


def save(history: History, path: Path) -> None:
    """Put the history on disk before returning. Raises OSError."""
    plain = {key: value for key, value in vars(history).items() if key != "faults"}
    for kind in ("records", "deployments", "services"):
        plain[kind] = {name: record_to_plain(record) for name, record in plain[kind].items()}
    files.write_json(path, dict(plain, version=VERSION))


def record_to_plain(record: Record) -> dict[str, Any]:
    """Return what differs from a record of nothing: most of thousands of records is that."""
    plain = {key: value for key, value in vars(record).items() if value != _DEFAULTS[key]}
    if record.problem is not None:  # which would make it suspect if nothing were said of that
        plain.update(problem=asdict(record.problem), suspect=record.suspect)
    return plain


class Ledger:
    """One unit's history in ``path``, which is on disk again whenever a method returns.

    ``past`` is to be read only. Each method that changes it raises OSError if it cannot be kept.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.past = load(path)
        self._deferred = 0
        self._is_saved = True

    def of(self, name: str) -> Record:
        """Return the record of a lineage, or of what concerns no single one."""
        return self.past.of(name)

    def record(self, name: str, record: Record) -> None:
        """Keep a record instead of the earlier one."""
        if self.past.of(name) != record:
            self.past.records[name] = record
            self._changed()

    def replace(self, records: dict[str, Record]) -> None:
        """Keep these records and no others."""
        if self.past.records != records:
            self.past.records = records
            self._changed()

    def forget(self, name: str) -> None:
        """Drop a record."""
        if self.past.records.pop(name, None) is not None:
            self._changed()

    def account(self, server: str, identifier: str) -> None:
        """Keep which of certbot's accounts is used with the CA."""
        if self.past.accounts.get(server) != identifier:
            self.past.accounts[server] = identifier
            self._changed()

    def contact(self, server: str, email: str) -> None:
        """Keep the contact that the CA has been given, "" for none."""
        if self.past.contacts.get(server) != email:
            self.past.contacts[server] = email
            self._changed()

    def loaded(self, serials: dict[str, str]) -> None:
        """Keep which certificates the services have been made to load, by lineage."""
        self._keep("loaded", serials)

    def included(self, digest: str) -> None:
        """Keep what snippets the service has been made to include."""
        self._keep("snippets", digest)

    def access(self, text: str) -> None:
        """Keep who was given the files of certificates, "" for nobody."""
        self._keep("access", text)

    def deploying(self, name: str, record: Record) -> None:
        """Keep how the operator's command fares for a lineage."""
        if self.past.deployments.get(name) != record:
            self.past.deployments[name] = record
            self._changed()

    def deployed(self, name: str, serial: str) -> None:
        """Keep which certificate the operator's command has deployed."""
        self.past.deployments.pop(name, None)
        self.past.deployed = {**(self.past.deployed or {}), name: serial}
        self._changed()

    def undeployed(self, names: Collection[str]) -> None:
        """Forget what the operator's command has done for these lineages."""
        deployed = self.past.deployed
        if deployed is not None:
            deployed = {name: one for name, one in deployed.items() if name not in names}
        left = {name: one for name, one in self.past.deployments.items() if name not in names}
        self.deployments(deployed, left)

    def deployments(self, deployed: dict[str, str] | None, records: dict[str, Record]) -> None:
        """Keep what the operator's command has deployed, None for no command, and its failures."""
        if (self.past.deployed, self.past.deployments) != (deployed, records):
            self.past.deployed, self.past.deployments = deployed, records
            self._changed()

    def own_loaded(self, name: str, serial: str) -> None:
        """Keep which certificate the services of this lineage alone have loaded."""
        self.past.services.pop(name, None)
        self.past.own_loaded[name] = serial
        self._changed()

    def own_failed(self, name: str, record: Record) -> None:
        """Keep what went wrong with the services of this lineage alone."""
        self.past.services[name] = record
        self._changed()

    def own_unloaded(self, names: Collection[str]) -> None:
        """Forget what the services of single lineages have loaded."""
        for name in names:
            known = self.past.own_loaded.pop(name, None), self.past.services.pop(name, None)
            if known != (None, None):
                self._changed()

    def told(self, kinds: dict[str, list[str]]) -> None:
        """Keep which kinds of failures the operator has been told of, by lineage."""
        self._keep("told", kinds)

    def restored(self, other: History) -> None:
        """Take from a history what belongs to certbot's files, which have been put back."""
        self.past = self.past.with_files_of(other)
        self._changed()

    def claims(self, names: dict[str, list[str]]) -> None:
        """Keep, for other units of the machine, the names of each lineage that is wanted."""
        self._keep("claims", names)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Write once for all changes within, when they are complete: for loops over many.

        Nothing that must be remembered if the process is killed may begin within.
        """
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1
        self._write()

    def _keep(self, field: str, value: Any) -> None:
        if getattr(self.past, field) != value:
            setattr(self.past, field, value)
            self._changed()

    def _changed(self) -> None:
        self._is_saved = False
        self._write()

    def _write(self) -> None:
        if not self._is_saved and not self._deferred:
            save(self.past, self.path)
            self._is_saved = True
