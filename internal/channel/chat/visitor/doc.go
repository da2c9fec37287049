// Package visitor holds the rules of those who chat from a web site: their
// sessions and identities, what a widget shows them, and what they write and
// read (CH-5, CH-8, IN-10, IN-20, TM-1).
//
// A visitor is known by a signed token of one channel. It is anonymous, claimed
// by an e-mail address that was typed, or identified by a JWT that the site's
// own back end signed. What is typed is for the agents' eyes; only the token
// and a proof open conversations. A proof is an identity, or a link or code that was
// mailed to an address. It begins a session of the proved visitor, and only that
// session's token stands for them: the chats that an anonymous visitor wrote go on
// with the proved one, and the anonymous one sees them as they were (continued.go).
//
// Visitors read under their own fence and write nothing themselves: a use case
// proves that something is theirs, and then acts as the system in their name.
// Where a visitor's row is locked, that is before any conversation.
package visitor
