"""What the CA has said about when to renew, remembered: it is asked by passes that renew."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Sequence

from layer_lets_encrypt.certificates.lineage import Reader
from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.facts import Lineage
from layer_lets_encrypt.rules.renewal import DAY
from layer_lets_encrypt.rules.request import Request
from layer_lets_encrypt.rules.wanted import Wanted

if TYPE_CHECKING:
    from layer_lets_encrypt.ca.renewal_info import Info
    from layer_lets_encrypt.passes.machine import Machine

SILENT = "@silent"  # in the memory: the CA that has no renewal-info, and since when that is known
BUDGET = 8  # seconds for all questions of one pass; the rest is asked in the next one


class Advice:
    """Knows the CA's advice; ``memory`` is a JSON file, whose loss costs as many questions."""

    def __init__(self, memory: Path) -> None:
        self.memory = memory
        self._known: dict[str, Any] | None = None

    def moment(self, lineage: Lineage) -> float | None:
        """Return the moment at which the CA wants it renewed, None if it does not say."""
        if lineage.certificate is None or not lineage.certificate.renewal_id:
            return None
        info = self._info(lineage.name)
        return info.moment if info and info.identifier == lineage.certificate.renewal_id else None

    def refresh(self, wanted: Wanted, reader: Reader, machine: Callable[[], Machine]) -> None:
        """Ask about the certificates that were not asked about for as long as the CA said."""
        if self._is_silent(wanted.account.server):
            return
        stale = self._stale(wanted.requests, reader)
        if stale:
            self._ask(stale, {request.lineage_name for request in wanted.requests}, machine())

    def _is_silent(self, server: str) -> bool:
        """Whether the CA has no renewal-info, as far as is known from the last day."""
        known = self._recall().get(SILENT)
        if not isinstance(known, list) or len(known) != 2 or not stored.is_moment(known[1]):
            return False
        return bool(known[0] == server and 0 <= time.time() - known[1] < DAY)

    def _ask(self, stale: list[tuple[str, str]], wanted: set[str], machine: Machine) -> None:
        # Here, because they take as long to import as an idle pass in all.
        from layer_lets_encrypt.ca import directory, renewal_info
        from layer_lets_encrypt.ca.directory import DirectoryError
        from layer_lets_encrypt.machine.deadline import Budget

        server, env = machine.wanted.account.server, machine.certbot_env()
        try:
            found = machine.fetch_directory()
            opener = directory.opener(server, env)
        except (DirectoryError, OSError) as error:  # the file with the private CAs may be gone
            machine.log(f"renewal-info: {error}")
            return
        if "renewalInfo" not in found:
            files.write_json(self.memory, {SILENT: [server, time.time()]})
            return
        budget, seed = Budget(BUDGET), str(machine.places.state)
        for name, identifier in stale:
            if budget.spent:
                break
            info = renewal_info.ask(found, identifier, opener, time.time(), seed)
            self._recall()[name] = renewal_info.to_plain(self._with_memory(name, info))
        self._forget(wanted)
        files.write_json(self.memory, self._recall())

    def _stale(self, requests: Sequence[Request], reader: Reader) -> list[tuple[str, str]]:
        """Return the lineages to ask about, by what the CA calls them; longest unasked first."""
        now, stale = time.time(), []
        for request in requests:
            found = reader.inspect(request.lineage_name).certificate
            if found is None or not found.renewal_id:
                continue
            info = self._info(request.lineage_name)
            if info is None or not info.is_fresh(found.renewal_id, now):
                stale.append(
                    (info.ask_again if info else 0, request.lineage_name, found.renewal_id)
                )
        return [(name, identifier) for _, name, identifier in sorted(stale)]

    def _with_memory(self, name: str, info: Info) -> Info:
        """Return the answer; one that says nothing does not take back what was said before."""
        before = self._info(name)
        if before and info.moment is None and before.identifier == info.identifier:
            return replace(info, moment=before.moment, explanation=before.explanation)
        return info

    def _forget(self, wanted: set[str]) -> None:
        for name in set(self._recall()) - wanted:
            del self._recall()[name]

    def _info(self, name: str) -> Info | None:
        plain = self._recall().get(name)
        if plain is None:
            return None
        from layer_lets_encrypt.ca import renewal_info

        return renewal_info.from_plain(plain)

    def _recall(self) -> dict[str, Any]:
        if self._known is None:
            known = files.read_json(self.memory, {})
            self._known = known if isinstance(known, dict) else {}
        return self._known
