// Package imap reads a shared mailbox (EM-1, EM-7): one connection to one
// server, whose INBOX is looked at and never changed.
//
// What holds:
//   - The mailbox is opened with EXAMINE and read with BODY.PEEK: no mail is ever
//     marked as seen, moved or deleted.
//   - Fetch gives mails by rising UID and skips none that is still there: not one
//     that is too large, nor one that the server cannot read. Whoever keeps
//     UIDVALIDITY and the last UID that it stored gets each mail exactly once,
//     whatever is restarted.
//   - Nothing waits forever: each call ends with its context, and a server that
//     falls silent is left. What ends a call so ends the connection too.
//   - Memory does not grow with mailbox or mail: mails are streamed, and what a
//     server may send for one command is bounded.
//
// A Conn is used by one goroutine at a time. Tests run against a real Dovecot
// (internal/testkit/mailserver); what Dovecot never does is played by a server that
// misbehaves on order.
package imap
