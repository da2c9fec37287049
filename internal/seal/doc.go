// Package seal makes edits of an account's event log and audit log noticed (OP-6).
//
// A round seals what is new of each log in blocks of at most 1,000 numbers, every
// few seconds. A block's seal is an HMAC over the seal before it and the digests of
// the block's rows. Its key is one of PARLEY_SECRET_KEYS and not in the database, so
// that whoever edits the database cannot make a fitting seal.
//
//   - A row's digest is a hash of what the row always keeps and of an inner hash of
//     what goes when its object is purged, which is salted. A purge takes the salt
//     away, in its own transaction (store.Tx.ForgetEventsOf and others): the row is
//     then a tombstone, whose digest is made of the inner hash that was kept, and
//     from which what is gone cannot be guessed.
//   - Each block says up to where retention had deleted the log when it was sealed.
//     Retention deletes only what lies below a floor that was sealed.
//   - Sealing locks the log's own head, never the account's counters, and is safe
//     on several nodes at once. What was purged before it was sealed is sealed as it
//     is found, and so are logs from before there were seals.
//   - Verify reads everything, makes the digests and seals again, and reports what
//     does not fit. It also compares the log with anchors: seals that were kept
//     elsewhere.
package seal
