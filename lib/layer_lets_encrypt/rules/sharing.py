"""What a unit takes from the shared ledger, and what its leader writes there. Pure.

Every unit compares its disk with the ledger in every hook, so that no certain hook has to come: no
hook tells that a secret was created (juju/juju issue 18606), and none comes for a revision that
appeared while the agent was down (the uniter's Secrets.init counts the newest as told).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Collection, Mapping, NamedTuple

from layer_lets_encrypt.rules import secret_ids

if TYPE_CHECKING:
    from layer_lets_encrypt.rules.shared_ledger import Account, Entry, Generation, Ledger, Spent


class Want(NamedTuple):
    """What a request wants of its certificate: ``names`` as a digest, ``key_type`` "" for any."""

    names: str
    server: str
    key_type: str = ""


class Disk(NamedTuple):
    """One lineage on this unit's disk.

    ``generation`` is None if nothing can be served from it; ``need`` says what it lacks of what is
    wanted, "" for nothing.
    """

    generation: Generation | None = None
    need: str = "there is no certificate yet"


class Shared(NamedTuple):
    """What a unit knows of the application's certificates in a hook.

    ``entries`` are those that can be taken, by lineage; ``news`` the lineages whose secret has
    changed, perhaps before the ledger says so. ``leader`` is the unit that orders in the place of
    this one, "" if this one orders for itself or leads.
    """

    entries: Mapping[str, Entry] = {}
    news: frozenset[str] = frozenset()
    leader: str = ""

    def without(self, names: Collection[str]) -> Shared:
        """Return it without what could not be taken."""
        return self._replace(entries=_without(self.entries, names), news=self.news - set(names))

    def orders_elsewhere(self, is_of_unit: bool) -> bool:
        """Whether another unit orders a certificate, which may be this unit's own."""
        return bool(self.leader) and not is_of_unit


NONE = Shared()


# What a unit takes


def is_better(entry: Entry | None, disk: Disk, want: Want, now: float) -> bool:
    """Whether a unit, leader or not, takes the published certificate for the one on its disk.

    The newer one wins. An older one is taken only if the one on disk is not what is wanted and the
    older one is. Whether a newer one has expired does not matter: this unit's clock may be wrong.
    """
    if entry is None or not _suits(entry, want):
        return False
    if disk.generation is None or entry.generation > disk.generation:
        return True
    return bool(disk.need) and entry.generation < disk.generation and now < entry.not_after


def _suits(entry: Entry, want: Want) -> bool:
    """Whether a published certificate is for exactly these names, from this CA, with such a key."""
    is_from_there = entry.server in ("", want.server)
    return entry.names == want.names and is_from_there and want.key_type in ("", entry.key_type)


def account_to_take(ledger: Ledger, server: str, own_thumbprint: str) -> Account | None:
    """Return the shared account that a leader needs before it orders, None if it has it.

    Followers never take it, so that it is on the disks of few machines.
    """
    account = ledger.accounts.get(server)
    return account if account is not None and account.thumbprint != own_thumbprint else None


def answer_to_say(thumbprint: str, said: str, is_answering: bool) -> str | None:
    """Return what this unit writes into its own data, None for nothing new.

    It does so once for each account, not with each renewal: a write is a hook on each other unit.
    """
    return thumbprint if thumbprint and is_answering and said != thumbprint else None


def keeps_serving(is_leader: bool, disk: Disk) -> bool:
    """Whether the flag for consumers stays set, though what is on disk is not what is wanted.

    The leader replaces it within one hook. A follower has to wait, and its charm would turn off
    HTTPS until then.
    """
    return not is_leader and disk.generation is not None


# What the leader writes: into the ledger once in a hook, and a secret only if its content is new


def is_to_be_published(entry: Entry | None, disk: Disk) -> bool:
    """Whether the leader publishes what is on its disk; asked if is_better() has said no."""
    return not disk.need and (entry is None or entry.generation != disk.generation)


def published(ledger: Ledger, entries: Mapping[str, Entry]) -> Ledger:
    """Return the ledger with these certificates."""
    if not entries:
        return ledger
    return replace(ledger, changes=0, lineages={**ledger.lineages, **entries})


def with_account(ledger: Ledger, server: str, account: Account) -> Ledger:
    return replace(ledger, accounts={**ledger.accounts, server: account})


def with_spent(ledger: Ledger, spent: Mapping[str, Spent]) -> Ledger:
    """Return the ledger with what came of attempts; a lineage with nothing to tell is left out."""
    from layer_lets_encrypt.rules.shared_ledger import Spent

    kept = {name: one for name, one in {**ledger.spent, **spent}.items() if one != Spent()}
    return replace(ledger, spent=kept)


def without_lost(ledger: Ledger, secrets: Collection[str]) -> Ledger:
    """Return the ledger without certificates and accounts whose secret is not among ``secrets``.

    An administrator has removed it, so the leader publishes its content again.
    """
    there = {secret_ids.bare(uri) for uri in secrets}

    def left(table: Mapping[str, Any]) -> Mapping[str, Any]:
        lost = [name for name, record in table.items() if secret_ids.bare(record.uri) not in there]
        return _without(table, lost) if lost else table

    return replace(ledger, lineages=left(ledger.lineages), accounts=left(ledger.accounts))


def withdrawn(ledger: Ledger, removed: Collection[str]) -> tuple[Ledger, list[str]]:
    """Return the ledger without these lineages, and the secrets to remove."""
    gone = [entry.uri for name, entry in sorted(ledger.lineages.items()) if name in removed]
    lineages, spent = _without(ledger.lineages, removed), _without(ledger.spent, removed)
    return replace(ledger, lineages=lineages, spent=spent), gone


def _without(table: Mapping[str, Any], removed: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in table.items() if name not in removed}


def merged(own: Spent, shared: Spent | None, now: float) -> Spent:
    """Return what is known of a lineage's attempts: what happened last counts.

    Moments are the writer's. If its clock is ahead, they are moved: a wait that begins in this
    unit's future would count as over.
    """
    if shared is None or _last_event(shared) <= _last_event(own):
        return own
    ahead = max(0, shared.failed_at - now)
    return replace(
        shared, failed_at=shared.failed_at - ahead, not_before=max(0, shared.not_before - ahead)
    )


def _last_event(spent: Spent) -> float:
    return max(spent.failed_at, spent.issued_at, spent.advised_at)
