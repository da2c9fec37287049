// Package reaction runs the durable consumers of the accounts' logs: what follows
// from what happened, where no one waits for it (ENG-1, ENG-2). A consumer is a
// name, a list of event types and a function; the engine remembers how far it has
// come in each account.
//
// What holds, on both databases and with any number of nodes:
//
//   - At least once. Each event of a consumer's types is handled, also when
//     nodes die. After a death some are handled again: up to a second's worth, or
//     those of one batch if that took longer. So effects are idempotent by the
//     consumer and the event's sequence; Once makes those on the database happen
//     exactly once.
//   - Order. The events of a conversation are handled one after the other, in the
//     order of the log, and so are those of an account that belong to no
//     conversation. The events of a purged conversation count as these.
//   - Marks. How far a consumer has come in an account is stored after a batch, at
//     most once a second, for many accounts with one statement. Events of other
//     types move the mark in memory; it is stored once a minute. A mark is only
//     moved by whoever knows its last value: a node that was taken over from
//     cannot move it, nor commit a transaction of Once.
//   - Leases. An account belongs to one of 16 shares; a node has a consumer's share
//     by a lease, and the nodes that know it divide the shares evenly. After a death
//     another node takes over within 20 seconds.
//   - Waking. A node handles its own commits at once, and hears of others' by the
//     bus. What no one reported is found by a sweep every five seconds: one query
//     for all consumers, which seeks the accounts with events of the last minute.
//     Every five minutes, and when a node takes accounts over, it looks at all
//     accounts. A node whose accounts are quiet does nothing else; an account
//     costs a goroutine only while its events are handled.
//   - Failure. An event whose handler fails is parked, and so are later ones of its
//     conversation (or, without one, of the account's events without
//     conversation); all others go on. It is tried again with growing pauses and
//     then, in order, what came since. After eight tries it waits for an operator
//     (`parley reactions`), who has it tried again or skips it. Parked events
//     survive restarts. If several events of an account fail in a row, the account
//     pauses too; no other account does.
//   - Beginning. A consumer begins with the events that come after it was first
//     started, of accounts made later with their first, or, FromFloor, with the
//     oldest event that the log still has.
//   - Retention. The log's floor does not pass a consumer's mark, so that nothing
//     is deleted unread. A consumer that is seven days behind in an account and
//     does not move is stopped there, reported in the log, and no longer holds the
//     floor; an operator resets it. After a reset it goes on from the log's head,
//     and its Check makes up for what was passed over.
//
// A handler gets a context with viewer.System of the consumer's name and the
// event's account. It heeds the context's end, which comes when the consumer's
// timeout has passed, the node shuts down or loses its lease; an error after
// that is no failure. It is quick: an account's events wait for each other.
// Where the outside is slow, the handler stores or enqueues the work.
//
// To test a consumer, register it with an Engine on a testkit store and run the
// engine with a feed; the events arrive at once.
package reaction
