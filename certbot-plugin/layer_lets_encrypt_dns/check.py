"""Say where records would go, ask the providers for the zones, and publish nothing:

    python3 -m layer_lets_encrypt_dns.check CONFIG NAME...

One line for each name on standard output. Exit status 1: the line on standard error says what a
challenge would fail for (options, credentials, no zone, CNAME loop); 2: wrong arguments.
"""

from __future__ import annotations

import sys

from layer_lets_encrypt_dns import pipe
from layer_lets_encrypt_dns.failure import Failure


def main(arguments: list[str]) -> int:
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    challenges = [{"name": name, "value": ""} for name in arguments[1:]]
    try:
        pipe.run("check", arguments[0], challenges, print)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
