// Package receive takes in the mail of e-mail channels and loses nothing (EM-4,
// EM-5, EM-8).
//
// A mail comes by a mailbox that a worker follows (IMAP), or by Parley's own
// listener (forwarding addresses). It is stored as it is, durably, before
// anything reads it; then it is read, judged and put into its conversation in
// one transaction, exactly once: its place in the mailbox, and its identity in
// the inbox, are unique. Whatever cannot be read is there all the same, with the
// raw mail attached.
//
// One worker follows a mailbox, on whichever node has its lease; when that node
// dies another one takes over within a minute.
//
// The way of a mail is that of the files: workers and follow, open_mailbox, fetch
// or rescan, or forwarded for the listener; raw, ingest, read, place; then own_copy
// and report for what is about our own mail, and filter, join_thread and message
// for the rest.
package receive
