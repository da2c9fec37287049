// Package deliver sends mail that people write (EM-6).
//
// An Outbox queues a mail in the transaction that makes its message; the message's
// delivery state is then QUEUED. A job brings it to the channel's server, with
// back-off for five days, and records on the message, and on each recipient, how it
// went. Until a channel's time to undo is over it is not sent, and can be taken
// back; once it failed it can be sent again to those whom it did not reach.
//
// Each mail is sent at least once: where a server took it and the connection broke
// before it said so, it goes out again, the same bytes under the same Message-ID.
// Workers that send a message at the same time make one attempt.
package deliver
