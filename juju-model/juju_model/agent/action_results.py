"""The result of an action, shaped as the release does it."""

from __future__ import annotations

import base64

from ..state.profiles import Profile
from ..values import Entry
from .runner import Outcome


def action_result(
    profile: Profile, unit: str, action: Entry, outcome: Outcome, refused: str
) -> None:
    """Fill in status, message and results of an action that has run."""
    if outcome.pid is None:
        action["status"] = "failed"
        action["message"] = outcome.error or f'action not implemented on unit "{unit}"'
        return
    action["results"].update(output(profile, outcome))
    failed = action.get("failed") or outcome.code != 0 or refused
    action["status"] = "failed" if failed else "completed"
    if refused:
        action["message"] = "committing requested changes failed"
    elif outcome.code and not action.get("failed"):
        action["message"] = exit_words(outcome.code)


def exit_words(code: int) -> str:
    """As Go says it."""
    signals = {-15: "terminated", -9: "killed", -2: "interrupt", -6: "aborted"}
    return f"signal: {signals.get(code, -code)}" if code < 0 else f"exit status {code}"


def output(profile: Profile, outcome: Outcome) -> Entry:
    """Exit code and output under the names of the release; binary output as base64."""
    code, stdout, stderr, encoding = profile.action_keys
    results = {code: outcome.code if code == "return-code" else str(outcome.code)}
    for key, data in ((stdout, outcome.stdout), (stderr, outcome.stderr)):
        if not data:
            continue
        try:
            results[key] = data.decode("utf-8")
        except UnicodeDecodeError:
            results[key] = base64.b64encode(data).decode()
            results[key + encoding] = "base64"
    return results
