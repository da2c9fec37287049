// Package seal makes edits of an account's event log and audit log noticed (OP-6).
//
// A round seals what is new of each log in blocks of at most 1,000 numbers, when a
// block is full or its oldest row is ten seconds old. A block's seal is an HMAC over the
// seal before it and the digests of the block's rows. Its key is one of
// PARLEY_SECRET_KEYS and not in the database, so that whoever edits the database cannot
// make a fitting seal.
//
//   - A row's digest is a hash of what the row always keeps and of an inner hash of
//     what goes when its object is purged, which is salted. A purge takes the salt
//     away, in its own transaction (store.Tx.ForgetEvents, ForgetEntries): the row is
//     then a tombstone, whose digest is made of the inner hash that was kept, and
//     from which what is gone cannot be guessed.
//   - Each block says up to where retention had deleted the log when it was sealed.
//     Retention deletes only what lies below a floor that was sealed, and a floor is sealed
//     only if the audit log has its rise and all rows up to it are there and old enough. Rows
//     of conversations are never deleted: each digest says whether its row is one.
//   - A process does not go on with a log that does not have what it sealed before, and
//     keeps the newest seals in a file beside the database.
//   - Sealing locks the log's own head, never the account's counters, waits for no one, and
//     is safe on several nodes at once. What was purged before it was sealed is sealed as it
//     is found, and so are logs from before there were seals.
//   - Verify reads everything, makes the digests and seals again, and reports what
//     does not fit. It also compares the log with anchors: seals that were kept
//     elsewhere.
package seal
