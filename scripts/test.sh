#!/usr/bin/env bash
# Runs the tests, with a PostgreSQL server of their own where there is one.
#
#   scripts/test.sh [flags of go test]
#
# PACKAGES                  which packages are tested (./...)
# PARLEY_TEST_POSTGRES_URL  use this server instead: a superuser's
#                           postgres:// URL; databases are made and dropped in it
#
# PARLEY_TEST_AGAIN         not empty: up to three tests that fail are run once
#                           more, each by itself, and named at the end: what
#                           passes then is flaky, which is a fault of its own
#
# Without PARLEY_TEST_POSTGRES_URL a throw-away server is started on loopback
# from the newest PostgreSQL found, and is gone when the script ends, however
# it ends. Without PostgreSQL that half of the storage tests is skipped, and
# without npm the tests of the public GraphQL clients and of the widget.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/postgres.sh

if [[ $(go env CGO_ENABLED) != 1 ]]; then
  echo "test: a C compiler is needed for SQLite: apt-get install gcc libc6-dev" >&2
  exit 1
fi

scripts/clients.sh
scripts/widget.sh

tests= # the process group of go test, while it runs

finish() {
  local code=$?
  trap - EXIT
  # Only an interrupted run leaves tests behind.
  if [[ -n $tests ]]; then kill -TERM -- "-$tests" 2>/dev/null || true; fi
  postgres_stop
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ -n ${PARLEY_TEST_POSTGRES_URL:-} ]]; then
  echo "test: PostgreSQL as PARLEY_TEST_POSTGRES_URL says"
elif postgres_find; then
  postgres_start
  export PARLEY_TEST_POSTGRES_URL=$POSTGRES_URL
else
  echo "test: PostgreSQL is not installed: SQLite alone is tested, the PostgreSQL half is SKIPPED."
  echo "test: to test both: apt-get install postgresql"
fi

# In the background and in a process group of its own (set -m): bash answers a
# signal at once only while it waits, and must end the tests before their server.
read -ra packages <<<"${PACKAGES:-./...}"
if [[ ${packages[*]} == ./... ]]; then go -C tools test "$@" ./check; fi # a module of its own
run=(go test -timeout 25m "$@" "${packages[@]}")
flaky=
if [[ -n ${PARLEY_TEST_AGAIN:-} ]]; then
  flaky=$(mktemp)
  run=(go tool -modfile=tools/go.mod gotestsum --format standard-quiet --rerun-fails=1 --rerun-fails-max-failures=3
    --rerun-fails-report="$flaky" --packages="${packages[*]}" -- -timeout 25m "$@")
fi
set -m
"${run[@]}" </dev/null &
tests=$!
set +m
code=0
wait "$tests" || code=$?
tests=
if [[ -n $flaky ]]; then
  if [[ -s $flaky ]]; then echo "test: FAILED AT FIRST, to be mended:" && cat "$flaky"; fi
  rm -f "$flaky"
fi

if [[ -z ${PARLEY_TEST_POSTGRES_URL:-} ]]; then
  echo "test: the PostgreSQL half was SKIPPED (apt-get install postgresql)" >&2
fi
exit "$code"
