// Package email is the e-mail channel: a shared mailbox that loses nothing (EM).
//
// A mail comes by a mailbox that a worker follows (IMAP), or by Parley's own
// listener (forwarding addresses). It is stored as it is, durably, before
// anything reads it; then it is read, judged and put into its conversation in
// one transaction, exactly once: its place in the mailbox, and its identity in
// the inbox, are unique. Whatever cannot be read is there all the same, with the
// raw mail attached.
//
// A mail that people send is a message whose delivery state is QUEUED; a job
// brings it to the server, with back-off, and says on the message how it went.
// It is sent at least once: where a server took it and the connection broke
// before it said so, it goes out again under the same Message-ID.
//
// One worker follows a mailbox, on whichever node has its lease; when that node
// dies another one takes over within a minute.
package email
