#!/usr/bin/env bash
# Fails if generated code, the playground's builds or go.mod are not what their sources make of them.
#
# It regenerates, and compares the whole tree before and after: in a clean
# clone that means "what is committed is up to date"; in the middle of work,
# "nothing was forgotten". Ignored files do not count. Neither the index nor
# the object store of the repository is touched; what was regenerated stays.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

objects=$(git rev-parse --path-format=absolute --git-path objects)
mkdir "$scratch/objects"
[[ ! -f $(git rev-parse --git-path index) ]] || cp "$(git rev-parse --git-path index)" "$scratch/index"
export GIT_INDEX_FILE=$scratch/index
export GIT_OBJECT_DIRECTORY=$scratch/objects
export GIT_ALTERNATE_OBJECT_DIRECTORIES=$objects

# Prints the tree that the working copy is now.
tree() {
  git add --all . 2>/dev/null
  git write-tree
}

failed=0

before=$(tree)
go generate ./...
after=$(tree)
if [[ $before != "$after" ]]; then
  git --no-pager diff --stat "$before" "$after"
  git --no-pager diff "$before" "$after" | sed -n 1,100p
  echo "verify: generated code was not up to date. It is now: look at it and commit it (make generate)." >&2
  failed=1
fi

if ! go mod tidy -diff; then
  echo "verify: go.mod or go.sum is not tidy: run go mod tidy and commit them." >&2
  failed=1
fi

scripts/playground.sh --check || failed=1

if [[ $failed == 0 ]]; then echo "verify: generated code, the playground and go.mod are up to date"; fi
exit "$failed"
