"""The model on disk: one JSON file, replaced whole at every change."""

from __future__ import annotations

import copy
import json
import os
import threading
from collections.abc import Callable
from typing import Any

from ..values import Model


class Store:
    """Holds the model; `data` may be read under `lock` and is changed by `change` alone."""

    def __init__(self, path: str, data: Model | None = None) -> None:
        """Open the model at `path`, or start one with `data`."""
        self.path = path
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        if data is None:
            with open(path, encoding="utf-8") as source:
                data = json.load(source)
            self.data = data
        else:
            self.replace(data)

    def change(self, function: Callable[..., Any], *args: Any) -> Any:
        """Apply `function(data, *args)` to a copy; keep the copy only if nothing was raised."""
        with self.lock:
            data = copy.deepcopy(self.data)
            result = function(data, *args)
            self.replace(data)
            self.changed.notify_all()
            return result

    def replace(self, data: Model) -> None:
        """Make `data` the model, on disk first."""
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        temporary = self.path + ".new"
        with open(temporary, "w", encoding="utf-8") as target:
            json.dump(data, target, separators=(",", ":"))
        os.replace(temporary, self.path)
        self.data = data
