#!/bin/sh
# keeper.sh BASE LOWER NAME: keeps the disk and the network of a machine while it is off.
#
# Runs in mount and network namespaces of its own. LOWER (folders, the upper first, with colons
# between) is shown at BASE/root; what is written there stays in memory, in BASE/disk/upper. Says
# "ready" and the id of a process that lives in that root, then stays until its input ends and
# takes away what it has made, and the control groups called NAME.
set -eu
BASE=$1 LOWER=$2 NAME=$3

mount -t tmpfs -o mode=755 tmpfs "$BASE"
mkdir "$BASE/root" "$BASE/disk" "$BASE/disk/upper" "$BASE/disk/work"
mount -t overlay overlay "$BASE/root" \
    -o "lowerdir=$LOWER,upperdir=$BASE/disk/upper,workdir=$BASE/disk/work"
ip link set lo up
chroot "$BASE/root" setpriv --pdeathsig KILL sleep infinity </dev/null >/dev/null 2>&1 &

echo "ready $!"
cat >/dev/null

kill "$!"
umount --lazy "$BASE"
for attempt in 1 2 3 4 5 6 7 8 9 10; do
    find /sys/fs/cgroup -mindepth 1 -depth -type d -path "*/$NAME*" -exec rmdir {} + 2>/dev/null || true
    [ -n "$(find /sys/fs/cgroup -maxdepth 2 -type d -name "$NAME")" ] || break
    sleep 0.2
done
rmdir "$BASE"
