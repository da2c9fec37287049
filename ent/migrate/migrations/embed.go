// Package migrations holds the versioned migrations of each database, in
// order. A migration that has landed is never edited.
package migrations

import "embed"

// Files holds a folder for each dialect: sqlite and postgres.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
