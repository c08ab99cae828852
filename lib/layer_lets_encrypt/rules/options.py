"""The operator's options as Juju gives them: of any type, since a charm may define them again.

Each function returns a value or raises InvalidRequest, whatever stands there: pure.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from layer_lets_encrypt.rules.request import InvalidRequest

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
# What init scripts and systemd units can be called
_SERVICE = r"[A-Za-z0-9_][A-Za-z0-9_@.:\\-]{0,199}\Z"
_WHOLE = r"-?[0-9]{1,15}\Z"


def text(option: str, value: Any) -> str:
    """Return an option's text as it is written, "" for an unset one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():  # Juju itself knows no other numbers
        value = int(value)
    try:
        if isinstance(value, (str, int, float)):
            return str(value)
    except ValueError:  # an integer of thousands of digits
        pass
    raise InvalidRequest(option, f"is a {type(value).__name__}", "set it to a text")


def whole(option: str, value: Any) -> int | None:
    """Return an option's whole number, None for an unset one."""
    written = text(option, value).strip()
    if not written:
        return None
    if not re.match(_WHOLE, written):
        raise InvalidRequest(option, f"is {written[:20]!r}", "set it to a whole number")
    return int(written)


def truth(option: str, value: Any, default: bool) -> bool:
    """Return whether an option is on; ``default`` for an unset one."""
    written = text(option, value).strip().lower()
    if not written:
        return default
    if written in (*_TRUE, *_FALSE):
        return written in _TRUE
    raise InvalidRequest(option, f"is {written[:20]!r}", "set it to true or false")


def is_unset(config: Mapping[str, Any], *names: str) -> bool:
    """Whether none of these options says anything: quick, for options that most units leave so."""
    return all(config.get(name) in (None, "") for name in names)


def is_service_name(value: Any) -> bool:
    """Whether a value can be the name of a service."""
    return isinstance(value, str) and bool(re.match(_SERVICE, value))
