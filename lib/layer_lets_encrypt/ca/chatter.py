"""Leaves out what certbot says that would mislead here: pure.

It speaks of schedules that are not in use, of commands that the layer runs by itself, of money.
"""

from __future__ import annotations

_BEGIN = (
    "Certbot has set up a scheduled task",
    "These files will be updated when the certificate renews",
    "NEXT STEPS:",
    "- The certificate will need to be renewed before it expires",
    "- This certificate will not be renewed automatically",
    "- To obtain a new or tweaked version of this certificate",
    "- To non-interactively renew",
    "If you like Certbot, please consider supporting",
    "- If you like Certbot, please consider supporting",
    "* Donating to",
    "Donating to",
    "- - - - -",
    "Ask for help or search for solutions",
)
_WITHIN = ("certbot renew", "certbot-auto", "certbot.org/renewal-setup")


def left_out(output: str) -> str:
    """Return certbot's output without the lines that would mislead."""
    return "\n".join(line for line in output.split("\n") if not _misleads(line))


def _misleads(line: str) -> bool:
    return line.strip().startswith(_BEGIN) or any(words in line for words in _WITHIN)
