#!/usr/bin/env bash
# Makes the third-party builds of the GraphQL playground, exactly those of the lock file, in
# the folder that the server embeds; they are committed, so that the server needs no npm.
# With --check it makes them elsewhere and says whether the committed ones are the same: where
# npm or its network is missing that is not checked, and fails if CI=true.
set -uo pipefail
cd "$(dirname "$0")/.."

folder=internal/httpserver/playground
built=$(mktemp -d)
trap 'rm -rf "$built"' EXIT

missing() {
  echo "playground: $1: the builds are not ${2:-made}."
  [[ ${2:-} == checked && ${CI:-} != true ]]
  exit
}
word=made
[[ ${1:-} == --check ]] && word=checked

command -v npm >/dev/null || missing "npm is not installed (apt-get install npm)" "$word"
cp "$folder"/{package.json,package-lock.json,.npmrc,build.mjs} "$built"
# Packages' own install scripts are not run, and a network that is not there is not waited for.
if ! (cd "$built" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1 \
  --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000 --fetch-timeout=30000) </dev/null &>"$built/log"; then
  tail -n 5 "$built/log"
  missing "npm could not fetch them" "$word"
fi
(cd "$built" && npm run build) </dev/null &>"$built/log" || { tail -n 20 "$built/log"; exit 1; }
if [[ $word == checked ]]; then
  diff -rq "$built/dist" "$folder/dist" ||
    { echo "playground: the builds are not those of the lock file: make playground" >&2; exit 1; }
else
  cp -r "$built/dist" "$folder/dist.new"
  rm -rf "$folder/dist"
  mv "$folder/dist.new" "$folder/dist"
fi
