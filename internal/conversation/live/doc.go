// Package live streams conversations: views, threads and counts as they change
// (NT-5, IN-15). Whatever several
// subscribers look at alike is kept once on a node, read from the database at
// first and then followed along the account's log, in one goroutine. An event's
// conversation is loaded once, as it is by then, and judged in memory the way a
// list's query judges it. So what is shown may be ahead of an event, never
// behind it, and ends up as what a list shows. Nothing is queued for a
// subscriber: they have a position in a bounded memory, and whoever falls
// behind it, or whose view was lost with the database, gets a reset and begins
// again.
package live
