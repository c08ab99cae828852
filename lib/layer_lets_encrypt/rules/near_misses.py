"""Keys that somebody has nearly written right: pure."""

from __future__ import annotations

from typing import Any, Iterable, Sequence

_LIKENESS = 0.83  # "challange" is near "challenge"; "email", "domain" and "key" are near nothing


def nearest(key: Any, known: Sequence[str]) -> str | None:
    """Return the known key that ``key`` must have been meant to be, None if it is near none.

    A known key itself is not a near miss.
    """
    if key in known or not isinstance(key, str):
        return None
    import difflib  # here, because few keys are unknown

    plain = {_plain(name): name for name in reversed(known)}  # the first of two spellings counts
    near = difflib.get_close_matches(_plain(key), list(plain), 1, _LIKENESS)
    return plain[near[0]] if near else None


def unknown(keys: Iterable[Any], known: Sequence[str]) -> list[str]:
    """Return the keys that are not known, as texts, each once and in order."""
    return sorted({str(key) for key in keys if key not in known})


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "")
