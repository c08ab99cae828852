"""Which certificate port 443 of this machine shows: asked as a visitor would."""

import socket
import ssl
from typing import Optional

from layer_lets_encrypt import certificate
from layer_lets_encrypt.certificate import Certificate

HERE = "127.0.0.1"
PORT = 443
TIMEOUT = 3


def look(name: str, address: str = HERE, port: int = PORT) -> Optional[Certificate]:
    """Return the certificate that a visitor of ``name`` gets, None where there is none."""
    try:
        plain = socket.create_connection((address, port), TIMEOUT)
        with plain, unverified(plain, name) as visitor:
            shown = visitor.getpeercert(binary_form=True)
        return certificate.read(ssl.DER_cert_to_PEM_cert(shown)) if shown else None
    except (OSError, ValueError):
        return None


def unverified(plain: socket.socket, name: str) -> ssl.SSLSocket:
    """Return TLS over a connection, whoever issued the certificate that is shown."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(plain, server_hostname=name)
