// Package presence shows who looks at a conversation, and who types in it, now
// (IN-16). It travels only on the bus and is never stored: what a node knows is
// in its memory, and goes away by itself.
//
// Typing lasts for TypingHolds from the last time that the actor said so.
// Looking lasts while a Stream runs: its node says so at once, again every ten
// seconds, and takes it back at the end; of a node that died the others believe
// it for 25 seconds. The streams of one actor count as one, over all nodes.
// What an actor types they type once: the last statement of any node is valid.
//
// A node listens to an inbox while someone on it follows one of its
// conversations, or types in one. When the first follows, it asks the other nodes
// who is there; they answer with what they know themselves. The bus may lose
// messages: what was lost is sent again, or expires. Messages that cannot be read,
// of another account, or too large are left aside.
//
// Which users have a stream open at all (Connect) goes the same way, on one subject
// for all accounts: it is said at once, again every ten seconds, and taken back.
//
// Nothing is queued for a stream: it gets what is so when it asks, and all that
// follow a conversation on a node get the same pointer. The package has no work
// of its own to be stopped: with the last stream and the last typing, its timers
// end too.
package presence
