#!/bin/sh
# Install the distribution packages that the tests and the demo need; no service is started.
# Does nothing if all are there. Run as root.
set -eu
POLICY=/usr/sbin/policy-rc.d
WANTED="ca-certificates certbot cron faketime git hostname iproute2 lsb-release lsof nginx-light
openssl procps python3-venv python3-yaml strace util-linux"

# the servers that the snippets are for, beside nginx
WANTED="$WANTED apache2 haproxy"

# DNS-01: what publishes records, and servers to publish them at
WANTED="$WANTED bind9 pdns-backend-sqlite3 pdns-server python3-dnspython python3-lexicon sqlite3"

# bench: what the layer is measured beside
WANTED="$WANTED dehydrated uacme"

# packages.sh systemd: also what boots machines
[ "${1:-}" != systemd ] || WANTED="$WANTED debootstrap systemd-container"

# what the real layer:basic installs in every charm's first hook
[ -z "${LAYER_BASIC:-}" ] || WANTED="$WANTED build-essential python3-dev python3-pip
python3-setuptools python3-virtualenv python3-wheel virtualenv"

installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }

missing=
for package in $WANTED; do
    installed "$package" || missing="$missing $package"
done
command -v cc >/dev/null || command -v gcc >/dev/null || command -v tcc >/dev/null || missing="$missing tcc libc6-dev"
command -v pebble >/dev/null && command -v pebble-challtestsrv >/dev/null || missing="$missing pebble"
[ -n "$missing" ] || exit 0

echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
for attempt in 1 2 3; do
    apt-get -q update && break
    [ "$attempt" = 3 ] && echo "apt-get update failed; going on with the lists that are there" >&2
    sleep 5
done
case "$missing" in
*pebble*)
    if ! apt-cache show pebble >/dev/null 2>&1; then
        echo "This release has no package 'pebble' (an ACME server for tests; Debian 12 and Ubuntu 24.04" >&2
        echo "have it). Put 'pebble' and 'pebble-challtestsrv' on the PATH and run make again." >&2
        exit 1
    fi
    ;;
esac
if [ ! -e "$POLICY" ]; then
    trap 'rm -f "$POLICY"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$POLICY"
    chmod 755 "$POLICY"
fi
# shellcheck disable=SC2086
apt-get -q -y --no-install-recommends install $missing
