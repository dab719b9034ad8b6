# A clean Debian 12 (or another, SUITE=trixie) that boots beside this one, for `run` and `package`: a root made by debootstrap, systemd in it as process
# 1 (systemd-nspawn), a network namespace of its own with nothing behind it but a router. To be sourced; `lab` is a directory.
# Addresses of mirrors and certificates are taken from this machine's own settings, and stand nowhere else.

PATH=$PATH:/usr/sbin:/sbin
# What every installed Debian has, and minbase has not.
STANDARD=systemd,systemd-sysv,dbus,ca-certificates,iproute2,logrotate,man-db,openssl,procps,tcpdump

# Seconds that one command may take.
LONGEST=900

missing=
for one in debootstrap systemd-nspawn nsenter ip bird birdc; do command -v $one >/dev/null || missing="$missing $one"; done
if [ -n "$missing" ] || [ "$(id -u)" != 0 ]; then
  echo "not run: needs root, and of Debian debootstrap, systemd-container, iproute2 and bird2; not there:${missing:- root}"
  exit 69
fi

leader=  # process 1 of the machine that runs, as it is known here
spawned= # what runs it
others=() # further processes of ours
here=intertrack-$$ # names of our network namespaces begin with it

# clean_root DIRECTORY: a root as an installer leaves it. BASE: one that is kept for the next time.
clean_root() {
  local base=${BASE:-$lab/base} mirror suite=${SUITE:-bookworm}
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' 'Component: main' 'Created-By: Packages' | head -1)
  if [ ! -e "$base/.clean" ]; then
    debootstrap --variant=minbase --include=$STANDARD $suite "$base" "$mirror" >"$lab/debootstrap.log" 2>&1 ||
      { tail -5 "$lab/debootstrap.log"; return 1; }
    rm -rf "$base"/var/cache/apt/archives/*.deb
    touch "$base/.clean"
  fi
  cp -a --reflink=auto "$base" "$1"
  # How packages are reached from here: name servers, authorities, npm's registry.
  cat /etc/resolv.conf >"$1/etc/resolv.conf"
  cat /etc/ssl/certs/ca-certificates.crt >"$1/etc/ssl/certs/ca-certificates.crt"
  if command -v npm >/dev/null; then echo "registry=$(npm config get registry)" >"$1/root/.npmrc"; fi
}

# with_network ROOT COMMAND: a command in a root that is not booted, where packages can be had.
with_network() {
  timeout $LONGEST systemd-nspawn --register=no --keep-unit -q --pipe --resolv-conf=off -D "$1" --setenv=DEBIAN_FRONTEND=noninteractive \
    --setenv=NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt --setenv=REPOSITORY=/mnt/repository \
    --bind-ro="$repository:/mnt/repository" --chdir="$place" bash -c "$2"
}

# boot ROOT: until systemd says that it runs.
boot() {
  ip netns add $here
  ip -n $here link set lo up
  systemd-nspawn --register=no --keep-unit -q -D "$1" --resolv-conf=off --console=read-only -b --machine=debian \
    --network-namespace-path=/run/netns/$here --bind-ro="$repository:/mnt/repository" >"$lab/boot.log" 2>&1 &
  spawned=$!
  for _ in $(seq 300); do
    leader=$(pgrep -P $spawned | head -1) || :
    [ -n "$leader" ] && inside 'systemctl is-system-running' 2>/dev/null | grep -Eq 'running|degraded' && return
    sleep 0.2
  done
  tail -20 "$lab/boot.log"
  return 1
}

# inside COMMAND: in the machine that runs, as root.
inside() {
  timeout $LONGEST nsenter -t "$leader" -m -u -i -n -p -r -w -- /usr/bin/env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    HOME=/root TERM=dumb LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive EDITOR=/root/editor REPOSITORY=/mnt/repository \
    bash -c "cd $place; $1"
}

# halt: the machine is shut down, by its own systemd if that answers.
halt() {
  [ -z "$spawned" ] || {
    kill "$spawned" 2>/dev/null || :
    for _ in $(seq 300); do kill -0 "$spawned" 2>/dev/null || break; sleep 0.2; done
    kill -KILL "$spawned" ${leader:+"$leader"} 2>/dev/null || :
    wait "$spawned" 2>/dev/null || :
  }
  spawned= leader=
  ip netns del $here 2>/dev/null || :
}

# Whatever happens, nothing of it is left; each process is ended by its own number.
clean_up() {
  local status=$?
  trap - EXIT INT TERM
  for one in "${others[@]}"; do kill "$one" 2>/dev/null || :; done
  halt
  ip netns del $here-router 2>/dev/null || :
  rm -rf --one-file-system "$lab"
  exit $status
}
trap clean_up EXIT INT TERM
