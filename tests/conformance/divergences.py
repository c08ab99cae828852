"""Where the model answers as a controller does and the recording does not, and why.

The recording was made with an in-memory unit behind the real commands. Where that unit answered
with a constant or with its own words, the model gives the real answer instead.
"""

from __future__ import annotations

STATUS = (
    "the in-memory unit has one fixed application status; the model gives what the leader has "
    "just set"
)
GOAL = (
    "the in-memory unit has one fixed goal state; the model gives the relations that the unit "
    "really has"
)

# (context number, original argv) -> (name, reason)
LISTED = {
    (0, ("status-get", "--application")): ("application status, smart", STATUS),
    (0, ("status-get", "--application", "--format=json")): ("application status, json", STATUS),
    (0, ("status-get", "--application", "--include-data", "--format=json")): (
        "application status with data, json",
        STATUS,
    ),
    (0, ("status-get", "--application", "--include-data")): (
        "application status with data, smart",
        STATUS,
    ),
    (0, ("goal-state",)): ("goal state, yaml", GOAL),
    (0, ("goal-state", "--format=json")): ("goal state, json", GOAL),
    (0, ("relation-get", "-r", "1", "-", "nosuch/0")): (
        "settings of a unit of an unrelated application",
        "a controller refuses: permission denied (the recording's note says so)",
    ),
    (1, ("relation-get", "-r", "1", "--app", "-", "x")): (
        "own application's settings, read by a unit that does not lead",
        "a controller refuses outside peer relations: permission denied (the note says so)",
    ),
}

# What the model answers there, word for word where it is one line, else a part of it.
ANSWERS = {
    "application status, smart": "active\n",
    "application status, json": '{"application-status":{"status":"active","units":',
    "application status with data, json": '"message":"all ok","status":"active"',
    "application status with data, smart": "  message: all ok\n  status: active\n",
    "goal state, yaml": "  {website}:\n    {haproxy}:\n      status: joined\n",
    "goal state, json": '"{website}":{{"{haproxy}":{{"status":"joined"',
    "settings of a unit of an unrelated application": "ERROR permission denied\n",
    "own application's settings, read by a unit that does not lead": "ERROR permission denied\n",
}
