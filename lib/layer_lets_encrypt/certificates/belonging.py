"""Whether a key, a certificate and its chain belong together: found out as a visitor would."""

from __future__ import annotations

import ssl
from pathlib import Path

ANY_TIME = 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME: when it is valid is another question
ANY_ANCHOR = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN: what is trusted need not be a root
ROUNDS = 20  # of messages; a handshake takes four


def fault(fullchain: Path, privkey: Path, anchor: str) -> str:
    """Return why visitors who trust only ``anchor`` would refuse these files, "" if they would not.

    ``anchor`` is a certificate as PEM. A server and its visitor shake hands in memory.
    """
    try:
        server, client = _server(fullchain, privkey), _client(anchor)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return "the private key belongs to another certificate"
        return f"the private key or the chain cannot be loaded ({error.reason or error})"
    except ValueError as error:
        return f"the private key or the chain cannot be loaded ({error})"
    try:
        _shake_hands(server, client)
    except ssl.SSLCertVerificationError as error:
        return f"the chain is not complete ({error.verify_message})"
    except ssl.SSLError as error:
        return f"no server can use it ({error.reason or error})"
    return ""


def _server(fullchain: Path, privkey: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")  # whether it is strong enough was up to the CA
    # The password keeps OpenSSL from asking a terminal for one.
    context.load_cert_chain(str(fullchain), str(privkey), password="")
    return context


def _client(anchor: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.check_hostname = False
    context.load_verify_locations(cadata=anchor)
    context.verify_flags |= ssl.VerifyFlags(ANY_TIME | ANY_ANCHOR)
    return context


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> None:
    """Raises ssl.SSLError."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    visitor = client.wrap_bio(to_client, to_server)
    host = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(ROUNDS):
        done = [_is_done(visitor), _is_done(host)]
        if all(done):
            return
    raise ssl.SSLError("the handshake does not end")


def _is_done(end: ssl.SSLObject) -> bool:
    try:
        end.do_handshake()
    except ssl.SSLWantReadError:
        return False
    return True
