#!/bin/sh
# Fill build/wheels with what charm-build will ask for, so that builds need no network, and
# build/sdists with the sources of this layer's own requirements.
# usage: wheels.sh BASIC_LAYER [PYTHON]   (folder of layer:basic, for its wheelhouse.txt; PYTHON
# such as 3.8 fills build/wheels-3.8 by means of build/venv-3.8)
set -eu
TAIL=${2:+-$2}
cd "$(dirname "$0")/../.."
PIP="build/venv$TAIL/bin/pip --quiet --disable-pip-version-check"
export PIP_CONSTRAINT=wheelhouse-constraints.txt PIP_BUILD_CONSTRAINT=wheelhouse-constraints.txt
mkdir -p "build/wheels$TAIL" "build/sdists$TAIL"
# shellcheck disable=SC2086
fetch() {
    # pure wheels that were built for this machine's Python serve the others, too
    $PIP wheel --wheel-dir "build/wheels$TAIL" ${TAIL:+--find-links build/wheels} "$@"
}
fetch --requirement "$1/wheelhouse.txt" --requirement wheelhouse.txt
fetch 'pip<23.1' 'setuptools<67' # charm-build's own environment
own=$(sed -n 's/^\([A-Za-z0-9][A-Za-z0-9._-]*\).*/\1/p' wheelhouse.txt | paste -sd, -)
# shellcheck disable=SC2086
$PIP download --no-deps --no-binary "$own" --dest "build/sdists$TAIL" --requirement wheelhouse.txt
