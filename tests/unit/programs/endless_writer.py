"""Write one file again and again until killed: endless_writer.py LIB FILE."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from layer_lets_encrypt.machine import files  # noqa: E402

files.write_atomic(Path(sys.argv[2]), "a" * 100000)
print("go", flush=True)
while True:
    for text in ("b" * 100000, "a" * 100000):
        files.write_atomic(Path(sys.argv[2]), text)
