"""A charm that only says that it is there."""

from charmhelpers.core.hookenv import status_set
from charms.reactive import set_flag, when_not


@when_not("watched.started")
def start():
    status_set("active", "watched")
    set_flag("watched.started")
