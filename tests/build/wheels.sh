#!/bin/sh
# Fill build/wheels with what charm-build will ask for, so that builds need no network.
# usage: wheels.sh BASIC_LAYER   (folder of layer:basic, for its wheelhouse.txt)
set -eu
cd "$(dirname "$0")/../.."
fetch() {
    PIP_CONSTRAINT=tests/build/wheel-constraints.txt \
        build/venv/bin/pip wheel --quiet --disable-pip-version-check --wheel-dir build/wheels "$@"
}
fetch --requirement "$1/wheelhouse.txt"
fetch --requirement wheelhouse.txt
fetch 'setuptools<82' wheel setuptools-scm
fetch 'pip<23.1' 'setuptools<67' # charm-build's own environment
