// Package event reads the account's log (NT-3): what happened, in commit order,
// numbered without a gap. Events are appended by the use cases, within their
// transactions, through store.Tx.Append; nothing is ever changed in the log,
// but that purging an object clears the references to it.
package event
