#!/bin/sh
# Takes up to QUEUE_ITEMS items over one connection. Ends with 0 if all that it took are done, or there was none; with 3 if work.sql failed on any.
set -eu

cd "$(dirname "$0")"
for file in begin.sql item.sql work.sql end.sql; do
  if ! [ -r "$file" ]; then
    echo "ERROR: there is no $file" >&2
    exit 2
  fi
done

# Each item is an argument.
items=${QUEUE_ITEMS:-1}
[ "$items" -le 10000 ] || items=10000

set -- --file=begin.sql
while [ "$items" -gt 0 ]; do
  set -- "$@" --file=item.sql
  items=$((items - 1))
done

exec psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 \
  --set=tries="${QUEUE_TRIES:-3}" --set=lease="${QUEUE_LEASE_SECONDS:-3660}" --set=worker="${HOSTNAME:-$(hostname)}" \
  "$@" --file=end.sql
