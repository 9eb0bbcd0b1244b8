#!/usr/bin/env bash
# Tries what the sandbox and its nodes need of the kernel, in throw-away namespaces, and prints a line for each thing that is missing.
# usage: unshare --mount --net --pid --fork --propagation private bash probe.sh WORK_FOLDER
set -u
try() {
  local name=$1
  shift
  local error
  error=$("$@" 2>&1) || echo "$name: ${error//$'\n'/ }"
}
try "a second network namespace cannot have veth devices" ip link add name probe0 type veth peer name probe1
try "iptables cannot translate addresses (nat)" iptables -w -t nat -A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE
try "iptables has no comment match, which kube-proxy needs" iptables -w -A FORWARD -m comment --comment probe -j ACCEPT
try "iptables has no conntrack match, which kube-proxy needs" iptables -w -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
try "iptables has no statistic match, which kube-proxy needs" iptables -w -t nat -A OUTPUT -m statistic --mode random --probability 0.5 -j RETURN
overlay() {
  dir=$(mktemp -d "$1/probe.XXXXXX") || return
  trap 'umount "$dir/merged" 2>/dev/null; rm -rf "$dir"' EXIT
  mkdir "$dir/lower" "$dir/upper" "$dir/work" "$dir/merged"
  mount -t overlay overlay -o "lowerdir=$dir/lower,upperdir=$dir/upper,workdir=$dir/work" "$dir/merged"
}
try "the file system of $1 cannot hold an overlay (ext4 and xfs can)" overlay "$1"
