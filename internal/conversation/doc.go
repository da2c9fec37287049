// Package conversation holds the rules of conversations and their messages:
// sending, assigning, closing, filtering, deleting, listing and searching
// (IN-1 to IN-17). One use case, one file.
//
// Every change of a conversation goes through a change value: it is loaded
// under the fence and locked, altered in memory, and saved with one statement;
// its folder is derived anew, its revision rises by one, and its events are
// appended in the same transaction. A change that alters nothing writes nothing
// and emits nothing, so that every use case may be repeated.
//
// Live has what streams: views and counts (NT-5, IN-15). Whatever several
// subscribers look at alike is kept once on a node, read from the database at
// first and then followed along the account's log, in one goroutine. An event's
// conversation is loaded once, as it is by then, and judged in memory the way a
// list's query judges it. So what is shown may be ahead of an event, never
// behind it, and ends up as what a list shows. Nothing is queued for a
// subscriber: they have a position in a bounded memory, and whoever falls
// behind it, or whose view was lost with the database, gets a reset and begins
// anew.
package conversation
