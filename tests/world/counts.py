"""Read from Pebble's log what it was asked and what became of it."""

from __future__ import annotations

import dataclasses
import re

PATTERNS = {
    "orders": r"Added order ",
    "order_requests": r"POST /order-plz ",
    "validations": r"Starting \d+ validations",
    "failed_validations": r"authz \S+ set INVALID",
    "issued": r"Issued certificate serial ",
    "accounts_created": r"There are now \d+ accounts in memory",
    "account_requests": r"POST /sign-me-up ",
    "accounts_updated": r"POST /my-account/ ",
    "revocations": r"POST /revoke-cert ",
}


@dataclasses.dataclass(frozen=True)
class Counts:
    """How often since the world's start. Subtract two to learn what happened between them.

    ``orders`` are orders that Pebble accepted, ``order_requests`` all that it was sent (a refused
    nonce makes one more); ``accounts_updated`` counts every signed visit to an account's own URL.
    """

    orders: int = 0
    order_requests: int = 0
    validations: int = 0
    failed_validations: int = 0
    issued: int = 0
    accounts_created: int = 0
    account_requests: int = 0
    accounts_updated: int = 0
    revocations: int = 0

    def __sub__(self, before: Counts) -> Counts:
        names = [field.name for field in dataclasses.fields(self)]
        return Counts(*(getattr(self, name) - getattr(before, name) for name in names))

    def told(self) -> str:
        """The numbers that somebody who orders certificates cares about, as a sentence."""
        return (
            f"{_some(self.orders, 'order')}, {_some(self.issued, 'certificate')} issued, "
            f"{_some(self.failed_validations, 'failed validation')}, "
            f"{_some(self.accounts_created, 'account')}"
        )


def read(log: str) -> Counts:
    """Counts of a whole log."""
    return Counts(**{name: len(re.findall(words, log)) for name, words in PATTERNS.items()})


def serials(log: str) -> list[str]:
    """Serial numbers of all issued certificates in their order, lower-case hexadecimal."""
    return re.findall(r"Issued certificate serial ([0-9a-f]+)", log)


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
