// Package audit shows the account's audit log (AC-17): who changed which setting,
// signed in, read as an admin, exported, erased, or accepted a proposal.
//
//   - Entries of what has an event are written by the store along with the event, in
//     the same transaction (store.Tx.Append; the table of event types in package vocab
//     says which). Of what has none the use case adds one (store.Tx.Audit).
//   - Numbers are without gaps and in the order of commits. A transaction that changes
//     nothing that is audited takes none, and costs nothing more.
//   - What admins alone may read is recorded before the answer goes out, once an hour
//     for each admin and field.
//   - Entries are never changed, but that what is erased leaves those about it.
//     Package seal makes edits noticed.
package audit
