"""The program that does the work: one request on standard input, lines of JSON on standard output.

Request:  {"do": "publish" | "remove" | "sweep" | "check" | "trial", "config": PATH, "owner": WHO,
           "challenges": [{"name", "value", "token", "key_authorization"}, ...]}
Answers:  {"log": TEXT}, ..., and last {"done": NUMBER} or {"failure": {"category", "name", "text"}}

Nothing of a secret passes: it reads the configuration file itself.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any, Callable, Mapping

from layer_lets_encrypt_dns import config as configs
from layer_lets_encrypt_dns.failure import (
    TRANSIENT,
    Failure,
    configuration,
    one_line,
    redactor,
)

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Serve the one request; 0 even for a failure that could be told."""
    request = json.loads(sys.stdin.readline())
    die_with(int(request.get("parent") or 0))
    tell(serve(request, lambda text: tell({"log": one_line(text)})))
    return 0


def tell(words: Mapping[str, Any]) -> None:
    print(json.dumps(words), flush=True)


def serve(request: Mapping[str, Any], log: Callable[[str], None]) -> dict[str, Any]:
    """Return the last answer to a request; never raises Exception."""
    name = next((c["name"] for c in request.get("challenges") or ()), "")
    hide: Callable[[str], str] = str
    try:
        config = configs.read(request["config"])
        hide = redactor(config.secrets())
        return {"done": _do(request, config, log)}
    except Failure as failure:
        found = failure.about(name)
    except Exception as error:  # noqa: BLE001 - its traceback could show what it worked on
        text = f"{type(error).__name__} in the DNS plugin: {error}; please report this"
        found = Failure(TRANSIENT, text, name)
    return {"failure": {"category": found.category, "name": found.name, "text": hide(found.text)}}


def _do(request: Mapping[str, Any], config: configs.Config, log: Callable[[str], None]) -> int:
    try:
        from layer_lets_encrypt_dns.records import Records
    except ImportError as error:
        raise configuration(
            f"{config.python} has no {error.name}; "
            f"{configs.install('python3-dnspython', 'dnspython')}"
        ) from None
    records = Records(config, request.get("owner") or "", log)
    challenges = request.get("challenges") or []
    if request["do"] == "publish":
        records.publish(challenges)
    elif request["do"] == "remove":
        records.remove([challenge["value"] for challenge in challenges])
    elif request["do"] == "sweep":
        return records.sweep()
    elif request["do"] == "check":
        records.check(challenges)
    elif request["do"] == "trial":
        records.trial(challenges)
    return 0


def die_with(parent: int) -> None:
    """Have the kernel end this process with its parent: what it leaves is in the journal."""
    if parent:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
