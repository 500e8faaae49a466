#!/bin/sh
# usage: tests/fresh_machine.sh [bookworm|trixie|sid] [FOLDER]. Run as root, on Debian with debootstrap.
# Makes a bare Debian (12, then 13, or the one that is named) in a folder of its own: no compiler, no make, no sudo. Clones
# this project's last commit into it and runs the README's two commands there: first as root, then, in a second bare Debian,
# as an ordinary user with sudo. sid, Debian's unstable, is a canary: the demo alone is run there, as root.
# With VCPLAY_CCACHE=FOLDER all is compiled through a ccache that lies there.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
suites='bookworm trixie'
case ${1:-} in
  bookworm | trixie | sid)
    suites=$1
    shift
    ;;
esac
lab=${1:-$(mktemp -d /tmp/vcplay-fresh.XXXXXX)}

say() { echo "fresh: $*"; }

# It is deleted in the end.
[ -z "$(ls -A "$lab" 2>/dev/null)" ] || {
  say "the folder is not empty: $lab" >&2
  exit 1
}

# shellcheck source=/dev/null
. "$root/tests/lab.sh"
want_mirror 1

clean_up() {
  detach "$lab/root"
  detach "$lab/user"
  discard "$lab"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Unpacks a bare Debian $1 as machine $2.
unpack() {
  mkdir "$lab/$2"
  tar -C "$lab/$2" -xf "$lab/bare.tar"
  attach "$lab/$2"
  furnish "$1" "$lab/$2"
}

# What a person types after git clone: the verbs behind machine $1, user $2 and home $3.
read_me() {
  machine=$1 user=$2 home=$3
  shift 3
  git clone -q --no-hardlinks "$root" "$lab/$machine$home/vcplay" # whose owner changes
  if command -v npm >/dev/null; then
    printf 'registry=%s\n' "$(npm config get registry 2>/dev/null)" >"$lab/$machine$home/.npmrc"
  fi
  chroot "$lab/$machine" chown -R "$user" "$home"
  through=
  if [ -n "${VCPLAY_CCACHE:-}" ]; then
    mkdir -p "$VCPLAY_CCACHE" "$lab/$machine/ccache"
    chmod -R a+rwX "$VCPLAY_CCACHE"
    mount --bind "$VCPLAY_CCACHE" "$lab/$machine/ccache"
    inside "$lab/$machine" "$user" "$home" "cd $home/vcplay && ./dev need ccache" </dev/null
    through="CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_DIR=/ccache CCACHE_UMASK=000 CCACHE_BASEDIR=$home/vcplay"
    through="$through CCACHE_NOHASHDIR=1 CCACHE_DEPEND=1 CCACHE_SLOPPINESS=time_macros"
  fi
  for verb in "$@"; do
    began=$(date +%s)
    say "$suite: ./dev $verb, as $user"
    inside "$lab/$machine" "$user" "$home" "cd $home/vcplay && $through ./dev $verb" </dev/null
    say "$suite: ./dev $verb, as $user: $(($(date +%s) - began)) s"
  done
}

for suite in $suites; do
  say "$suite: a bare Debian in $lab"
  bootstrap "$suite" "$lab/bare"
  tar -C "$lab/bare" -cf "$lab/bare.tar" .
  discard "$lab/bare"

  unpack "$suite" root
  if [ "$suite" = sid ]; then
    read_me root root /root demo
  else
    read_me root root /root demo check
  fi
  detach "$lab/root"
  discard "$lab/root"
  [ "$suite" != sid ] || continue

  unpack "$suite" user
  inside "$lab/user" root /root "apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq sudo >/dev/null 2>&1
    useradd --create-home --shell /bin/sh player
    echo 'player ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/player"
  read_me user player /home/player demo check
  detach "$lab/user"
  discard "$lab/user"
done
say "passed: $suites"
