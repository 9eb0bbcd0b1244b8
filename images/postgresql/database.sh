#!/usr/bin/env bash
# usage: database serve [POSTGRES_ARGUMENT...] | backup | restore
#   serve    PostgreSQL on the folder $PGDATA, with a database for one user; makes it at the first start
#   backup   dumps a database into a bucket and deletes the oldest dumps there
#   restore  puts a dump from there back, by default the newest
# Variables of serve: PGDATA, SERVER_NAME, DATABASE, DATABASE_USER, and PASSWORDS, a folder with the files `user` and `backup`.
# Variables of the others: those of libpq (PGHOST, …), AWS_ENDPOINT_URL, AWS_REGION, S3_BUCKET, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, BACKUPS_PREFIX;
# of backup BACKUPS_KEEP, of restore BACKUP (a key in the bucket, or empty).
set -euo pipefail
umask 077
version=17
backup_role=backup

fail() {
  echo "$*" >&2
  exit 1
}

# Runs lines of SQL, each a statement, while the server does not run.
single() {
  postgres --single -D "$PGDATA" -c log_min_messages=error postgres
}

# An identifier or a password without anything that SQL would need quoted.
plain() {
  [[ $2 =~ ^[A-Za-z0-9_]+$ ]] || fail "$1 must have letters, digits and '_' only"
}

password() {
  local text
  text=$(<"$PASSWORDS/$1")
  plain "the password in $PASSWORDS/$1" "$text"
  printf %s "$text"
}

role() {
  echo "DO \$\$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '$1') THEN CREATE ROLE \"$1\"; END IF; END \$\$;"
  echo "ALTER ROLE \"$1\" LOGIN PASSWORD '$2';"
}

prepare() {
  local user_password backup_password
  if ! [[ -s $PGDATA/PG_VERSION ]]; then
    # What a first start left that was killed.
    rm -rf "$PGDATA" "$PGDATA.new"
    initdb --pgdata="$PGDATA.new" --auth-local=peer --auth-host=scram-sha-256 --encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 \
      --locale=C.UTF-8 --data-checksums --no-instructions
    mv "$PGDATA.new" "$PGDATA"
  fi
  [[ $(<"$PGDATA/PG_VERSION") == "$version" ]] ||
    fail "the data are of PostgreSQL $(<"$PGDATA/PG_VERSION"), and this is $version: back up with the old image, start with an empty volume, restore"
  # A volume with a group may have given it rights that PostgreSQL refuses.
  chmod 0700 "$PGDATA"
  if ! [[ -s $PGDATA/server.crt ]]; then
    openssl req -new -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -sha256 -noenc -days 36500 -subj "/CN=$SERVER_NAME" \
      -keyout "$PGDATA/server.key" -out "$PGDATA/server.crt.new"
    mv "$PGDATA/server.crt.new" "$PGDATA/server.crt"
  fi
  cat >"$PGDATA/pg_hba.conf" <<END
# The superuser by the socket in the pod alone; all others with a password, and encrypted.
local all postgres peer
hostssl all postgres all reject
hostssl all all all scram-sha-256
END
  user_password=$(password user)
  backup_password=$(password backup)
  # Each start, for the passwords may have changed.
  {
    role "$DATABASE_USER" "$user_password"
    role "$backup_role" "$backup_password"
    echo "GRANT pg_read_all_data TO $backup_role;"
  } | single >/dev/null
  if ! echo "SELECT datname FROM pg_database;" | single | grep --quiet "datname = \"$DATABASE\""; then
    echo "CREATE DATABASE \"$DATABASE\" OWNER \"$DATABASE_USER\";" | single >/dev/null
  fi
}

serve() {
  plain DATABASE "$DATABASE"
  plain DATABASE_USER "$DATABASE_USER"
  prepare
  exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories=/tmp -c ssl=on -c jit=off "$@"
}

# curl for the bucket. The keys come by a file descriptor: arguments can be read by every process of the pod.
s3() {
  curl --silent --show-error --fail --retry 5 --retry-all-errors --max-time 7200 --aws-sigv4 "aws:amz:$AWS_REGION:s3" \
    --config <(printf 'user = "%s:%s"\n' "$AWS_ACCESS_KEY_ID" "$AWS_SECRET_ACCESS_KEY") "$@"
}

object() {
  printf '%s/%s/%s' "${AWS_ENDPOINT_URL%/}" "$S3_BUCKET" "$1"
}

# Keys of the backups, the oldest first.
backups() {
  s3 "${AWS_ENDPOINT_URL%/}/$S3_BUCKET?list-type=2&prefix=${BACKUPS_PREFIX//\//%2F}" | { grep --only-matching '<Key>[^<]*</Key>' || true; } |
    sed 's/<[^>]*>//g' | { grep '\.dump$' || true; } | sort
}

backup() {
  local file=/tmp/backup.dump key
  key=$BACKUPS_PREFIX$(date --utc +%Y-%m-%dT%H-%M-%SZ).dump
  pg_dump --format=custom --file="$file"
  # A dump that cannot be read is none.
  pg_restore --list "$file" >/dev/null
  s3 --header "x-amz-content-sha256: $(sha256sum "$file" | cut -d ' ' -f 1)" --upload-file "$file" "$(object "$key")"
  echo "$key: $(stat --format=%s "$file") bytes"
  backups | head --lines=-"$BACKUPS_KEEP" | while read -r old; do
    s3 --request DELETE "$(object "$old")"
    echo "$old: deleted"
  done
}

restore() {
  local file=/tmp/backup.dump key=${BACKUP:-}
  [[ -n $key ]] || key=$(backups | tail --lines=1)
  [[ -n $key ]] || fail "there is no backup at $S3_BUCKET/$BACKUPS_PREFIX"
  s3 --output "$file" "$(object "$key")"
  pg_restore --dbname="$PGDATABASE" --clean --if-exists --no-owner --single-transaction --exit-on-error "$file"
  echo "$key: restored"
}

case ${1:-} in
  serve | backup | restore) "$@" ;;
  *) fail "usage: database serve [POSTGRES_ARGUMENT...] | backup | restore" ;;
esac
