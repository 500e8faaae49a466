#!/bin/sh
# usage: tests/arm64.sh [FOLDER]. Run as root, on Debian with debootstrap.
# Cross-builds this project's last commit for 64-bit ARM, which a Raspberry Pi is, and runs there what needs no real time:
# those tests, and a rehearsal of a sample. Compilers, arm64 libraries and the emulator live in a Debian 12 in a folder of
# its own; a FOLDER that is named is kept, and the next run there only builds what changed.
#
# Left out, for reasons that are the emulator's and not the processor's:
# - real_time: plays and soaks by the wall clock. An emulator is ten times slower and translates code when it first runs,
#   so packets would leave late and gaps be counted. rehearse --fast plays the same way without a clock.
# - interop: Node.js and its clients come for this processor, not for arm64; validating the Kubernetes manifests runs none
#   of vcplay's code.
# - What a test itself skips here: it says so, and the skips are listed at the end. Sanitizers, fuzzing and benchmarks
#   belong to this processor's builds, whose source is the same.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
kept=${1:-}
lab=${kept:-$(mktemp -d /tmp/vcplay-arm64.XXXXXX)}
jobs=${JOBS:-$(nproc)}

say() { echo "arm64: $*"; }

# shellcheck source=/dev/null
. "$root/tests/lab.sh"
want_mirror 1
debian=$lab/bookworm

clean_up() {
  detach "$debian"
  [ -n "$kept" ] || discard "$lab"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# What ./dev installs, for this processor where it is a program or headers alone, and for arm64 where it is a library.
packages() {
  # shellcheck disable=SC2154 # dev assigns both
  (
    eval "$(awk "/^to_[a-z]*='/ { on = 1 } on; /'\$/ { on = 0 }" "$root/dev")"
    for package in $to_build $to_test; do
      case $package in
        *:*) ;; # a command of interop's, which is not run here
        g++) echo crossbuild-essential-arm64 ;;
        nlohmann-json3-dev | libcli11-dev) echo "$package" ;;
        lib*) echo "$package:arm64" ;;
        *) echo "$package" ;;
      esac
    done
    echo qemu-user-static
  )
}

within() { inside "$debian" root /root "$@" </dev/null; }

if [ ! -d "$debian" ]; then
  say "a bare Debian 12 in $debian"
  discard "$lab/new"
  bootstrap bookworm "$lab/new"
  mv "$lab/new" "$debian"
fi
attach "$debian"
if [ "$(packages)" != "$(cat "$lab/packages" 2>/dev/null)" ]; then
  say 'compilers, arm64 libraries and an emulator'
  furnish bookworm "$debian"
  # shellcheck disable=SC2046 # one word per package
  within "dpkg --add-architecture arm64; apt-get update -qq; DEBIAN_FRONTEND=noninteractive \
    apt-get install -qq --no-install-recommends" $(packages) >"$lab/apt.log" 2>&1 || { tail -n 30 "$lab/apt.log"; exit 1; }
  packages >"$lab/packages"
fi

say 'build'
source=$debian/root/vcplay
if [ -d "$source" ]; then
  git -C "$source" fetch -q "$root" HEAD
  git -C "$source" reset -q --hard FETCH_HEAD
else
  git clone -q --no-hardlinks "$root" "$source"
fi
within "cd /root/vcplay
  [ -e build/build.ninja ] ||
    cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_TOOLCHAIN_FILE=cmake/arm64.cmake --log-level=WARNING >/dev/null
  cmake --build build --parallel $jobs --target vcplay"

say 'rehearse'
within 'cd /root/vcplay/build
  LC_ALL=C awk -f ../tests/words/arpeggio.awk >arpeggio.wav
  qemu-aarch64-static ./vcplay --version
  qemu-aarch64-static ./vcplay rehearse --fast arpeggio.wav'

say 'test'
within "cmake --build /root/vcplay/build --parallel $jobs"
failed=0
within "ctest --test-dir /root/vcplay/build --output-on-failure --parallel 3 -LE 'real_time|interop'" ||
  failed=$?
tests=$(awk '/^\[  PASSED  \]/ { passed += $4 } END { print passed + 0 }' "$source/build/Testing/Temporary/LastTest.log")
say "$tests tests passed in an emulator"
say 'left out: what is labelled real_time (an emulator keeps no time) or interop (its clients come for this processor)'
{ grep -h '^\[  SKIPPED \].* ms)' "$source/build/Testing/Temporary/LastTest.log" || :; } | sort | uniq -c
[ "$failed" = 0 ]
