# A throw-away PostgreSQL server on loopback; to be sourced by bash.
#
#   postgres_find   finds the newest server's programs, else fails
#   postgres_start  starts one and sets POSTGRES_URL, a superuser's URL
#   postgres_stop   stops it and removes its data; may be called at any time

POSTGRES_BIN=
POSTGRES_DIR=
POSTGRES_URL=

postgres_find() {
  POSTGRES_BIN=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  if [[ ! -x $POSTGRES_BIN/pg_ctl || ! -x $POSTGRES_BIN/initdb ]]; then
    command -v pg_ctl >/dev/null || return 1
    POSTGRES_BIN=$(dirname "$(readlink -f "$(command -v pg_ctl)")")
    [[ -x $POSTGRES_BIN/initdb ]]
  fi
}

# PostgreSQL refuses to run as root.
_postgres_user() {
  if getent passwd postgres >/dev/null; then echo postgres; else echo nobody; fi
}

# Runs one of PostgreSQL's programs as the user that owns the data.
_postgres_do() (
  local program=$1
  shift
  cd "$POSTGRES_DIR"
  if [[ $(id -u) == 0 ]]; then
    exec runuser -u "$(_postgres_user)" -- "$POSTGRES_BIN/$program" "$@"
  fi
  exec "$POSTGRES_BIN/$program" "$@"
)

# The folder must be one that the server's own user can reach, which root's
# TMPDIR need not be.
_postgres_folder() {
  POSTGRES_DIR=$(mktemp -d -t parley-postgres.XXXXXXXX)
  [[ $(id -u) == 0 ]] || return 0
  local user
  user=$(_postgres_user)
  chown "$user" "$POSTGRES_DIR"
  if ! runuser -u "$user" -- test -w "$POSTGRES_DIR"; then
    rmdir "$POSTGRES_DIR"
    POSTGRES_DIR=$(TMPDIR=/tmp mktemp -d -t parley-postgres.XXXXXXXX)
    chown "$user" "$POSTGRES_DIR"
  fi
}

# A real language's collation, where the server can have one: a comparison
# that counts on byte order without saying so then fails in the tests, not
# in production.
_postgres_init() {
  local common=(-D "$POSTGRES_DIR/data" -U parley --pwfile "$POSTGRES_DIR/password"
    -A scram-sha-256 -E UTF8 --no-sync)
  _postgres_do initdb "${common[@]}" --locale=C --locale-provider=icu --icu-locale=en &>"$POSTGRES_DIR/initdb.log" ||
    _postgres_do initdb "${common[@]}" --locale=C &>"$POSTGRES_DIR/initdb.log" ||
    { cat "$POSTGRES_DIR/initdb.log" >&2; return 1; }
}

# Everything that costs time for durability is off: the data is thrown away.
_postgres_settings() {
  cat <<EOF
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
max_wal_size = 2GB
log_min_messages = fatal
EOF
}

postgres_start() {
  local password try port
  _postgres_folder
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  # For the server's user to read; the folder is closed to all others.
  echo "$password" >"$POSTGRES_DIR/password"
  chmod 644 "$POSTGRES_DIR/password"
  _postgres_init
  _postgres_settings >>"$POSTGRES_DIR/data/postgresql.conf"
  # A port that another program has makes the start fail: try another.
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if _postgres_do pg_ctl -D "$POSTGRES_DIR/data" -w -t 60 -s -l "$POSTGRES_DIR/server.log" \
      -o "-p $port" start &>"$POSTGRES_DIR/start.log"; then
      POSTGRES_URL="postgres://parley:$password@127.0.0.1:$port/postgres?sslmode=disable"
      echo "test: PostgreSQL $(cat "$POSTGRES_DIR/data/PG_VERSION") started on 127.0.0.1:$port for these tests"
      return 0
    fi
  done
  echo "test: PostgreSQL does not start:" >&2
  tail -n 20 "$POSTGRES_DIR/start.log" "$POSTGRES_DIR/server.log" >&2
  return 1
}

postgres_stop() {
  [[ -n $POSTGRES_DIR ]] || return 0
  if [[ -f $POSTGRES_DIR/data/postmaster.pid ]]; then
    _postgres_do pg_ctl -D "$POSTGRES_DIR/data" -m immediate -w -s stop &>/dev/null || true
  fi
  rm -rf "$POSTGRES_DIR"
  POSTGRES_DIR=
}
