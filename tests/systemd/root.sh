#!/bin/sh
# root.sh TARGET PACKAGE...: lay out a small Debian or Ubuntu root, of this machine's own release, in
# the new folder TARGET: with systemd, cron and Pebble, and these packages. Run as root.
#
# Nothing is started; packages come from where this machine gets its own.
set -eu
TARGET=$1
shift
MIRROR=${MIRROR:-}
PACKAGES="ca-certificates cron dbus iproute2 lsb-release openssl pebble procps python3 python3-venv
python3-yaml systemd systemd-sysv"

# shellcheck source=/dev/null
. /etc/os-release
if [ -z "$MIRROR" ]; then
    MIRROR=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $VERSION_CODENAME" | head -n 1)
fi
if [ ! -e "/usr/share/debootstrap/scripts/$VERSION_CODENAME" ]; then
    echo "debootstrap does not know $VERSION_CODENAME; a newer debootstrap may" >&2
    exit 1
fi
components=main
[ "$ID" != ubuntu ] || components=main,universe

debootstrap --variant=minbase --components="$components" "$VERSION_CODENAME" "$TARGET" "$MIRROR"

# the same sources as this machine's, with its settings: updates and security, proxies, keys
rm -f "$TARGET/etc/apt/sources.list"
for part in sources.list sources.list.d apt.conf apt.conf.d preferences.d keyrings trusted.gpg.d auth.conf.d; do
    [ ! -e "/etc/apt/$part" ] || cp -a "/etc/apt/$part" "$TARGET/etc/apt/"
done
mkdir -p "$TARGET/usr/share/keyrings"
cp -an /usr/share/keyrings/. "$TARGET/usr/share/keyrings/"
cp -L /etc/resolv.conf /etc/hosts "$TARGET/etc/"
cp -a /usr/local/share/ca-certificates/. "$TARGET/usr/local/share/ca-certificates/" 2>/dev/null || true
printf '#!/bin/sh\nexit 101\n' >"$TARGET/usr/sbin/policy-rc.d"
chmod 755 "$TARGET/usr/sbin/policy-rc.d"

export DEBIAN_FRONTEND=noninteractive
chroot "$TARGET" apt-get -q update
# shellcheck disable=SC2086
chroot "$TARGET" apt-get -q -y --no-install-recommends install $PACKAGES "$@"
chroot "$TARGET" apt-get clean

rm -rf "$TARGET/etc/apt/auth.conf.d" "$TARGET/usr/sbin/policy-rc.d"
