#!/bin/sh
# usage: tests/other_debian.sh SUITE [FOLDER]. Run as root, on Debian with debootstrap.
# Builds the last commit in a bare Debian SUITE (trixie, bookworm) and runs the tests there, but for those that play by the wall
# clock. FOLDER, by default in the user's cache, keeps that Debian, its packages and its compiled files for the next run.
# Ends with 77, and says why, where no other Debian can be had.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
suite=$1
lab=${2:-${XDG_CACHE_HOME:-$HOME/.cache}/vcplay/debian}

say() { echo "$suite: $*"; }
skip() {
  say "SKIPPED: $*"
  exit 77
}

[ "$(id -u)" = 0 ] || skip 'only root can make another Debian'
command -v debootstrap >/dev/null || skip 'debootstrap is not installed'
# shellcheck source=/dev/null
. "$root/tests/lab.sh"
want_mirror 77
machine=$lab/$suite

trap 'detach "$machine"' EXIT
trap 'exit 1' INT TERM

if [ -e "$machine/ready" ]; then
  say "the one in $machine"
else
  say "a bare one in $machine"
  detach "$machine"
  discard "$machine"
  bootstrap "$suite" "$machine"
  touch "$machine/ready"
fi
attach "$machine"
furnish "$suite" "$machine"

# The same folder each time: what did not change since is not compiled again.
rm -rf "$machine/root/vcplay"
git clone -q --no-hardlinks "$root" "$machine/root/vcplay"
inside "$machine" root /root "cd /root/vcplay && ./dev need ccache" </dev/null
# Published test vectors go along, where they are named.
if [ -n "${VCPLAY_MLS_VECTORS:-}" ]; then
  rm -rf "$machine/root/mls-vectors"
  cp -r "$VCPLAY_MLS_VECTORS" "$machine/root/mls-vectors"
fi
inside "$machine" root /root "cd /root/vcplay && export CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DEPEND=1 CCACHE_NOHASHDIR=1 &&
  ${VCPLAY_MLS_VECTORS:+export VCPLAY_MLS_VECTORS=/root/mls-vectors &&}
  ./dev check -LE 'real_time|interop'" </dev/null
say 'passed'
