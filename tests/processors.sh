#!/bin/sh
# usage: tests/processors.sh [BUILD]. Run after ./dev check; needs qemu-user-static.
# Runs the tests of sound as other processors would: FFmpeg and libopus choose their code by what the processor can do, and
# each maker's reciprocals and square roots round in their own way. A verdict that hangs on such bits is no verdict.
set -eu
build=${1:-build}
emulator=$(command -v qemu-x86_64-static || command -v qemu-x86_64) || {
  echo 'processors: qemu-user-static is not installed' >&2
  exit 1
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=0

# on NAME COMMAND...: runs the suites that compare samples, with COMMAND before each program.
on() {
  name=$1
  shift
  for program in media_test media_sound_test media_odd_test media_live_pace_test rehearsal_rules_test; do
    # Left out: what has a deadline in real time, which an emulator does not keep.
    if "$@" "$build/tests/$program" --gtest_filter='-LiveHls.*:SlowServer.*:Patience*.*:*OfAPipeIsListenedFor' >"$log" 2>&1; then
      result=passed
    else
      result=FAILED failed=1
      grep -E 'Failure|Which is|actual|^\[  FAILED' "$log" | tail -n 20
    fi
    printf '%-44s %-24s %s\n' "$name" "$program" "$result ($(grep -c '^\[       OK' "$log") tests)"
  done
}

on 'this one, FFmpeg without its instructions' env VCPLAY_TEST_CPU_FLAGS=0
on 'SSE4.2, without AVX' "$emulator" -cpu Nehalem
on 'AVX2, without AVX-512' "$emulator" -cpu Haswell
exit $failed
