"""Whether settings fit the options that a provider has. Pure; errors name keys, never values."""

from __future__ import annotations

import difflib
from typing import Any, Iterable, Mapping

from layer_lets_encrypt_dns import forms, option_names, values
from layer_lets_encrypt_dns.config import CREDENTIALS, OPTIONS
from layer_lets_encrypt_dns.failure import configuration
from layer_lets_encrypt_dns.lexicons import Option

# these find credentials by themselves: in files, or of the machine they run on
NEED_NONE = ("localzone", "oci", "route53")


def fitting(
    provider: str, given: Mapping[str, Any], options: Mapping[str, Option]
) -> dict[str, Any]:
    """Return the settings as the provider's code wants them. Raises Failure.

    All scalars arrive as text; an empty one is not set. Nothing is known of a provider without
    ``options``.
    """
    forms.pasted(provider, given)
    if options:
        for key in sorted(set(given) - set(options)):
            raise configuration(unknown(provider, key, options, given[key]))
    given = {key: value for key, value in given.items() if value is not None and value != ""}
    if not options:
        return given
    _something_secret(provider, given, options)
    fit = {key: _fit(provider, key, value, options[key]) for key, value in given.items()}
    forms.check(provider, fit)
    return fit


def unknown(provider: str, key: str, known: Iterable[str], value: Any) -> str:
    """Return the words for an option that there is not.

    A token may have got in its place: an odd name is shown only if somebody else has such one.
    """
    listed = sorted(known)
    meant = option_names.meant(provider, key, listed)
    hint = f"did you mean '{meant}'?" if meant else f"it takes {', '.join(listed)}"
    shown = values.shown_key(key, is_sure=bool(meant), is_set=value not in (None, ""))
    return f"{provider} has no option {shown}; {hint} ({OPTIONS}, {CREDENTIALS})"


def credentials_of(options: Iterable[str]) -> list[str]:
    """Return the names of the options that are credentials."""
    return sorted(option for option in options if values.is_secret(option, False))


def _something_secret(
    provider: str, given: Mapping[str, Any], options: Mapping[str, Option]
) -> None:
    wanted = credentials_of(options)
    if wanted and provider not in NEED_NONE and not any(given.get(key) for key in wanted):
        some = "one of " if len(wanted) > 1 else ""
        raise configuration(f"{provider} has no credentials; give {CREDENTIALS} {some}"
                            f"{', '.join(wanted)}")  # fmt: skip


def _fit(provider: str, key: str, value: Any, option: Option) -> Any:
    if isinstance(value, (dict, list)):
        raise configuration(
            f"'{key}' of {provider} must be one text; put it in quotes ({OPTIONS}, {CREDENTIALS})"
        )
    if option.choices and str(value) not in option.choices:
        near = difflib.get_close_matches(str(value), option.choices, 1)
        hint = f"did you mean {near[0]}?" if near else f"it is {' or '.join(option.choices)}"
        raise configuration(f"'{key}' of {provider} has no such value; {hint} ({OPTIONS})")
    if option.is_truth:
        return values.truth(f"'{key}' of {provider}", value)
    # as the command line and the environment would give it, even if YAML made a number of it
    return str(value).lower() if isinstance(value, bool) else str(value)
