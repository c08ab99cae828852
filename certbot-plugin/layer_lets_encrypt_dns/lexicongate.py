"""Gate to Lexicon, by its library: 3.11 of the distributions and the newest.

The zone comes from the DNS, never from the list of public suffixes, which Lexicon would download.
"""

import argparse
import contextlib
import difflib
import importlib
import logging
import os
import pkgutil
import time
from typing import Any, Callable, Dict, Iterator, List, Optional, Tuple

from layer_lets_encrypt_dns.config import Provider
from layer_lets_encrypt_dns.failure import CONFIGURATION, Failure, configuration, transient
from layer_lets_encrypt_dns.journal import Entry
from layer_lets_encrypt_dns.lexiconpatch import UpdateRefused, patched

RETRIES = 2
TTL = 300  # some providers refuse less; caches of a CA keep a value as long

try:
    from lexicon import client as lexicon_client
    from lexicon.config import ConfigResolver
    from lexicon.exceptions import ProviderNotAvailableError
except ImportError:  # the provider may be httpreq, which does without
    lexicon_client = None
    ConfigResolver = object
    ProviderNotAvailableError = ImportError


class ZoneResolver(ConfigResolver):  # type: ignore[misc]
    """Lexicon's settings, with a zone that nothing can change."""

    def __init__(self, zone: str, settings: Dict[str, Any]) -> None:
        super().__init__()
        self.zone = zone
        self.with_dict(settings)

    def resolve(self, config_key: str) -> Any:
        return self.zone if config_key == "lexicon:domain" else super().resolve(config_key)


class Lexicon:
    """One provider of Lexicon for one zone."""

    one_by_one = False

    def __init__(self, provider: Provider, zone: str, redact: Callable[[str], str]) -> None:
        """Raises Failure if Lexicon or the provider is not there."""
        check(provider.name)
        self._provider, self._zone, self._redact = provider, zone, redact
        self.label = provider.name

    def add(self, entry: Entry) -> None:
        """Publish the record beside others of its name. Raises Failure."""
        self._call("create_record", entry)

    def remove(self, entry: Entry) -> None:
        """Delete the record by its value; others of its name stay. Raises Failure."""
        self._call("delete_record", entry)

    def _call(self, method: str, entry: Entry) -> None:
        for attempt in range(RETRIES + 1):
            try:
                return self._once(method, entry)
            except Failure:
                raise
            except Exception as error:  # noqa: BLE001 - ninety providers raise what they like
                failure = self._explain(error)
                if failure.category == CONFIGURATION or attempt == RETRIES:
                    # nothing of theirs is kept: its text and its frames may hold credentials
                    raise failure from None
            time.sleep(1 + 2 * attempt)

    def _once(self, method: str, entry: Entry) -> None:
        # never without content: some providers would delete every value of the name
        content = {"rtype": "TXT", "name": entry.fqdn, "content": entry.value}
        with contextlib.ExitStack() as stack:
            stack.enter_context(_quiet())
            stack.enter_context(patched(self._zone, self._provider.ca_certificates))
            operations = stack.enter_context(_operations(self._resolver(method)))
            done = getattr(operations, method)(**content)
        if done is False:
            raise configuration(
                f"provider {self.label} did not accept the record for zone {self._zone}"
            )

    def _resolver(self, method: str) -> Any:
        own = dict(self._provider.settings)
        if self._provider.name == "ddns":
            own["domain"] = self._zone
        return ZoneResolver(self._zone, {
            "provider_name": self._provider.name,
            "domain": self._zone,
            "delegated": self._zone,
            "action": method.partition("_")[0],
            "type": "TXT",
            "ttl": self._provider.ttl or TTL,
            self._provider.name: own,
        })  # fmt: skip

    def _explain(self, error: Exception) -> Failure:
        said = self._redact(f"{type(error).__name__}: {error}".rstrip(": "))
        about = f"provider {self.label}, zone {self._zone}: {said}"
        if isinstance(error, (ImportError, NameError, ProviderNotAvailableError)):
            return configuration(
                f"{about}; install the Python library that it needs (route53: python3-boto3)"
            )
        status = getattr(getattr(error, "response", None), "status_code", None)
        if status is None and isinstance(error, (OSError, TimeoutError)):
            return transient(f"{about}; check that its server can be reached from the unit")
        if status is not None and (status >= 500 or status in (408, 429)):
            return transient(f"{about}; the provider's server has a problem")
        if isinstance(error, UpdateRefused):
            return configuration(f"{about}; allow this key to update TXT records of the zone")
        options = ", ".join(options_of(self._provider.name))
        return configuration(
            f"{about}; check that the account holds this zone, acme-dns-credentials and "
            f"acme-dns-options ({self._provider.name} takes {options})"
        )


@contextlib.contextmanager
def _operations(resolver: Any) -> Iterator[Any]:
    client = lexicon_client.Client(resolver)
    if hasattr(client, "__enter__"):
        with client as operations:
            yield operations
    else:
        client.provider.authenticate()
        yield _Old(client.provider)


class _Old:
    """Lexicon 3.11's provider with the names of the arguments that newer ones use."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def create_record(self, rtype: str, name: str, content: str) -> Any:
        return self._provider.create_record(rtype, name, content)

    def delete_record(self, rtype: str, name: str, content: str) -> Any:
        return self._provider.delete_record(rtype=rtype, name=name, content=content)


def check(name: str) -> None:
    """Raise Failure if Lexicon is not installed or has no such provider."""
    if lexicon_client is None:
        raise configuration(f"provider {name} needs Lexicon; install the package python3-lexicon")
    known = names()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]}?" if near else "see docs/dns.md for their names"
        raise configuration(f"unknown DNS provider '{name}'; {hint} (acme-dns-provider)")


def _package() -> Any:
    for package in ("lexicon._private.providers", "lexicon.providers"):
        with contextlib.suppress(ImportError):
            return importlib.import_module(package)
    raise configuration("this version of Lexicon is not known; install python3-lexicon")


def names() -> List[str]:
    """Return the names of all providers of the installed Lexicon."""
    found = {module for _, module, _ in pkgutil.iter_modules(_package().__path__)}
    return sorted(found - {"base", "auto"})


def module_of(name: str) -> Optional[Any]:
    """Return the provider's module, None if it lacks libraries."""
    try:
        return importlib.import_module(f"{_package().__name__}.{name}")
    except Exception:  # noqa: BLE001 - a foreign module
        return None


def nameservers_of(name: str) -> Tuple[Any, ...]:
    """Return domains, or patterns of domains, of the provider's name servers."""
    module: Any = module_of(name)
    listed = getattr(module, "NAMESERVER_DOMAINS", None)
    if listed is None and module is not None:
        listed = module.Provider.get_nameservers()
    return tuple(listed or ())


def options_of(name: str) -> List[str]:
    """Return the names of the provider's own options."""
    module: Any = module_of(name)
    parser = argparse.ArgumentParser(add_help=False)
    try:
        describe = getattr(module, "provider_parser", None) or module.Provider.configure_parser
        describe(parser)
    except Exception:  # noqa: BLE001 - a foreign module
        return ["options of its own, see Lexicon's documentation"]
    return sorted(action.dest for action in parser._actions)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Providers print and log, now and then with credentials: nothing of it leaves."""
    logging.disable(logging.CRITICAL)
    try:
        with contextlib.ExitStack() as stack:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
            yield
    finally:
        logging.disable(logging.NOTSET)
