#!/bin/bash
# Run one step: a line says what it does and how long that takes; what it prints goes to a log.
# usage: step.sh STAMP WHAT HOW_LONG COMMAND...     touches STAMP (if it is not -) when all went well
LOG=build/install.log
STAMP=$1 WHAT=$2 HOW_LONG=$3
shift 3

interrupted() {
    echo
    echo "interrupted; the next make goes on from here"
    exit 0 # make has been interrupted, too, and would have more to say about a failure
}

trap interrupted INT
echo "== $WHAT ($HOW_LONG)"
mkdir -p build/stamps
printf '\n== %s: %s\n' "$(date -u +%FT%TZ)" "$*" >>"$LOG"
"$@" >>"$LOG" 2>&1 </dev/null
status=$?
if [ "$status" = 0 ]; then
    [ "$STAMP" = - ] || touch "$STAMP"
    echo "   done in $SECONDS s; its output is in $LOG"
    exit 0
fi
echo "   FAILED; the end of $PWD/$LOG:"
tail -n 8 "$LOG" | cut -c 1-300 | sed 's/^/   | /'
exit "$status"
