#!/usr/bin/env bash
# PID 1 of the sandbox: hides what Kubernetes would write outside the checkout, says who it is, then reaps orphans for as
# long as its record says that it is the sandbox. One that nobody knows of any more, or whose folder was deleted, ends
# itself, and with it everything in it.
# usage: unshare --fork --pid --mount --net --propagation slave bash init.sh STATE_FILE KEPT_FOLDER...
set -euo pipefail
state=$1
shift

# /proc is still the host's here, so this is the process id that the host knows. Fields: 1 = pid, 22 = start time.
read -ra stat </proc/self/stat

# kubelets, containerd and CNI have fixed paths under these folders. Folders that hold the checkout or its cache stay visible.
declare -A kept
for folder in "$@"; do
  exec {fd}<"$folder"
  kept[$folder]=$fd
done
for folder in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 ovh-mks-batch "$folder"; done
for folder in "${!kept[@]}"; do
  fd=${kept[$folder]}
  if ! [ "$folder" -ef "/proc/self/fd/$fd" ]; then
    mkdir -p "$folder"
    mount --no-canonicalize --rbind "/proc/self/fd/$fd" "$folder"
  fi
  exec {fd}<&-
done

# The host's /proc lets spawn.sh tell the host's process ids; the sandbox has a /proc of its own.
mkdir -p /run/host-proc
mount --rbind /proc /run/host-proc
mount -t proc proc /proc

# A kubelet sets these machine-wide kernel settings unless they have its values already: it finds files that have.
sysctl() {
  [ -e "/proc/sys/$1" ] || return 0
  mkdir -p "/run/sysctl/${1%/*}"
  echo "$2" >"/run/sysctl/$1"
  mount --bind "/run/sysctl/$1" "/proc/sys/$1"
}
sysctl vm/overcommit_memory 1
sysctl vm/panic_on_oom 0
sysctl kernel/panic 10
sysctl kernel/panic_on_oops 1
sysctl kernel/keys/root_maxkeys 1000000
sysctl kernel/keys/root_maxbytes 25000000

# Pods may ask for bidirectional mount propagation, which needs shared mounts.
mount --make-rshared /

me="${stat[0]} ${stat[21]}"
echo "$me" >"$state.new"
mv "$state.new" "$state"
is_known() {
  local line
  { read -r line <"$state"; } 2>/dev/null && [ "$line" = "$me" ]
}
while is_known; do
  sleep 10 &
  wait "$!" || true
done
