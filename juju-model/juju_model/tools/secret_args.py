"""Command lines of the secret tools: URIs, content, expiry, in Juju's words for what is wrong."""

from __future__ import annotations

import base64
import binascii
import datetime
import re
import time

import yaml

from ..formats import quote
from ..state.secret_store import ROTATION
from ..values import Entry, Options, Settings
from .command import Call
from .context import Context
from .gnuflag import Flag, UsageError

URI = re.compile(r"(?:secret:)?(?://[0-9a-f-]{36}/)?([0-9a-v]{20})")
KEY = re.compile(r"[a-z](?:-?[a-z0-9]){2,}")
DURATION = re.compile(r"[-+]?(?:\d+(?:\.\d*)?(?:ns|us|ms|s|m|h))+")
UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
MAX_BYTES = 1_000_000


def secret_id(text: str) -> str:
    """The id of `secret:ID` or `ID`."""
    match = URI.fullmatch(text)
    if not match:
        raise UsageError(f"secret URI {quote(text)} not valid")
    return match.group(1)


def required_id(args: list[str]) -> str:
    """The first argument as an id."""
    if not args:
        raise UsageError("missing secret URI")
    return secret_id(args[0])


def edit_flags(context: Context) -> list[Flag]:
    """The options of secret-add and secret-set."""
    return [
        Flag(("description",), "string", "", "the secret description"),
        Flag(("expire",), "string", "", "either a duration or time when the secret should expire"),
        Flag(("file",), "string", "", "a YAML file containing secret key values"),
        Flag(("label",), "string", "", "a label used to identify the secret in hooks"),
        Flag(("owner",), "string", "application", "the owner of the secret, application or unit"),
        Flag(("rotate",), "string", "", "the secret rotation policy"),
    ]


def fields(options: Options) -> Entry:
    """Owner and metadata of the command line; None for what is not given."""
    if options["owner"] not in ("application", "unit"):
        raise UsageError(f"secret owner {quote(options['owner'])} not valid")
    if options["rotate"] and options["rotate"] not in ROTATION:
        raise UsageError(f"rotate policy {quote(options['rotate'])} not valid")
    return {
        "label": options["label"] or None,
        "description": options["description"] or None,
        "rotate": options["rotate"] or None,
        "expire": expiry(options["expire"]) if options["expire"] else None,
    }


def expiry(text: str) -> float:
    """When, in seconds since the epoch."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S"):
        try:
            moment = datetime.datetime.strptime(text, form)
            return moment.replace(tzinfo=datetime.timezone.utc).timestamp()
        except ValueError:
            continue
    if not DURATION.fullmatch(text):
        raise UsageError(f"expire time or duration {quote(text)} not valid")
    if text.startswith("-"):
        raise UsageError(f"negative expire duration {quote(text)} not valid")
    parts = re.findall(r"([\d.]+)(ns|us|ms|s|m|h)", text)
    return time.time() + sum(float(number) * UNITS[unit] for number, unit in parts)


def content(words: list[str], file_name: str, call: Call) -> Settings:
    """Key -> base64 of `k=v` words and --file; words win."""
    data = {}
    if file_name:
        data.update(from_file(file_name, call))
    for word in words:
        key, value = one_value(word, call)
        data[key] = value
    total = 0
    for key, value in data.items():
        total += len(value)
        if len(value) > MAX_BYTES:
            raise UsageError(f"secret content for key {quote(key)} too large: {len(value)} bytes")
    if total > MAX_BYTES:
        raise UsageError(f"secret content too large: {total} bytes")
    return data


def from_file(file_name: str, call: Call) -> Settings:
    """The pairs of a YAML file."""
    try:
        pairs = yaml.safe_load(call.read(file_name)) or {}
    except FileNotFoundError as error:
        raise UsageError(str(error)) from None
    return dict(one_value(f"{key}={value}", call) for key, value in pairs.items())


def one_value(word: str, call: Call) -> tuple[str, str]:
    """`key=value`, `key#base64=value` or `key#file=path` as (key, base64)."""
    key, equals, value = word.partition("=")
    if not key or not value:
        raise UsageError(f"key value {quote(word)} not valid")
    key, _, kind = key.partition("#")
    if not KEY.fullmatch(key):
        raise UsageError(f"key {quote(key)} not valid")
    if kind == "base64":
        return key, checked_base64(key, value)
    if kind == "file":
        try:
            value = call.read(value)
        except FileNotFoundError as error:
            raise UsageError(f"reading content for secret key {quote(key)}: {error}") from None
    return key, base64.b64encode(value.encode("utf-8", "surrogateescape")).decode()


def checked_base64(key: str, value: str) -> str:
    """A value that is base64 already."""
    try:
        base64.b64decode(value, validate=True)
    except binascii.Error:
        raise UsageError(f"secret value for key {quote(key)} is not valid base64") from None
    return value
