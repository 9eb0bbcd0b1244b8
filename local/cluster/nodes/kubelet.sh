#!/usr/bin/env bash
# Runs a kubelet that takes its node for its machine: it reads how many processors and how much memory there are, and how
# much of it is in use, from these files. Its own mounts, such as a pod's volumes, are the whole sandbox's as before.
# usage (inside the sandbox): unshare --mount --propagation unchanged bash kubelet.sh FOLDER CGROUP KUBELET ARGUMENT...
# FOLDER has the files `meminfo` and `cpus`; CGROUP is the node's, as a path in each hierarchy.
set -euo pipefail
folder=$1 cgroup=$2
shift 2
memory=/sys/fs/cgroup/memory
for mount in /proc /sys "$memory"; do
  if mountpoint -q "$mount"; then mount --make-private "$mount"; fi
done
mount --bind "$folder/meminfo" /proc/meminfo
mount --bind "$folder/cpus" /sys/devices/system/cpu/online
# In cgroup v2 a kubelet goes by /proc/meminfo here too.
for file in memory.usage_in_bytes memory.stat; do
  if [ -e "$memory/$file" ]; then mount --bind "$memory$cgroup/$file" "$memory/$file"; fi
done
exec "$@"
