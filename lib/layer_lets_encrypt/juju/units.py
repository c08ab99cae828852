"""What the units of an application tell one another by Juju: relation data, secrets, who there is.

No other module calls these tools. What is written here is kept when the hook ends well, and of the
application's only from its leader. Private keys go to Juju in a file for root alone, never in an
argument or on the hook's output.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from layer_lets_encrypt.machine import files
from layer_lets_encrypt.rules.problem import one_line

if TYPE_CHECKING:
    from layer_lets_encrypt.rules.shared_ledger import Ledger

RELATION = "lets-encrypt-units"
LEDGER, ANSWERS = "ledger", "answers"  # keys of the application's and of a unit's own data
LABEL = "lets-encrypt:"  # what the labels of secrets begin with
PLAIN = "plain:"  # and the places of what is in relation data
SECONDS = 60  # for one tool; it asks the agent of this machine, and that the controller
MAX_REASON = 120

# Juju up to 3.1.6 has owners read the newest revision anyway (Launchpad 2042596).
_OWNERS_NEED_NO_REFRESH = "cannot use --refresh"


class Refused(Exception):
    """Juju did not do it; str() says why."""


class Units:
    """The units of one application, asked in one hook.

    Juju gives a hook the relation data of its beginning, so each question is asked once. ``folder``
    is for the files that secrets are made from: all that is in it may be removed at any time.
    ``relations`` are the relation's ids if they are known.
    """

    def __init__(self, folder: Path, relations: Sequence[str] = ()) -> None:
        self.name = os.environ["JUJU_UNIT_NAME"]
        self.application = self.name.partition("/")[0]
        self._folder = folder
        self._relations = list(relations) or None
        self._ledger: Ledger | None = None

    # The relation

    @property
    def relations(self) -> list[str]:
        """The relation's ids: none if the charm has dropped it, on Juju 3.6 perhaps two."""
        if self._relations is None:
            self._relations = [str(one) for one in _list(_json("relation-ids", RELATION))]
        return self._relations

    def ledger(self) -> Ledger:
        """Return the shared ledger as it was when the hook began. Raises Refused."""
        if self._ledger is None:
            from layer_lets_encrypt.rules import shared_ledger

            texts = {rid: self._get(rid, "--app", LEDGER, self.application)
                     for rid in self.relations}  # fmt: skip
            ledgers = {rid: shared_ledger.parse(text) for rid, text in texts.items()}
            self._ledger = shared_ledger.newest(ledgers)
        return self._ledger

    def write(self, ledger: Ledger) -> None:
        """Have Juju keep the ledger, if it is another one than before. Raises Refused."""
        if ledger == self.ledger():
            return
        from layer_lets_encrypt.rules import shared_ledger

        for rid in self.relations:
            self._set(rid, "--app", LEDGER, shared_ledger.text_of(ledger))

    def said(self, unit: str) -> str:
        """Return the thumbprint of the account for which a unit answers. Raises Refused."""
        return next(filter(None, (self._get(rid, ANSWERS, unit) for rid in self.relations)), "")

    def say(self, thumbprint: str) -> None:
        """Tell the other units for which account this one answers. Raises Refused."""
        for rid in self.relations:
            self._set(rid, ANSWERS, thumbprint)

    def _get(self, rid: str, *words: str) -> str:
        value = _json("relation-get", "-r", rid, *words)
        return value if isinstance(value, str) else ""

    def _set(self, rid: str, *words: str) -> None:
        *options, key, value = words
        # An argument would be too long with more than 128 KiB.
        _tool("relation-set", "-r", rid, *options, "--file", "-", stdin=json.dumps({key: value}))

    # Who there is

    def others(self) -> dict[str, str]:
        """Return the application's other units with their status, such as dying. Raises Refused."""
        plain = _json("goal-state")
        units = plain.get("units") if isinstance(plain, dict) else None
        known = units if isinstance(units, dict) else {}
        return {name: str(about.get("status", "")) if isinstance(about, dict) else ""
                for name, about in known.items() if name != self.name}  # fmt: skip

    def is_leader(self) -> bool:
        """Ask whether this unit leads for another 30 seconds. Raises Refused."""
        return _json("is-leader") is True

    # Secrets

    def fetch(self, uri: str) -> dict[str, str]:
        """Return the newest content of a shared secret, or of relation data. Raises Refused.

        Without a label: owners' and readers' labels share a name space (juju/juju issue 17340).
        """
        if uri.startswith(PLAIN):
            return self._plain(uri)
        try:
            content = _json("secret-get", uri, "--refresh")
        except Refused as error:
            if _OWNERS_NEED_NO_REFRESH not in str(error):
                raise
            content = _json("secret-get", uri, "--peek")
        if not isinstance(content, dict):
            raise Refused("Juju's answer cannot be read")
        return {str(key): str(value) for key, value in content.items()}

    def _plain(self, uri: str) -> dict[str, str]:
        said = next(filter(None, (self._get(rid, "--app", uri, self.application)
                                  for rid in self.relations)), "")  # fmt: skip
        try:
            content = json.loads(said)
        except (ValueError, RecursionError):
            raise Refused("relation data do not hold it") from None
        if not isinstance(content, dict):
            raise Refused("relation data do not hold it")
        return {str(key): str(value) for key, value in content.items()}

    def publish_plain(self, name: str, content: Mapping[str, str]) -> str:
        """Have Juju keep, for everybody who sees the model, what belongs into a secret; return
        where it is. For a Juju without secrets. Raises Refused."""
        for rid in self.relations:
            self._set(rid, "--app", PLAIN + name, json.dumps(dict(content), sort_keys=True))
        return PLAIN + name

    def publish(self, name: str, content: Mapping[str, str], uri: str = "") -> str:
        """Have Juju keep a secret that all units of the application can read; return its URI.

        ``name`` is a lineage, or @ and an account's server. Without ``uri`` it is looked for by its
        label: a hook may have made it whose ledger was not kept. Raises Refused, and OSError.
        """
        uri = uri or self.found(name)
        file = str(self._folder / "content.json")
        try:
            files.write_json(Path(file), dict(content))
            if uri:
                _tool("secret-set", uri, "--file", file)
                return uri
            about = f"TLS: {name}; kept by the leader"
            return _tool("secret-add", "--owner", "application", "--label", LABEL + name,
                         "--description", about, "--file", file).strip()  # fmt: skip
        finally:
            self.clear()

    def found(self, name: str) -> str:
        """Return the URI of the secret with this name, "" if there is none. Leaders only."""
        try:
            plain = _json("secret-info-get", "--label", LABEL + name)
        except Refused:
            return ""
        return next((f"secret:{one}" for one in plain), "") if isinstance(plain, dict) else ""

    def clear(self) -> None:
        """Remove what a killed hook may have left of a secret. Raises OSError."""
        for path in self._folder.glob("*"):
            files.remove(path)

    def remove(self, uri: str) -> None:
        """Remove what nobody needs; a secret that is not there any more is fine."""
        if uri.startswith(PLAIN):
            for rid in self.relations:
                self._set(rid, "--app", uri, "")
            return
        _attempt("secret-remove", uri)

    def secrets(self) -> list[str]:
        """Return the ids of the secrets that the application owns. Leaders only."""
        return [str(one) for one in _list(_json("secret-ids"))]

    def revision(self, uri: str) -> int:
        """Return the number of a secret's newest revision, 0 if that is not known. Leaders only."""
        plain = _json("secret-info-get", uri)
        known = next(iter(plain.values()), None) if isinstance(plain, dict) else None
        revision = known.get("revision") if isinstance(known, dict) else None
        return revision if isinstance(revision, int) else 0

    def remove_revision(self, uri: str, revision: int) -> None:
        """Remove an old revision; the newest one stays, and with it the secret. Raises Refused."""
        if 0 < revision < self.revision(uri):
            _attempt("secret-remove", uri, "--revision", str(revision))


def _attempt(*words: str) -> None:
    try:
        _tool(*words)
    except Refused as error:
        if "not found" not in str(error):
            raise


def _json(*words: str) -> Any:
    said = _tool(*words, "--format=json")
    try:
        return json.loads(said) if said.strip() else None
    except (ValueError, RecursionError):
        raise Refused(f"{words[0]}: Juju's answer cannot be read") from None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _tool(*words: str, stdin: str = "") -> str:
    """Return what a hook tool says. Raises Refused."""
    try:
        done = subprocess.run(
            words, input=stdin.encode("utf-8"), capture_output=True, timeout=SECONDS, check=False
        )
    except FileNotFoundError:
        raise Refused(f"this Juju has no {words[0]}") from None
    except subprocess.TimeoutExpired:
        raise Refused(f"{words[0]}: Juju did not answer within {SECONDS} seconds") from None
    if done.returncode:
        said = one_line(done.stderr.decode("utf-8", errors="replace"), MAX_REASON)
        raise Refused(f"{words[0]}: {said or 'Juju gave no reason'}")
    return done.stdout.decode("utf-8", errors="replace")
