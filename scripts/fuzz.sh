#!/usr/bin/env bash
# Fuzzes what reads strangers' mail, each target for FUZZTIME (60s).
#
#   scripts/fuzz.sh [target...]     all targets, or those of the given names
set -euo pipefail
cd "$(dirname "$0")/.."

targets=(
  FuzzParse=./internal/channel/email/parse
  FuzzHeader=./internal/channel/email/parse
  FuzzFold=./internal/channel/email/quote
)

cores=$(nproc)
for target in "${targets[@]}"; do
  name=${target%%=*}
  if [[ $# -gt 0 && " $* " != *" $name "* ]]; then continue; fi
  # Without a bound Go spends most of the time making interesting inputs smaller.
  go test -run '^$' -fuzz "^$name\$" -fuzztime "${FUZZTIME:-60s}" -fuzzminimizetime 20x -parallel "$cores" "${target#*=}"
done
