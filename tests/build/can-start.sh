#!/bin/sh
# Print one line that says why nothing can start on this machine; print nothing if all is well.
# usage: can-start.sh MEGABYTES STAMP...
# If one of the STAMPS is missing, something is to be installed: that takes a network and MEGABYTES.
#
# Looks only, in a fraction of a second, before anything is downloaded or changed.
cd "$(dirname "$0")/../.." || exit 1
MEGABYTES=$1
shift

no() {
    echo "$*"
    exit 0
}

plain_path() {
    case $PWD in
    *[!A-Za-z0-9._/@+,=-]*)
        odd=$(printf %s "$PWD" | tr -d 'A-Za-z0-9._/@+,=-' | cut -c 1)
        [ "$odd" != " " ] || odd="a blank"
        no "the path of this folder ($PWD) holds $odd, which make and Python environments cannot bear; move the folder" ;;
    esac
}

writable() {
    mkdir -p build/stamps 2>/dev/null && : 2>/dev/null >build/stamps/.written && return
    no "nothing can be written to $PWD/build; use a copy of this folder that is yours"
}

privileges() {
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        no "private worlds and packages need root: there is no sudo here; run make as root, or install sudo"
    [ "$(id -u)" != 0 ] || unshare --mount --net --pid --fork true 2>/dev/null ||
        no "this container does not allow private namespaces (unshare); use a virtual machine or a privileged container"
}

programs() {
    command -v apt-get >/dev/null ||
        no "there is no apt-get here; use Debian 12, Ubuntu 22.04 or newer"
    [ -e /usr/bin/python3 ] || return
    /usr/bin/python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' ||
        no "$(/usr/bin/python3 --version) is too old; use Debian 12, Ubuntu 22.04 or newer (Python 3.9)"
}

network() { # routes other than those of the loopback interface, or a proxy
    [ -z "${http_proxy:-}${https_proxy:-}${HTTP_PROXY:-}${HTTPS_PROXY:-}" ] || return
    tail -n +2 /proc/net/route 2>/dev/null | grep -q . && return
    grep -qv ' lo$' /proc/net/ipv6_route 2>/dev/null && return
    no "this machine has no network, and packages are still to be downloaded; run make again when it has one"
}

room() {
    for folder in . /usr /var; do
        free=$(df -Pk "$folder" | awk 'END { print int($4 / 1024) }')
        [ "$free" -ge "$MEGABYTES" ] ||
            no "$free MB are free in $(df -Pk "$folder" | awk 'END { print $6 }'); what is still to be installed takes $MEGABYTES MB"
    done
}

plain_path
writable
privileges
programs
for stamp; do
    if [ ! -e "$stamp" ]; then
        network
        room
        break
    fi
done
