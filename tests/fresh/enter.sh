#!/bin/sh
# Become a command in another root, with file systems of its own; runs in new mount and pid
# namespaces. usage: enter.sh ROOT COMMAND...
set -eu
ROOT=$1
shift
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs run
mkdir -p run/lock .before
pivot_root . .before
cd /
umount --lazy /.before
exec "$@"
