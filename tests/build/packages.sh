#!/bin/sh
# Install distribution packages; no service is started. Does nothing if all are there. Run as root.
# usage: packages.sh [demo | day | test | systemd]      each includes the one before
#        packages.sh fresh                              what lays out another release, alone
set -eu
POLICY=/usr/sbin/policy-rc.d
OURS="# made by packages.sh of layer:lets-encrypt for the time of an installation"
SET=${1:-test}

cd "$(dirname "$0")/../.."
# a world, and in it Pebble and a charm with nginx
WANTED="ca-certificates faketime git hostname iproute2 lsb-release nginx-light openssl procps
python3-venv python3-yaml util-linux"
# what the layer has a charm install: worlds have no network
WANTED="$WANTED $(sed -n '/^    packages:/,/^[a-z]/s/^ *- //p' layer.yaml)"
# what other releases have in packages of their own, or not at all
PERHAPS=

if [ "$SET" = fresh ]; then
    WANTED="debootstrap"
elif [ "$SET" = day ]; then
    WANTED="$WANTED haproxy"
elif [ "$SET" != demo ]; then
    WANTED="$WANTED lsof strace"
    # the servers that the snippets are for, beside nginx
    WANTED="$WANTED apache2 haproxy"
    # DNS-01: what publishes records, and servers to publish them at
    WANTED="$WANTED bind9 pdns-backend-sqlite3 pdns-server python3-dnspython sqlite3"
    PERHAPS="$PERHAPS python3-lexicon"
    # bench: what the layer is measured beside
    WANTED="$WANTED dehydrated uacme"
fi
# what boots machines
[ "$SET" != systemd ] || WANTED="$WANTED debootstrap systemd-container"

# what the real layer:basic installs in every charm's first hook
[ -z "${LAYER_BASIC:-}" ] || WANTED="$WANTED build-essential python3-dev python3-pip
python3-setuptools python3-virtualenv python3-wheel virtualenv"

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

here() { command -v "$1" >/dev/null; }

candidate() { apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [^(]'; }

# An installation that was killed: it must not keep services from starting, nor apt from working.
if grep -qs "$OURS" "$POLICY"; then rm -f "$POLICY"; fi

missing=
for package in $WANTED; do
    installed "$package" || missing="$missing $package"
done
for package in $PERHAPS; do
    installed "$package" || ! candidate "$package" || missing="$missing $package"
done
# for the clock of worlds
if [ "$SET" = day ] || [ "$SET" = test ] || [ "$SET" = systemd ]; then
    here cc || here gcc || here clang || here tcc || missing="$missing compiler"
fi
here pivot_root || missing="$missing util-linux-extra"
[ "$SET" = fresh ] || { here pebble && here pebble-challtestsrv; } || missing="$missing pebble"
[ -n "$missing" ] || exit 0

export DEBIAN_FRONTEND=noninteractive
APT="apt-get -q -o DPkg::Lock::Timeout=120 -o Acquire::Retries=2 -o Acquire::http::Timeout=30"
dpkg --configure -a
$APT update || echo "apt-get update failed; going on with the lists that are there" >&2
for package in $PERHAPS; do
    installed "$package" || ! candidate "$package" || missing="$missing $package"
done
case "$missing" in
*compiler*)
    if candidate tcc; then compiler="tcc libc6-dev"; else compiler="gcc libc6-dev"; fi
    missing=$(echo "$missing" | sed "s/compiler/$compiler/")
    ;;
esac
for package in $missing; do
    candidate "$package" && continue
    echo "This release has no package '$package'. Debian 12 and Ubuntu 24.04 have all that is needed." >&2
    [ "$package" != pebble ] || echo "Put 'pebble' and 'pebble-challtestsrv' on the PATH and run make again." >&2
    exit 1
done
if [ ! -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    trap 'exit 130' INT TERM HUP
    printf '#!/bin/sh\n%s\nexit 101\n' "$OURS" >"$POLICY"
    chmod 755 "$POLICY"
fi
echo "installing:$missing"
# shellcheck disable=SC2086
$APT -y --no-install-recommends install $missing
