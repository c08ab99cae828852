#!/bin/sh
# Make build/FOLDER, a Python environment, or complete it.
# usage: venv.sh FOLDER REQUIREMENT...      names, or files that end in .txt
set -eu
cd "$(dirname "$0")/../.."
folder=build/$1 whole=build/stamps/$1 # step.sh makes the stamp when all is there
shift
[ -e "$whole" ] || /usr/bin/python3 -m venv --clear "$folder" # one that was killed half-way is of no use
pip="$folder/bin/pip --quiet --disable-pip-version-check install --upgrade"
words=
for word; do
    case $word in
    *.txt) words="$words --requirement $word" ;;
    *) words="$words $word" ;;
    esac
done
# shellcheck disable=SC2086
[ -e "$whole" ] || $pip pip wheel 'setuptools<82'
# shellcheck disable=SC2086
$pip $words
