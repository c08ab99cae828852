"""The recording under other names: units, applications, keys and values, consistently.

Names keep their alphabetical order, so that sorted answers stay sorted; words that Juju's own
messages use are left alone.
"""

from __future__ import annotations

import random
import re
import string

ADDRESSES = ("10.0.0.5", "10.0.0.6", "203.0.113.9")
UNITS = ("x/0", "haproxy/0", "other/0", "nosuch/0", "nosuch/9")
APPLICATIONS = ("x", "haproxy", "nginx", "old", "other", "nosuch")
ENDPOINTS = ("website", "db")
KEYS = tuple(
    [
        "s",
        "empty",
        "nul",
        "zero",
        "b",
        "bf",
        "f",
        "i",
        "ml",
        "num",
        "long",
        "k",
        "z",
        "c",
        "d",
        "ak",
        "k1",
        "k2",
        "nokey",
        "nest",
        "none",
        "logs",
        "bin",
        "token",
        "tok",
        "lbl",
        "nolabel",
        "kkkk",
    ]
)
VALUES = tuple(
    ["hello", "v", "two", "av", "dbg", "override", "v1", "v2", "fromfile", "easyrsa", "foo", "bar"]
)
TOKENS = sorted({*APPLICATIONS, *ENDPOINTS, *KEYS, *VALUES})
FIXED = tuple(
    [
        "a",
        "n",
        "y",
        "yes",
        "q",
        "port",
        "name",
        "flag",
        "data",
        "key",
        "trust",
        "egress-subnets",
        "ingress-address",
        "private-address",
        "message",
        "status",
        "status-data",
    ]
)


def renaming(seed):
    """Old name -> new name, in the same order as before and among the fixed names."""
    generator = random.Random(seed)
    names: dict = {}
    for token in TOKENS:
        names[token] = next_name(token, names, generator)
    return names


def next_name(token, names, generator):
    """`token` with something behind it that keeps all orders."""
    for _ in range(10_000):
        tail = "".join(generator.choices(string.ascii_lowercase + string.digits, k=5))
        new = token + tail
        if all(in_order(token, new, old, known) for old, known in known_names(names)):
            return new
    raise RuntimeError(f"no other name found for {token!r}")


def known_names(names):
    """Names whose place is decided, and tokens still to come under their old names."""
    undecided = ((token, token) for token in TOKENS if token not in names)
    return [*names.items(), *((word, word) for word in FIXED), *undecided]


def in_order(old, new, other_old, other_new):
    """True if the two stand as they stood before."""
    return old == other_old or (old < other_old) == (new < other_new)


class Renamer:
    """Applies a renaming to anything that JSON can hold."""

    def __init__(self, seed):
        generator = random.Random(f"numbers {seed}")
        names = renaming(seed)
        pieces = {}
        for unit in UNITS:
            application, _, _ = unit.partition("/")
            pieces[unit] = f"{names[application]}/{generator.randint(2, 90)}"
        own, _, number = pieces["x/0"].partition("/")
        pieces["unit-x-0"] = f"unit-{own}-{number}"
        pieces["website-relation"] = f"{names['website']}-relation"
        for address in ADDRESSES:
            parts = [str(generator.randint(1, 250)) for _ in range(3)]
            pieces[address] = ".".join(["10", *parts])
        pieces["10.0.0.0/24"] = "10.0.0.0/24"
        self.pieces = {**pieces, **names}
        words = sorted(self.pieces, key=len, reverse=True)
        joined = "|".join(re.escape(word) for word in words)
        self.pattern = re.compile(rf"(?<![\w-])({joined})(?![\w]|-(?!config-|renew|website))")

    def text(self, text):
        """One string."""
        return self.pattern.sub(lambda match: self.pieces[match.group(1)], text)

    def apply(self, value):
        """Keys and values of maps, items of lists, strings."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.apply(item) for item in value]
        if isinstance(value, dict):
            return {self.text(key): self.apply(item) for key, item in value.items()}
        return value


RECORDED_KEYS = frozenset(
    [
        "unit",
        "leader",
        "config",
        "public-address",
        "private-address",
        "workload-status",
        "workload-message",
        "opened-ports",
        "leader-settings",
        "charm-state",
        "relations",
        "network",
        "context-id",
        "hook-relation",
        "action-params",
    ]
)


def renamed_context(context, seed):
    """A recorded context under other names; help texts and the recording's own keys stay."""
    renamer = Renamer(seed)
    state = {key: renamer.apply(value) for key, value in context["state"].items()}
    for relation in state.get("relations", ()):
        relation["broken"] = bool(relation["broken"])
    return {
        **context,
        "state": state,
        "calls": [renamed_call(c, renamer) for c in context["calls"]],
    }


def renamed_call(call, renamer):
    """One call."""
    if "--help" in call["argv"]:
        return call
    tool, *words = call["argv"]
    kept = ("env", "original")
    changed = {key: value if key in kept else renamer.apply(value) for key, value in call.items()}
    return {**changed, "argv": [tool, *renamer.apply(words)]}
