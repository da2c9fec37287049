#!/bin/sh
# Writes src/gql: the schema of the Parley that is used, what Apollo's cache has to know
# of it, and the types of this inbox's documents. PARLEY is the program.
set -e
cd "$(dirname "$0")"
parley=${PARLEY:-parley}
mkdir -p src/gql
$parley schema >src/gql/schema.graphql
$parley schema --possible-types >src/gql/possibleTypes.json
$parley schema --type-policies >src/gql/typePolicies.ts
npx graphql-codegen --config codegen.ts
