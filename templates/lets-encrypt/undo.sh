#!/bin/sh
# After a boot, undoes what a hook of Juju unit $unit could not: without waiting for Juju's agent.
set -u
[ -e "$journal" ] || exit 0
PYTHONPATH="$library" exec "$python" -m layer_lets_encrypt.web.guard "$journal" $service \
    </dev/null >"$state/undo.log" 2>&1
