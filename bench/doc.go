// Command bench measures Parley against the floors of its budgets: what the
// database alone does for the same answer, on the same data, by the same load
// generator, in the same run. `make bench` runs it;
// `go run ./bench -help` lists its settings.
//
// One run builds the binary, fills a database with `parley demo`, makes a copy
// of it for the floors, starts `parley serve` as a process of its own, and then
// lets the callers work on floor and Parley by turns, each caller sending its
// next request when the last one was answered. HTTP, GraphQL and both sides of
// the connection are part of Parley's figures; the floors have none of it.
//
// A ratio holds within a run only. Absolute figures are the machine's, which
// server, database and load generator share.
package main
