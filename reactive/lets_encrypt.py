"""When layer:lets-encrypt acts: flags, and one call for each."""

from __future__ import annotations

from charmhelpers.core import hookenv
from charms.reactive import hook, register_trigger, when, when_not
from layer_lets_encrypt.juju import handlers, setup

# Consumers may clear the flag at any time: it then means "look again".
register_trigger(when_not="lets-encrypt.registered", set_flag="layer.lets-encrypt.pending")
register_trigger(when="lets-encrypt.certificate-requested", set_flag="layer.lets-encrypt.pending")

hookenv.atstart(handlers.notice)
hookenv.atexit(handlers.assess)


@when_not("layer.lets-encrypt.installed")
def install() -> None:
    """Open the ports, install the cron file and the DH parameters."""
    setup.install()


@when("layer.lets-encrypt.installed", "layer.lets-encrypt.pending")
@when_not("lets-encrypt.disable")
def obtain_certificates() -> None:
    """Order the certificates that are missing, changed or expired."""
    handlers.obtain()


@when("layer.lets-encrypt.installed", "lets-encrypt.renew.requested")
@when_not("lets-encrypt.disable", "lets-encrypt.renew.disable")
def renew_certificates() -> None:
    """Order the certificates that are due, too."""
    handlers.renew()


@hook("stop")
def leave_the_machine() -> None:
    """Take away what the unit put on the machine."""
    setup.leave()
