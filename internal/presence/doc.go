// Package presence tells who looks at a conversation, and who types in it, now
// (IN-16). It travels on the bus alone and is never stored: what a node knows is
// in its memory, and goes away by itself.
//
// Typing holds for TypingHolds from the last time that the actor said so.
// Looking holds while a Stream runs: its node says so at once, again every ten
// seconds, and takes it back at the end; of a node that died the others believe
// it for 25 seconds. The streams of one actor count as one, over all nodes.
// What an actor types they type once: the last word on any node holds.
//
// A node listens to an inbox while somebody on it follows one of its
// conversations, or types in one. When the first follows, it asks the other nodes
// who is there; they answer with what they hold themselves. The bus may lose
// messages: what was lost is said again, or runs out. Words that cannot be read,
// of another account, or too large are left aside.
//
// Nothing is queued for a stream: it gets what is so when it asks, and all that
// follow a conversation on a node get the same pointer. The package has no work
// of its own to be stopped: with the last stream and the last typing, its timers
// end too.
package presence
