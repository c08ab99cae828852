"""What this hook could not do: told as a status instead of a failed hook."""

from __future__ import annotations

from typing import Callable

from charmhelpers.core import hookenv

from layer_lets_encrypt.juju import hook, tell
from layer_lets_encrypt.machine import os_errors
from layer_lets_encrypt.rules.complaint import Complaint


def survive(step: Callable[..., object], *words: object) -> None:
    """Take a step; what the machine refuses becomes a status instead of a failed hook."""
    try:
        step(*words)
    except OSError as error:
        fail(os_errors.words(error))


def fail(text: str) -> None:
    tell.log(text, level=hookenv.ERROR)
    hook.current().failures.append(Complaint("blocked", text))
