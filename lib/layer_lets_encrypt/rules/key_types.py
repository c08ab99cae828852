"""The types of private keys that can be asked for, and what certbot is told of each. Pure."""

from __future__ import annotations

# As operators write them -> what they mean. A charm's request may say rsa or ecdsa alone,
# which any size fits.
OF_OPERATORS = {
    "rsa": "rsa-2048",
    "rsa-3072": "rsa-3072",
    "rsa-4096": "rsa-4096",
    "ecdsa": "ecdsa-256",
    "ecdsa-384": "ecdsa-384",
}

_CURVES = {"256": "secp256r1", "384": "secp384r1"}


def fits(wanted: str, kind: str, bits: int) -> bool:
    """Whether a key of this kind ("rsa", "ecdsa") and size is what is wanted."""
    wanted_kind, _, wanted_bits = wanted.partition("-")
    return kind == wanted_kind and wanted_bits in ("", str(bits))


def described(wanted: str, kind: str, bits: int) -> str:
    """Return a key's type in the words of what is wanted: with its size if that has one."""
    return f"{kind}-{bits}" if "-" in wanted else kind


def certbot_arguments(wanted: str) -> list[str]:
    """Return certbot's arguments for a type, [] for "": certbot's own choice."""
    kind, _, bits = wanted.partition("-")
    if not kind:
        return []
    arguments = ["--key-type", kind]
    if bits and kind == "rsa":
        arguments += ["--rsa-key-size", bits]
    elif bits:
        arguments += ["--elliptic-curve", _CURVES[bits]]
    return arguments
