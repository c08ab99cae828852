"""What a PEM certificate says: the only reader of certificates."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from layer_lets_encrypt.rules import stored
from layer_lets_encrypt.rules.facts import Certificate

_ATTRIBUTES = {"common_name": "CN", "organization_name": "O", "organizational_unit_name": "OU",
               "country_name": "C", "state_or_province_name": "ST", "locality_name": "L",
               "domain_component": "DC"}  # fmt: skip
_KEY_TYPES = {"rsa": "rsa", "ec": "ecdsa"}


def from_plain(facts: Any) -> Certificate:
    """Return what ``list(certificate)`` was. Raises ValueError and TypeError.

    Quick, since there may be thousands.
    """
    names, begin, end, *texts, bits = facts
    if type(names) is not list or not stored.are_texts(names + texts):
        raise ValueError("no facts of a certificate")
    if not (stored.is_moment(begin) and stored.is_moment(end) and stored.is_count(bits)):
        raise ValueError("no facts of a certificate")
    serial, issuer, key_type, renewal_id = texts
    return Certificate(tuple(names), begin, end, serial, issuer, key_type, renewal_id, bits)


def read(pem: str) -> Certificate:
    """Return the facts of the first certificate in ``pem``. Raises ValueError."""
    # asn1crypto takes longer to import than an idle pass takes in all.
    from asn1crypto import x509

    certificate = x509.Certificate.load(_first_der(pem))
    try:
        validity = certificate["tbs_certificate"]["validity"]
        return Certificate(
            names=tuple(sorted(_dns_names(certificate))),
            not_before=validity["not_before"].native.timestamp(),
            not_after=validity["not_after"].native.timestamp(),
            serial=f"{certificate.serial_number:x}",
            issuer=_distinguished_name(certificate.issuer),
            key_type=_KEY_TYPES.get(certificate.public_key.algorithm, ""),
            renewal_id=_renewal_id(certificate),
            key_bits=certificate.public_key.bit_size or 0,
        )
    except (TypeError, KeyError) as error:
        raise ValueError(f"not a certificate: {error}") from error


def root(chain: str) -> str:
    """Return the common name that issued the last certificate in a chain, "" for none.

    That is the name which certbot knows a chain by.
    """
    from asn1crypto import x509

    start = chain.rfind("-----BEGIN CERTIFICATE-----")
    try:
        last = x509.Certificate.load(_first_der(chain[max(start, 0) :]))
        name = last.issuer.native.get("common_name", "")
    except (ValueError, TypeError, KeyError):
        return ""
    return name if isinstance(name, str) else ""


def _distinguished_name(name: Any) -> str:
    """Return the name as RFC 4514 and people write it: CN=R11, O=Let's Encrypt, C=US."""
    parts = [part for step in reversed(list(name.chosen)) for part in step]
    texts = (f"{_attribute(part['type'])}={_escaped(part['value'].native)}" for part in parts)
    return ", ".join(texts)


def _attribute(kind: Any) -> str:
    return str(_ATTRIBUTES.get(kind.native, kind.dotted))


def _escaped(value: Any) -> str:
    return "".join("\\" + sign if sign in ",+=\\" else sign for sign in str(value))


def _renewal_id(certificate: Any) -> str:
    """Return what RFC 9773 calls the certificate: its issuer's key and its serial number."""
    key = certificate.authority_key_identifier
    # The RFC wants the bytes as they stand there, a leading zero among them.
    serial = certificate["tbs_certificate"]["serial_number"].contents
    return f"{_base64(key)}.{_base64(serial)}" if key and serial else ""


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii")


def _dns_names(certificate: Any) -> tuple[str, ...]:
    names = certificate.subject_alt_name_value
    if names is None:
        return ()
    # As it is in the certificate: asn1crypto's own form of it is Unicode.
    raw = [name.chosen.contents for name in names if name.name == "dns_name"]
    return tuple(name.decode("ascii").lower() for name in raw)


def _first_der(pem: str) -> bytes:
    end = "-----END CERTIFICATE-----"
    start = pem.find("-----BEGIN CERTIFICATE-----")
    stop = pem.find(end, start)
    if start < 0 or stop < 0:
        raise ValueError("no PEM certificate")
    import ssl  # here, as below: what has not changed is not read again

    return ssl.PEM_cert_to_DER_cert(pem[start : stop + len(end)])


def key_matches(fullchain: Path, privkey: Path) -> bool:
    """Tell whether the private key belongs to the chain's first certificate."""
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # The password keeps OpenSSL from asking a terminal for one.
        context.load_cert_chain(str(fullchain), str(privkey), password="")
    except (OSError, ValueError):
        return False
    return True
