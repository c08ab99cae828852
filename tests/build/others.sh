#!/bin/sh
# Fill build/lexicon-*, and build/certbot-1.21 where there is a Python 3.10 for it.
set -eu
cd "$(dirname "$0")/../.."

environment() { # PYTHON FOLDER REQUIREMENT...
    "$1" -m venv --clear "build/$2"
    folder=$2
    shift 2
    "build/$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
}

environment /usr/bin/python3 lexicon-newest --upgrade dns-lexicon boto3
# the distribution's Lexicon, with the library that it wants for Route 53
/usr/bin/python3 -m venv --clear --system-site-packages build/lexicon-apt
build/lexicon-apt/bin/pip install --quiet --disable-pip-version-check boto3
# what docs/dns.md has people install, for a test that runs its commands without a network
rm -rf build/lexicon-wheels
build/lexicon-newest/bin/pip wheel --quiet --disable-pip-version-check \
    --wheel-dir build/lexicon-wheels dns-lexicon boto3
for python in python3.10 "$HOME"/.pyenv/versions/3.10*/bin/python; do
    if "$python" --version >/dev/null 2>&1; then
        environment "$python" certbot-1.21 --requirement tests/plugin/certbot-1.21.txt
        exit 0
    fi
done
echo "no Python 3.10 here: certbot 1.21 is not tried" >&2
