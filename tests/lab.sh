#!/bin/sh
# Sourced by tests/fresh_machine.sh and tests/arm64.sh: bare Debians, each in a folder of its own below $lab. Who sources this
# has set $lab, defines say, runs as root and has debootstrap.
mkdir -p "${lab:?}"
lab=$(CDPATH='' cd -- "$lab" && pwd)

# The mirrors and what leads to them are this machine's own: the project names none. $1 is how a mirror's address ends.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' | grep -m 1 "$1/*\$"
}

# What apt reads in Debian $1. Unstable has neither updates nor security updates: they are in it.
apt_sources() {
  echo "deb $(mirror debian) $1 main"
  [ "$1" != sid ] || return 0
  echo "deb $(mirror debian) $1-updates main"
  ! security=$(mirror debian-security) || echo "deb $security $1-security main"
}

# Makes a Debian $1 without a compiler, make or sudo in folder $2.
bootstrap() {
  debootstrap --variant=minbase --include=ca-certificates "$1" "$2" "$(mirror debian)" >"$lab/debootstrap.log" 2>&1 ||
    { tail "$lab/debootstrap.log"; return 1; }
}

# Mounts in folder $1 what programs expect.
attach() {
  mount -t proc proc "$1/proc"
  mount -t sysfs sysfs "$1/sys" 2>/dev/null || :
  mount --rbind /dev "$1/dev" 2>/dev/null || mount --bind /dev "$1/dev"
  # What is unmounted there stays mounted here.
  mount --make-rslave "$1/dev"
}

# Unmounts that.
detach() {
  for mounted in dev/shm dev sys proc; do
    umount "$1/$mounted" 2>/dev/null || umount -l "$1/$mounted" 2>/dev/null || :
  done
}

# Shows Debian $1 in folder $2, which is attached, the way to the mirror.
furnish() {
  for file in /etc/resolv.conf /etc/hosts; do cp "$file" "$2$file" 2>/dev/null || :; done
  for extra in /etc/apt/auth.conf.d /usr/local/share/ca-certificates; do
    if [ -d "$extra" ]; then mkdir -p "$2$extra" && cp -r "$extra/." "$2$extra/"; fi
  done
  # A proxy counts as part of the road to the mirror; rules about what to install do not.
  grep -lisE 'proxy|acquire::(check|https?)' /etc/apt/apt.conf /etc/apt/apt.conf.d/* | xargs -r cp -t "$2/etc/apt/apt.conf.d/"
  apt_sources "$1" >"$2/etc/apt/sources.list"
  chroot "$2" update-ca-certificates >/dev/null 2>&1 || :
}

# Deletes folder $1, but never through a mount that did not go away.
discard() {
  if grep -q " $1/" /proc/mounts; then say "still mounted, so left alone: $1"; else rm -rf --one-file-system "$1"; fi
}

# Runs a command in folder $1 as user $2 with home $3, in an environment as bare as a new login's.
inside() {
  chroot_folder=$1 chroot_user=$2 chroot_home=$3
  shift 3
  env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME="$chroot_home" LANG=C.UTF-8 \
    ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} \
    NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    chroot --userspec="$chroot_user" "$chroot_folder" sh -euc "$*"
}
