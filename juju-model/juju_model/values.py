"""Names for the plain data that the model is made of: what JSON can hold."""

from __future__ import annotations

from typing import Any

Model = dict[str, Any]  # the whole model
Entry = dict[str, Any]  # a part of it: an application, a unit, a relation, a hook ...
Settings = dict[str, str]  # relation data, leader settings, a unit's own store
PortRange = list[Any]  # [protocol, from, to, endpoint]
PortChange = tuple[str, PortRange]  # "open" or "close", the range
Options = dict[str, Any]  # of a hook tool: its values by their longest name
