"""Reviews: handlers with no guard but the layer's own flag, so that they run in every hook.

What they have seen goes to JOURNAL, a line each: the name, and whether its files were there.
"""

import os

from charmhelpers.core.hookenv import status_set
from charms import layer
from charms.reactive import hook, is_flag_set, when, when_not

JOURNAL = "/var/tmp/review-journal"


@hook("config-changed")
def use_the_certificate_before_all_other_handlers():
    """Handlers of this kind run first, whatever the order of the others."""
    if is_flag_set("lets-encrypt.registered"):
        note("first")


@when("lets-encrypt.registered")
def serve_https():
    note("later")
    status_set("active", "ready over https")


@when_not("lets-encrypt.registered")
def serve_http():
    status_set("active", "ready over http")


def note(when_seen):
    paths = layer.lets_encrypt.live() or {}
    there = bool(paths) and all(os.path.isfile(path) for path in paths.values())
    with open(JOURNAL, "a") as journal:
        journal.write("{} {} {}\n".format(when_seen, paths.get("fullchain"), there))
