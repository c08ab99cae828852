"""Publish a test record for each name and remove it; no certificate is ordered:

    python3 -m layer_lets_encrypt_dns.trial CONFIG NAME...

Each step is a line on standard output. Exit status 1: the line on standard error says what failed;
2: wrong arguments.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import sys

from layer_lets_encrypt_dns import names, pipe
from layer_lets_encrypt_dns.failure import Failure


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    once: dict[str, str] = {}
    for name in arguments[1:]:
        once.setdefault(names.challenge_name(name), name)
    try:
        pipe.run("trial", arguments[0], [challenge(name) for name in once.values()], print)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def challenge(name: str) -> dict[str, str]:
    """Return a challenge of the form of the CA's, with a value that nobody asked for."""
    token = secrets.token_urlsafe(32)
    authorization = f"{token}.{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(authorization.encode()).digest()
    value = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return {"name": name, "value": value, "token": token, "key_authorization": authorization}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
