"""Remove what a killed run left in the DNS: ``python3 -m layer_lets_encrypt_dns.sweep CONFIG``.

Exit status 0: nothing is left; 1: something is, and the last line on standard error says why;
2: wrong arguments. It takes a moment when the journal is empty, and starts nothing then.
"""

from __future__ import annotations

import sys

from layer_lets_encrypt_dns import config, pipe
from layer_lets_encrypt_dns.failure import Failure, transient
from layer_lets_encrypt_dns.journal import STAYS, Journal


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    said: list[str] = []
    try:
        left = Journal(config.read(arguments[0]).state).entries()
        stay = pipe.run("sweep", arguments[0], log=said.append) if left else 0
        if stay:
            reasons = [line for line in said if STAYS in line] or ["see the log"]
            raise transient(f"{stay} TXT records could not be removed: {reasons[-1]}")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
