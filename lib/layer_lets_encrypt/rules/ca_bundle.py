"""The private CAs in the option acme-ca-certificates: its certificate blocks, and nothing else."""

from __future__ import annotations

import base64
import functools
import re
from typing import Iterator

from layer_lets_encrypt.rules.request import InvalidRequest

BEGIN, END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
MAX_TEXT, MAX_BLOCKS = 2_000_000, 1000  # several times the CAs of a distribution
_REMEDY = "set it to whole BEGIN/END CERTIFICATE blocks of CAs, or reset it"


@functools.lru_cache(maxsize=4)  # it is read several times in a hook
def parse_ca_certificates(text: str) -> str | None:
    """Return the private CAs in ``text`` as PEM, None if it is empty. Raises InvalidRequest.

    Comments, keys and whatever else is between the blocks are left out: the file that is
    made of the result can be read by everybody.
    """
    if not text.strip():
        return None
    if len(text) > MAX_TEXT:
        raise InvalidRequest("acme-ca-certificates", "is too long", _REMEDY)
    blocks = list(dict.fromkeys(_blocks(text)))
    if len(blocks) > MAX_BLOCKS:
        raise InvalidRequest("acme-ca-certificates", "holds too many certificates", _REMEDY)
    found = list(dict.fromkeys(filter(None, map(_pem, blocks))))
    if not found:
        raise InvalidRequest("acme-ca-certificates", "holds no valid CA certificate", _REMEDY)
    return "".join(found)


def _blocks(text: str) -> Iterator[str]:
    """Yield what is between each END and the BEGIN before it."""
    for piece in text.split(END)[:-1]:
        if BEGIN in piece:
            yield piece.rpartition(BEGIN)[2]


def _pem(body: str) -> str:
    """Return a block as OpenSSL writes it, "" for what is not the certificate of a CA."""
    import ssl  # here, because few units have a private CA

    try:
        der = base64.b64decode(re.sub(r"\s+", "", body), validate=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=der)
        return ssl.DER_cert_to_PEM_cert(der) if context.get_ca_certs(binary_form=True) else ""
    except (ValueError, TypeError, OSError):  # SSLError is an OSError
        return ""
