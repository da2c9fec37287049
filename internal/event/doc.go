// Package event reads the account's log (NT-3): what happened, in commit order,
// numbered without a gap. Events are appended by the use cases, within their
// transactions, through store.Tx.Append; nothing is ever changed in the log,
// but that purging an object clears the references to it.
//
// Service reads pages of the log. Feed follows it live, on each node: commits
// are published on the bus, and what the bus lost is read from the table, which
// is the truth. A Reader therefore gets every event of its topic once, in order,
// whatever its position, its pace, and the state of the bus. Nothing is queued
// for a reader: it has a position, and reads from the node's memory of the last
// events, or from the table when it is further behind. So a reader that stands
// still costs nothing, and no one waits for it.
package event
