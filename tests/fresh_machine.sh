#!/bin/sh
# usage: tests/fresh_machine.sh [FOLDER [RELEASE]]. Run as root, on Debian with debootstrap.
# Makes a bare Debian 12, or 13 where RELEASE is trixie, in a folder of its own (no compiler, no make, no sudo), clones this
# project's last commit into it and runs the README's two commands there: first as root, then, in a second bare Debian, as
# an ordinary user with sudo.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
lab=${1:-$(mktemp -d /tmp/vcplay-fresh.XXXXXX)} release=${2:-bookworm}
mkdir -p "$lab"

say() { echo "fresh: $*"; }

# The mirror and what leads to it are this machine's own: the project names none.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' | grep -m 1 'debian/*$'
}

unmount() {
  for mounted in dev/shm dev sys proc; do
    umount "$lab/$1/$mounted" 2>/dev/null || umount -l "$lab/$1/$mounted" 2>/dev/null || :
  done
}

clean_up() {
  unmount root
  unmount user
  # Never delete through a mount that did not go away.
  if grep -q " $lab/" /proc/mounts; then say "still mounted, so left alone: $lab"; else rm -rf --one-file-system "$lab"; fi
}
trap clean_up EXIT
trap 'exit 1' INT TERM

bare_debian() {
  folder=$lab/$1
  mkdir "$folder"
  tar -C "$folder" -xf "$lab/bare.tar"
  for file in /etc/resolv.conf /etc/hosts; do cp "$file" "$folder$file" 2>/dev/null || :; done
  for extra in /etc/apt/auth.conf.d /usr/local/share/ca-certificates; do
    if [ -d "$extra" ]; then mkdir -p "$folder$extra" && cp -r "$extra/." "$folder$extra/"; fi
  done
  # A proxy counts as part of the road to the mirror; rules about what to install do not.
  grep -lisE 'proxy|acquire::(check|https?)' /etc/apt/apt.conf /etc/apt/apt.conf.d/* | xargs -r cp -t "$folder/etc/apt/apt.conf.d/"
  printf 'deb %s %s main\n' "$(mirror)" "$release" "$(mirror)" "$release-updates" >"$folder/etc/apt/sources.list"
  mount -t proc proc "$folder/proc"
  mount -t sysfs sysfs "$folder/sys" 2>/dev/null || :
  mount --rbind /dev "$folder/dev" 2>/dev/null || mount --bind /dev "$folder/dev"
  chroot "$folder" update-ca-certificates >/dev/null 2>&1 || :
}

# Runs a command in machine $1 as user $2 with home $3, in an environment as bare as a new login's.
inside() {
  chroot_folder=$lab/$1 chroot_user=$2 chroot_home=$3
  shift 3
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$chroot_home" LANG=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    chroot --userspec="$chroot_user" "$chroot_folder" sh -euc "$*"
}

# What a person types after git clone.
read_me() {
  machine=$1 user=$2 home=$3
  git clone -q "$root" "$lab/$machine$home/vcplay"
  if command -v npm >/dev/null; then
    printf 'registry=%s\n' "$(npm config get registry 2>/dev/null)" >"$lab/$machine$home/.npmrc"
  fi
  chroot "$lab/$machine" chown -R "$user" "$home"
  for verb in demo check; do
    began=$(date +%s)
    say "./dev $verb, as $user"
    inside "$machine" "$user" "$home" "cd $home/vcplay && ./dev $verb" </dev/null
    say "./dev $verb, as $user: $(($(date +%s) - began)) s"
  done
}

say "a bare Debian ($release) in $lab"
debootstrap --variant=minbase --include=ca-certificates "$release" "$lab/bare" "$(mirror)" >"$lab/debootstrap.log" 2>&1 ||
  { tail "$lab/debootstrap.log"; exit 1; }
tar -C "$lab/bare" -cf "$lab/bare.tar" .
rm -rf "$lab/bare"

bare_debian root
read_me root root /root
unmount root
rm -rf --one-file-system "$lab/root"

bare_debian user
inside user root /root "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq sudo >/dev/null 2>&1
  useradd --create-home --shell /bin/sh player
  echo 'player ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/player"
read_me user player /home/player
say 'passed'
