"""What the installed Lexicon has: providers, their options and their name servers."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from layer_lets_encrypt_dns import provider_names
from layer_lets_encrypt_dns.config import install
from layer_lets_encrypt_dns.failure import configuration

try:
    from lexicon import client as lexicon_client
    from lexicon.config import ConfigResolver
except ImportError:  # the provider may be httpreq, which does without
    lexicon_client = None
    ConfigResolver = object

__all__ = ["ConfigResolver", "Option", "check", "lexicon_client", "names", "options_of"]

_READ = re.compile(r"_get_provider_option\(\s*['\"](\w+)['\"]")


@dataclass(frozen=True)
class Option:
    """One option of a provider: its values, if it has a choice, and whether it is a truth."""

    choices: tuple[str, ...] = ()
    is_truth: bool = False


def check(name: str) -> None:
    """Raise Failure if Lexicon is not installed or has no such provider."""
    if lexicon_client is None:
        raise configuration(
            f"provider {name} needs Lexicon; {install('python3-lexicon', 'dns-lexicon')}, or see "
            "docs/dns.md if this release has none"
        )
    known = names()
    if name not in known:
        raise configuration(provider_names.unknown(name, known))


def package() -> Any:
    for found in ("lexicon._private.providers", "lexicon.providers"):
        try:
            return importlib.import_module(found)
        except ImportError:
            continue
    raise configuration(
        f"this version of Lexicon is not known; {install('python3-lexicon', 'dns-lexicon')}"
    )


def names() -> list[str]:
    """Return the names of all providers of the installed Lexicon."""
    found = {module for _, module, _ in pkgutil.iter_modules(package().__path__)}
    return sorted(found - {"base", "auto"})


def module_of(name: str) -> Any | None:
    """Return the provider's module, None if it lacks libraries."""
    try:
        return importlib.import_module(f"{package().__name__}.{name}")
    except Exception:  # noqa: BLE001 - a foreign module
        return None


def nameservers_of(name: str) -> tuple[Any, ...]:
    """Return domains, or patterns of domains, of the provider's name servers."""
    module: Any = module_of(name)
    listed = getattr(module, "NAMESERVER_DOMAINS", None)
    if listed is None and module is not None:
        listed = module.Provider.get_nameservers()
    return tuple(listed or ())


def options_of(name: str) -> dict[str, Option]:
    """Return the provider's own options by name; {} if they cannot be told."""
    module: Any = module_of(name)
    parser = argparse.ArgumentParser(add_help=False)
    try:
        describe = getattr(module, "provider_parser", None) or module.Provider.configure_parser
        describe(parser)
        code = Path(str(module.__file__)).read_text("utf-8")
    except Exception:  # noqa: BLE001 - a foreign module
        return {}
    found = {option: Option() for option in _READ.findall(code)}  # some are not in its help
    for action in parser._actions:
        choices = tuple(map(str, action.choices or ()))
        found[action.dest] = Option(choices, action.nargs == 0)
    if "auth_entrypoint" in found and hasattr(module, "ENDPOINTS"):  # OVH's help forgets some
        found["auth_entrypoint"] = Option(tuple(module.ENDPOINTS))
    return found
