#!/usr/bin/env bash
# Fetches from npm what tests need, exactly what the lock files say: the
# public clients of GraphQL's protocols, what the examples of docs are built
# with, and the OpenID provider that mail channels log in at. It never fails:
# without npm, or without a network, those tests are skipped (and fail where
# CI=true).
set -uo pipefail
cd "$(dirname "$0")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# fetch FOLDER WHAT: the stamp holds what was fetched; it is gone when the
# packages are.
fetch() (
  cd "$1" || exit
  stamp=node_modules/.fetched
  want=$(cat package.json package-lock.json | cksum)
  if [[ -f $stamp && $(cat "$stamp") == "$want" ]]; then exit 0; fi
  if ! command -v npm >/dev/null; then
    echo "clients: npm is not installed (apt-get install npm): $2 is not tested."
    exit 0
  fi
  echo "clients: fetching packages for $2 from npm"
  # Packages' own install scripts are not run, and a network that is not there
  # is not waited for.
  if ! timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000 --fetch-timeout=30000 </dev/null &>"$log"; then
    tail -n 5 "$log"
    echo "clients: npm could not fetch its packages: $2 is not tested."
    exit 0
  fi
  echo "$want" >"$stamp"
)

fetch internal/httpserver/clients "the work with public GraphQL clients"
fetch cmd/parley/clients "the API with public GraphQL clients"
fetch docs/live "the example of docs/live"
fetch docs/examples/inbox "the example inbox"
fetch docs/examples/integrations "the examples for integrators"
fetch internal/testkit/mailserver/openid "logging in to a mail channel"
