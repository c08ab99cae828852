"""What is known of certificates, lineages and accounts: values, read elsewhere."""

from __future__ import annotations

from typing import NamedTuple

from layer_lets_encrypt.rules import printable

ABSENT = "absent"
SANE = "sane"
BROKEN = "broken"


class Certificate(NamedTuple):
    """The facts of one certificate. Times are POSIX seconds, ``serial`` is hexadecimal."""

    names: tuple[str, ...]
    not_before: float
    not_after: float
    serial: str
    issuer: str
    key_type: str  # "rsa" or "ecdsa"
    renewal_id: str = ""  # what renewal-info knows it by, "" if it cannot be asked about
    key_bits: int = 0  # the key's size, 0 if it is not known

    def expired(self, now: float) -> bool:
        return self.not_after <= now


class Lineage(NamedTuple):
    """A lineage as it was found.

    ``state`` is ABSENT, SANE (certbot would go on with it) or BROKEN; ``fault`` says what is
    damaged. ``certificate`` holds its facts if the four live files can be read and match;
    a lineage without it that is sane, certbot itself will put in order.
    ``server`` is the directory URL it was ordered from, "" if that is unknown. ``root`` is the
    common name that its chain ends with, ``profile`` the CA's profile by certbot's own notes.
    """

    name: str
    state: str
    fault: str = ""
    certificate: Certificate | None = None
    server: str = ""
    root: str = ""
    profile: str = ""

    @property
    def usable(self) -> bool:
        """Whether a web server can be pointed at it."""
        return self.state == SANE and self.certificate is not None

    def holds(self, names: tuple[str, ...]) -> bool:
        """Whether a web server can be pointed at it for exactly these names."""
        return (
            self.usable
            and self.certificate is not None
            and set(self.certificate.names) == set(names)
        )


class Account(NamedTuple):
    """With which CA, and as whom; ``ca_certificates`` are PEM texts to trust for that.

    ``others`` are contacts that serve as well if the CA refuses ``email``, None for no contact.
    ``eab`` binds the account to one that the CA knows already: a pair or the id of a secret.
    """

    server: str
    email: str | None = None
    ca_certificates: str | None = None
    others: tuple[str | None, ...] = ()
    eab: str = ""

    def __repr__(self) -> str:
        return printable.described(self, "eab")
