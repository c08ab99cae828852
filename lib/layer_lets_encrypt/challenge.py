"""The ways to prove that a name is ours, as a table."""

from dataclasses import dataclass
from typing import Tuple


@dataclass(frozen=True)
class Challenge:
    """One way: certbot's ``arguments``, and what it needs of the machine."""

    name: str
    arguments: Tuple[str, ...]
    wildcards: bool  # it can validate *.example.com
    takes_port_80: bool  # certbot itself listens, so nobody else may
    open_port: str  # the port that Juju must have open, "" for none


STANDALONE = Challenge(
    name="standalone",
    arguments=("--standalone", "--preferred-challenges", "http"),
    wildcards=False,
    takes_port_80=True,
    open_port="80/tcp",
)

CHALLENGES = {challenge.name: challenge for challenge in (STANDALONE,)}
