#!/bin/sh
# Leaves a marker for Juju unit $unit and runs its update-status hook, which then renews the
# certificates that are due. If the unit cannot be reached, its next hook finds the marker.
set -u
exec 9>"$state/renew.lock"
flock -n 9 || exit 0
touch "$state/renew-requested"
date +%s >"$state/schedule-ran"
runner="$$(command -v juju-exec || command -v juju-run)" || exit 1
exec timeout --kill-after=60 3600 "$$runner" "$unit" 'JUJU_HOOK_NAME=update-status hooks/update-status' \
    >"$state/renew.log" 2>&1
