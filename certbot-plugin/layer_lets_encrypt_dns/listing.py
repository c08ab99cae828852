"""A provider's records by value: what it lists is compared without quotes, and deleted as listed.

Some providers show TXT values in quotes, some do not, and few of them compare well. So a value is
first looked for in the listing; the provider then deletes what it has listed itself, by its own id
or by its own form of the value. Its own comparisons are replaced while it does so.
"""

from __future__ import annotations

import contextlib
from typing import Any, Callable, Iterator

KIND = "TXT"
# their servers compare values themselves; a listing would be a transfer of the whole zone
BY_VALUE = ("ddns",)
_METHODS = ("list_records", "_list_records")  # the newest Lexicon's, and that of 3.11


def plain(content: Any) -> str:
    """Return a TXT value without its quotes; values in pieces become one. Pure."""
    text = str(content).strip().replace('\\"', '"')
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('" "', "")
    return text


def own(provider: Any, name: str, value: str) -> list[str]:
    """Return the forms in which the provider lists ``value`` at ``name``; [] if it does not."""
    found = [c for r in provider.list_records(KIND, name) or () for c in _contents(r)]
    return [form for form in dict.fromkeys(found) if plain(form) == value]


def create(provider: Any, name: str, value: str) -> Any:
    return provider.create_record(KIND, name, value)


def delete(provider: Any, name: str, forms: list[str]) -> Any:
    """Delete the values as they are listed; never without content: that would delete them all."""
    with _exact(provider):
        done = [provider.delete_record(rtype=KIND, name=name, content=form) for form in forms]
    return all(one is not False for one in done)


def _contents(record: dict[str, Any]) -> list[str]:
    content = record.get("content")
    return [str(one) for one in (content if isinstance(content, (list, tuple)) else [content])]


@contextlib.contextmanager
def _exact(provider: Any) -> Iterator[None]:
    """Have the provider's own look-ups compare values without quotes."""
    parts = [provider, *vars(provider).values()]
    replaced = []
    for part in parts:
        if isinstance(part, type) or not callable(getattr(part, "delete_record", None)):
            continue
        for method in _METHODS:
            original = getattr(part, method, None)
            if callable(original):
                setattr(part, method, _compared(original))
                replaced.append((part, method))
    try:
        yield
    finally:
        for part, method in replaced:
            delattr(part, method)


def _compared(original: Callable[..., Any]) -> Callable[..., Any]:
    def listed(
        rtype: Any = None, name: Any = None, content: Any = None, **others: Any
    ) -> list[Any]:
        if not isinstance(content, str):
            return list(original(rtype, name, content, **others) or ())
        records = original(rtype, name, **others) or ()
        wanted = plain(content)
        return [r for r in records if wanted in map(plain, _contents(r))]

    return listed
