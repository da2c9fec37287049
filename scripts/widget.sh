#!/usr/bin/env bash
# Fetches what the widget is tested with from npm, exactly what the lock file
# has, for the test that runs it in a browser. It never fails: without npm, or
# without a network, that test is skipped (and fails where CI=true).
set -uo pipefail
cd "$(dirname "$0")/../internal/channel/chat/widget/browser"

skip() {
  echo "widget: $1: the widget is not tested in a browser."
  exit 0
}

# The stamp holds what was fetched; it is gone when the packages are.
stamp=node_modules/.fetched
want=$(cat package.json package-lock.json | cksum)
if [[ -f $stamp && $(cat "$stamp") == "$want" ]]; then exit 0; fi

command -v npm >/dev/null || skip "npm is not installed (apt-get install npm)"

echo "widget: fetching a browser's driver from npm"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Packages' own install scripts are not run, and a network that is not there
# is not waited for.
if ! timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
  --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000 --fetch-timeout=30000 </dev/null &>"$log"; then
  tail -n 5 "$log"
  skip "npm could not fetch it"
fi
echo "$want" >"$stamp"
