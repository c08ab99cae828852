#!/bin/sh
# Fill build/wheels with what charm-build will ask for, so that builds need no network.
# usage: wheels.sh BASIC_LAYER [PYTHON]   (folder of layer:basic, for its wheelhouse.txt; PYTHON
# such as 3.8 fills build/wheels-3.8 by means of build/venv-3.8)
set -eu
TAIL=${2:+-$2}
# pure wheels that were built for this machine's Python serve the others, too
LINKS=${2:+--find-links build/wheels}
cd "$(dirname "$0")/../.."
fetch() {
    # shellcheck disable=SC2086
    PIP_CONSTRAINT=tests/build/wheel-constraints.txt \
        "build/venv$TAIL/bin/pip" wheel --quiet --disable-pip-version-check --wheel-dir "build/wheels$TAIL" \
        $LINKS "$@"
}
fetch --requirement "$1/wheelhouse.txt"
fetch --requirement wheelhouse.txt
fetch 'setuptools<82' wheel setuptools-scm
fetch 'pip<23.1' 'setuptools<67' # charm-build's own environment
