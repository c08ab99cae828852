"""acme2certifier, a real ACME server that speaks renewal-info, inside a world; behind a front.

    with Acme2certifier(acme) as server, Front(acme, server.url, DIRECTORY_PATH) as front:
        acme.directory                       # leads to it now, through the front
        server.root()                        # PEM of the root that issues the certificates
        server.suggest(percent=0, seconds=1) # a new window: the first second of the lifetime

It signs with a CA of its own (its handler for openssl) and validates over http-01.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from . import certificates
from .acme import Acme
from .server import Server
from .world import PROJECT, WorldError

PYTHON = PROJECT / "build" / "acme2certifier" / "bin" / "python"
HOME = "/var/lib/world-acme2certifier"
LOG = "/var/log/world/acme2certifier.log"
PORT = 14002
DIRECTORY_PATH = "/directory"
SERVE = f"""
from wsgiref.simple_server import make_server
from acme2certifier.share.acme2certifier_wsgi import application, get_handler_cls
make_server("127.0.0.1", {PORT}, application, handler_class=get_handler_cls()).serve_forever()
"""
CONFIGURATION = """\
[DEFAULT]
debug: False
[CAhandler]
handler_module: acme2certifier.cahandlers.openssl_ca_handler
issuing_ca_key: {home}/ca.key
issuing_ca_cert: {home}/ca.pem
issuing_ca_crl: {home}/crl.pem
cert_save_path: {home}/certificates
cert_validity_days: {days}
[DBhandler]
handler_module: acme2certifier.dbhandlers.wsgi_handler
dbfile: {home}/server.db
[Account]
contact_check_disable: True

[Renewalinfo]
renewalthreshold_pctg: {percent}
renewal_window_duration: {seconds}
retry_after_timeout: {retry_after}
"""


class Acme2certifier:
    """The running server; a context manager."""

    url = f"http://127.0.0.1:{PORT}"

    def __init__(self, acme: Acme):
        """``acme``: for the world's DNS; its Pebble plays no part."""
        self.world = acme.world
        self._root = ""
        self._server = Server(self.world, PORT, LOG)

    def __enter__(self) -> Acme2certifier:
        if not PYTHON.exists():
            raise WorldError(f"{PYTHON} is missing; run: make install")
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            self._root = certificates.authority(folder, "World's other CA").read_text()
            (folder / "certificates").mkdir()
            self.world.copy_in(folder, HOME)
        self.suggest(percent=66, seconds=86400)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop()

    def root(self) -> str:
        """PEM of the root certificate that it issues from."""
        return self._root

    def suggest(
        self, percent: float, seconds: int, retry_after: int = 21600, days: int = 90
    ) -> None:
        """Start (again) with windows that begin after this share of the lifetime.

        ``days`` is the lifetime of the certificates that it issues from now on.
        """
        self._server.stop()
        text = CONFIGURATION.format(
            home=HOME, percent=percent, seconds=seconds, retry_after=retry_after, days=days
        )
        self.world.write(f"{HOME}/acme_srv.cfg", text)
        env = {"ACME_SRV_CONFIGFILE": f"{HOME}/acme_srv.cfg"}
        self._server.start([PYTHON, "-I", "-B", "-c", SERVE], env)
