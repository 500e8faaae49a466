#!/bin/sh
# Sourced by the scripts that make bare Debians, each in a folder of its own below $lab. Who sources this has set $lab, defines
# say, runs as root and has debootstrap.
mkdir -p "${lab:?}"
lab=$(CDPATH='' cd -- "$lab" && pwd -P)
case $lab in *[[:space:]]*)
  say "a folder for a Debian may have no blank in its name: $lab" >&2
  exit 1
  ;;
esac

# The mirrors and what leads to them are this machine's own: the project names none. $1 is how a mirror's address ends.
mirror() {
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.sources /etc/apt/sources.list.d/*.list 2>/dev/null |
    sed -nE 's/^URIs: *([^ ]+).*/\1/p; s/^deb (\[[^]]*\] )?([^ ]+) .*/\2/p' | grep -m 1 "$1/*\$"
}

# Ends with status $1, in words, where there is none.
want_mirror() {
  [ -n "$(mirror debian)" ] || {
    say 'this machine names no Debian mirror' >&2
    exit "$1"
  }
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

# Succeeds when something is mounted on $1 or, with "below", anywhere under it.
is_mounted() {
  awk -v place="$1" -v below="${2:-}" \
    '$2 == place || (below != "" && index($2, place "/") == 1) { found = 1 } END { exit !found }' /proc/mounts
}

# Mounts in folder $1 what programs expect.
attach() {
  detach "$1" # what a run that was killed has left
  mount -t proc proc "$1/proc"
  mount -t sysfs sysfs "$1/sys" 2>/dev/null || :
  # A slave: what is unmounted there stays mounted here.
  mount --rbind --make-rslave /dev "$1/dev" 2>/dev/null || mount --bind --make-slave /dev "$1/dev"
}

# Unmounts that.
detach() {
  for mounted in ccache dev/shm dev sys proc; do
    while is_mounted "$1/$mounted" && { umount "$1/$mounted" 2>/dev/null || umount -l "$1/$mounted" 2>/dev/null; }; do :; done
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

# Deletes folder $1, but never through a mount that did not go away: then it fails, and leaves all as it is.
discard() {
  if is_mounted "$1" below; then
    say "still mounted, so left alone: $1" >&2
    return 1
  fi
  rm -rf --one-file-system "$1"
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
