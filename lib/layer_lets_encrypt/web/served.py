"""Which certificate port 443 of this machine shows: asked as a visitor would."""

from __future__ import annotations

import socket
import ssl

from layer_lets_encrypt.certificates import certificate
from layer_lets_encrypt.machine.deadline import within
from layer_lets_encrypt.rules.facts import Certificate

HERE = "127.0.0.1"
PORT = 443
TIMEOUT = 3  # seconds for the whole handshake


def look(name: str, address: str = HERE, port: int = PORT) -> Certificate | None:
    """Return the certificate that a visitor of ``name`` gets, None if there is none."""
    try:
        shown = within(TIMEOUT, lambda: _shown(name, address, port))
        return certificate.read(ssl.DER_cert_to_PEM_cert(shown)) if shown else None
    except (OSError, ValueError):
        return None


def _shown(name: str, address: str, port: int) -> bytes | None:
    plain = socket.create_connection((address, port), TIMEOUT)
    with plain, unverified(plain, name) as visitor:
        return visitor.getpeercert(binary_form=True)


def unverified(plain: socket.socket, name: str) -> ssl.SSLSocket:
    """Return TLS over a connection, whoever issued the certificate that is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)
