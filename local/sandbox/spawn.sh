#!/usr/bin/env bash
# Starts a process in the sandbox that outlives whoever started it.
# usage (inside the sandbox): spawn.sh RECORD LOG CGROUP_FOLDERS CWD COMMAND ARGUMENT...
# RECORD gets "pid start-time" as the host knows them before the command runs, so no process is ever unrecorded.
# CGROUP_FOLDERS: the folders of its cgroup, one for each hierarchy, separated by colons.
set -euo pipefail
record=$1 log=$2 cgroups=$3 cwd=$4
shift 4
(
  IFS=:
  for folder in $cgroups; do echo 0 >"$folder/cgroup.procs"; done
  unset IFS
  cd "$cwd"
  read -ra stat </run/host-proc/self/stat
  printf '%s %s\n' "${stat[0]}" "${stat[21]}" >"$record.new"
  mv "$record.new" "$record"
  exec "$@"
) </dev/null >>"$log" 2>&1 &
