"""What another unit has published of a certificate: PEM texts, which are checked and not shown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from layer_lets_encrypt.certificates import certificate
from layer_lets_encrypt.rules.facts import Certificate

MAX_PEM = 512 * 1024  # characters; a secret of Juju holds a megabyte at most
MAX_CHAIN = 10

_CERTIFICATE = re.compile(
    "-----BEGIN CERTIFICATE-----\r?\n[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----"
)
_KEY = re.compile(
    "-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----\r?\n[A-Za-z0-9+/=\\s]+-----END \\1-----"
)


class Unfit(ValueError):
    """What was published cannot be used; str() says why, without any of it."""


@dataclass(frozen=True)
class Published:
    """What another unit has published: PEM texts, not to be shown."""

    private_key: str
    certificate: str
    chain: str

    def __repr__(self) -> str:
        return "Published(...)"

    @property
    def anchor(self) -> str:
        """The last certificate of the chain."""
        return str(_CERTIFICATE.findall(self.chain)[-1])

    @property
    def texts(self) -> dict[str, str]:
        """The content of the four files, by part."""
        return {"cert": self.certificate, "chain": self.chain, "privkey": self.private_key,
                "fullchain": self.certificate + self.chain}  # fmt: skip


def understood(private_key: object, cert: object, chain: object) -> Published:
    """Return what is published, as certbot would write it. Raises Unfit."""
    keys = _blocks(_KEY, private_key, "private key")
    certificates = _blocks(_CERTIFICATE, cert, "certificate")
    others = _blocks(_CERTIFICATE, chain, "chain")
    if len(keys) != 1 or len(certificates) != 1:
        raise Unfit("it does not hold one private key and one certificate")
    if not 1 <= len(others) <= MAX_CHAIN:
        raise Unfit("its chain is missing" if not others else "its chain is too long")
    return Published(keys[0] + "\n", certificates[0] + "\n", "\n".join(others) + "\n")


def _blocks(pattern: re.Pattern[str], text: object, what: str) -> list[str]:
    if not isinstance(text, str) or len(text) > MAX_PEM:
        raise Unfit(f"its {what} is not a PEM text")
    if len(pattern.findall(text)) != text.count("-----BEGIN "):
        raise Unfit(f"its {what} holds something else")
    return ["\n".join(found.group(0).split("\r\n")) for found in pattern.finditer(text)]


def facts(published: Published) -> Certificate:
    """Return what the certificate says. Raises Unfit."""
    try:
        return certificate.read(published.certificate)
    except ValueError as error:
        raise Unfit("its certificate cannot be read") from error
