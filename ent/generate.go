// Package ent is the generated storage layer. Its entities are written by hand
// in ent/schema, its migrations in ent/migrate/migrations.
package ent

//go:generate go run entc.go
