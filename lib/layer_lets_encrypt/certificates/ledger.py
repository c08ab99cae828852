"""The ledger: all that one unit remembers, as one file. Only this module writes it.

The file is the layer's own and is written before certbot starts, so that no crash forgets an
attempt. The unit's database would not do: flushing it in mid-hook commits other layers' flags.
"""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Dict, List, Optional

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
    faults: List[str] = []
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
        faults,
    )


def _records(plain: Dict[str, Any], kind: str, faults: List[str]) -> Dict[str, Record]:
    found = stored.mapping(plain, kind, stored.is_file_name, stored.is_anything, faults)
    records = {}
    for name, value in found.items():
        try:
            records[name] = _record(value)
        except ValueError:
            faults.append(kind)
    return records


def _record(plain: Any) -> Record:
    """Return the record. Raises ValueError."""
    found = stored.of_kind(Record, plain)
    made = [*found.get("numbered", ()), *filter(None, [found.get("stray")])]
    if made and not all(map(stored.is_file_name, made)):
        raise ValueError("no lineage is called so")
    problem = _problem(found.get("problem"))
    if "suspect" not in found:  # older records know no suspicion
        found["suspect"] = problem is not None and problem.category in REFUSALS
    return Record(**dict(found, problem=problem))


def _problem(plain: Any) -> Optional[Problem]:
    """Return the problem; one of a category that only another version knows is transient."""
    if plain is None:
        return None
    problem = Problem(**{"category": "", "detail": "", **stored.of_kind(Problem, plain)})
    return problem if problem.category in SEVERITY else replace(problem, category="transient")


def save(history: History, path: Path) -> None:
    """Put the history on disk before returning. Raises OSError."""
    plain = {key: value for key, value in vars(history).items() if key != "faults"}
    for kind in ("records", "deployments"):
        plain[kind] = {name: _to_plain(record) for name, record in plain[kind].items()}
    files.write_json(path, dict(plain, version=VERSION))


def _to_plain(record: Record) -> Dict[str, Any]:
    """Return what differs from a record of nothing: most of thousands of records is that."""
    plain = {key: value for key, value in vars(record).items() if value != _DEFAULTS[key]}
    if record.problem is not None:  # which would make it suspect if nothing were said of that
        plain.update(problem=asdict(record.problem), suspect=record.suspect)
    return plain


def remember(history: History, path: Path, name: str, record: Record) -> None:
    """Keep one record, in memory and on disk. Raises OSError."""
    history.records[name] = record
    save(history, path)
