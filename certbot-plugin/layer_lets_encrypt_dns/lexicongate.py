"""Gate to Lexicon, by its library: 3.11 of the distributions and the newest.

The zone comes from the DNS, never from the list of public suffixes, which Lexicon would download.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from typing import Any, Callable, Iterator

from layer_lets_encrypt_dns import complaints, ddns, listing, settings
from layer_lets_encrypt_dns.config import Provider
from layer_lets_encrypt_dns.failure import CONFIGURATION, Failure
from layer_lets_encrypt_dns.journal import Entry
from layer_lets_encrypt_dns.lexiconpatch import patched
from layer_lets_encrypt_dns.lexicons import ConfigResolver, check, lexicon_client, options_of

RETRIES = 2
TTL = 300  # some providers refuse less; caches of a CA keep a value as long


class ZoneResolver(ConfigResolver):
    """Lexicon's settings, with a zone that nothing can change."""

    def __init__(self, zone: str, given: dict[str, Any]) -> None:
        super().__init__()
        self.zone = zone
        self.with_dict(given)

    def resolve(self, config_key: str) -> Any:
        return self.zone if config_key == "lexicon:domain" else super().resolve(config_key)


class Lexicon:
    """One provider of Lexicon for one zone."""

    one_by_one = False

    def __init__(
        self,
        provider: Provider,
        zone: str,
        redact: Callable[[str], str],
        shown: Callable[[Entry], bool | None],
    ) -> None:
        """``shown`` says whether the DNS has an entry, None if it cannot tell.

        Raises Failure if Lexicon or the provider is not there, or the settings do not fit it.
        """
        check(provider.name)
        self._options = options_of(provider.name)
        self._settings = settings.fitting(provider.name, provider.settings, self._options)
        self._provider, self._zone, self._redact = provider, zone, redact
        self._shown = shown
        self.label = provider.name
        self._about = f"provider {provider.name}, zone {zone}"

    def ready(self) -> None:
        """Ask the provider for the zone; changes nothing. Raises Failure."""

        def ask(provider: Any, _repeated: bool) -> None:
            if self._provider.name == "ddns":  # Lexicon's code does not ask the server
                ddns.ask(provider, self._zone, self._about)

        self._call(ask, retries=0)

    def add(self, entry: Entry) -> None:
        """Publish the record next to others of its name. Raises Failure."""

        def create(provider: Any, repeated: bool) -> Any:
            if repeated and self._listed(provider, entry):
                return True  # the first try arrived, its answer did not
            return listing.create(provider, entry.fqdn, entry.value)

        self._call(create)

    def remove(self, entry: Entry) -> None:
        """Delete the record by its value; others of its name stay. Raises Failure."""

        def delete(provider: Any, _repeated: bool) -> Any:
            own = self._listed(provider, entry)
            if own == [] and not self._shown(entry):
                return True  # some providers would delete other values if this one is not there
            return listing.delete(provider, entry.fqdn, own or [entry.value])

        self._call(delete)

    def _listed(self, provider: Any, entry: Entry) -> list[str] | None:
        """Return how the provider lists the value, None if it cannot list."""
        if self._provider.name in listing.BY_VALUE:
            return None
        try:
            return listing.own(provider, entry.fqdn, entry.value)
        except Exception:  # noqa: BLE001 - deleting by value may work, and tells why if not
            return None

    def _call(self, work: Callable[[Any, bool], Any], retries: int = RETRIES) -> None:
        for attempt in range(retries + 1):
            try:
                return self._once(work, attempt > 0)
            except Failure:
                raise
            except Exception as error:  # noqa: BLE001 - ninety providers raise what they like
                failure = complaints.explain(
                    error, self._about, self._redact, self._settings, self._options
                )
                if failure.category == CONFIGURATION or attempt == retries:
                    # nothing of theirs is kept: its text and its frames may hold credentials
                    raise failure from None
            time.sleep(1 + 2 * attempt)

    def _once(self, work: Callable[[Any, bool], Any], repeated: bool) -> None:
        with contextlib.ExitStack() as stack:
            logged = stack.enter_context(_quiet())
            stack.enter_context(patched(self._zone, self._provider.ca_certificates))
            done = work(stack.enter_context(_authenticated(self._resolver())), repeated)
        if done is False:
            raise complaints.of_log(logged.last, self._about, self._redact)

    def _resolver(self) -> Any:
        own = dict(self._settings)
        if self._provider.name == "ddns":
            own["domain"] = self._zone
        return ZoneResolver(self._zone, {
            "provider_name": self._provider.name,
            "domain": self._zone,
            "delegated": self._zone,
            "action": "list",  # 3.11 wants one; it is not used
            "type": "TXT",
            "ttl": self._provider.ttl or TTL,
            self._provider.name: own,
        })  # fmt: skip


@contextlib.contextmanager
def _authenticated(resolver: Any) -> Iterator[Any]:
    """Yield Lexicon's object for the provider, which has been asked for the zone."""
    client = lexicon_client.Client(resolver)
    if hasattr(client, "__enter__"):
        with client as operations:
            yield operations.provider
    else:
        client.provider.authenticate()
        yield client.provider


class _LastError(logging.Handler):
    """Keeps the last error that a provider logged: some of them say no more than that it failed."""

    last = ""

    def emit(self, record: logging.LogRecord) -> None:
        with contextlib.suppress(Exception):  # a foreign format
            self.last = record.getMessage()


@contextlib.contextmanager
def _quiet() -> Iterator[_LastError]:
    """Providers print and log, now and then with credentials: nothing of it leaves as it is."""
    root, kept = logging.getLogger(), _LastError(logging.ERROR)
    before, root.handlers = root.handlers, [kept]
    try:
        with contextlib.ExitStack() as stack:
            nowhere = stack.enter_context(open(os.devnull, "w"))
            stack.enter_context(contextlib.redirect_stdout(nowhere))
            stack.enter_context(contextlib.redirect_stderr(nowhere))
            yield kept
    finally:
        root.handlers = before
