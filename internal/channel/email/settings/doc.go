// Package settings connects mailboxes and forwarding addresses to inboxes, and
// keeps their channels (EM-1 to EM-3): address and aliases, servers, credentials,
// signature, and whether they work.
//
// An address belongs to one channel, or to one person's own mailbox (EM-2).
// Servers and credentials are tried before a channel is made with them;
// credentials are sealed, go to no servers but those that they were given for,
// and stand in no detail that people see. A sign-in at a provider is ended
// once, by the admin who began it. Tokens are renewed by one node at a time,
// and kept before they are used.
//
// How a channel works is reported by the packages receive and deliver, and kept
// here: one time-out disables nothing; what only a person can fix puts the channel
// in error, and admins get a mail about that and about its end (EM-7).
package settings
