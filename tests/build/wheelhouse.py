"""Build this layer's part of the wheelhouse as a unit does: from source, with nothing at hand but
what layer:basic brings.

    wheelhouse.py [PYTHON]      such as 3.8; prints what was built
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from charmbuild import BUILD, PROJECT, layer_sources, places

OWN = PROJECT / "wheelhouse.txt"


def names(requirements: Path) -> set[str]:
    """The packages that a requirements file names, in lower case."""
    lines = requirements.read_text().splitlines()
    found = (re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line) for line in lines)
    return {match.group().lower().replace("_", "-") for match in found if match}


def build_from_source(python: str = "") -> list[str]:
    """Build each requirement of the layer from its sdist; returns the wheels' names.

    The only tools are layer:basic's: its pins are the constraints of the build, and there is no
    index. Raises subprocess.CalledProcessError with pip's words in ``output``.
    """
    here, basic = places(python), layer_sources()["basic"] / "wheelhouse.txt"
    sdists = BUILD / here.wheels.name.replace("wheels", "sdists")
    with tempfile.TemporaryDirectory() as target:
        command = [here.venv / "bin/pip", "wheel", "--quiet", "--no-index", "--no-deps"]
        command += ["--use-pep517", "--no-binary", ",".join(names(OWN)), "--wheel-dir", target]
        command += ["--find-links", sdists, "--find-links", here.wheels, "--requirement", OWN]
        pins = {"PIP_CONSTRAINT": str(basic), "PIP_BUILD_CONSTRAINT": str(basic)}
        subprocess.run(command, env={**os.environ, **pins}, check=True, text=True,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip
        return sorted(path.name for path in Path(target).iterdir())


def main() -> int:
    """Command line; 1 = pip could not build it."""
    try:
        print("\n".join(build_from_source(*sys.argv[1:2])))
    except subprocess.CalledProcessError as error:
        print(error.output, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
