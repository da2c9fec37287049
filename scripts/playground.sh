#!/usr/bin/env bash
# Fetches the third-party builds of the GraphQL playground from npm, exactly
# those of the lock file, into the folder that the server embeds. It never
# fails: without npm, or without a network, the server has its own small
# explorer instead.
set -uo pipefail
cd "$(dirname "$0")/.."

folder=internal/httpserver/playground
stamp=bin/.playground

instead() {
  echo "playground: $1: the server will serve its built-in explorer instead."
  exit 0
}

[[ -f $folder/package-lock.json ]] || instead "$folder has no lock file"

# The stamp holds what was fetched; it counts only while the files are there.
want=$(cat "$folder/package.json" "$folder/package-lock.json" | cksum)
fetched=$(find "$folder/dist" -type f ! -name '.*' ! -name README.md 2>/dev/null | head -n 1)
if [[ -n $fetched && -f $stamp && $(cat "$stamp") == "$want" ]]; then exit 0; fi

command -v npm >/dev/null || instead "npm is not installed (apt-get install npm)"

echo "playground: fetching the GraphQL playground from npm"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Packages' own install scripts are not run, and a network that is not there
# is not waited for.
if ! (cd "$folder" &&
  timeout 180 npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
    --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000 --fetch-timeout=30000 &&
  timeout 60 npm run build) </dev/null &>"$log"; then
  tail -n 5 "$log"
  instead "npm could not fetch it"
fi
# Only the copied files are needed; thousands of others would slow the go tool.
rm -rf "$folder/node_modules"
mkdir -p bin
echo "$want" >"$stamp"
