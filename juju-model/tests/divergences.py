"""Where the model answers as a controller does and the recording does not, and why.

The recording was made with an in-memory unit behind the real commands. Where that unit answered
with its own words, the model gives the real answer instead.
"""

from __future__ import annotations

# (context number, original argv) -> (name, reason)
LISTED = {
    (0, ("relation-get", "-r", "1", "-", "nosuch/0")): (
        "settings of a unit of an unrelated application",
        "a controller refuses: permission denied (the recording's note says so)",
    ),
    (1, ("relation-get", "-r", "1", "--app", "-", "x")): (
        "own application's settings, read by a unit that does not lead",
        "a controller refuses outside peer relations: permission denied (the note says so)",
    ),
}

# What the model answers there, word for word.
ANSWERS = {
    "settings of a unit of an unrelated application": "ERROR permission denied\n",
    "own application's settings, read by a unit that does not lead": "ERROR permission denied\n",
}
