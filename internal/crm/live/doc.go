// Package live streams lists of tickets as they change (CR-7).
//
// A stream follows the account's log. After each event that may change its list the first
// rows are read again, once for all streams of the node that show the same, and the
// difference to what the subscriber has is one change. So what is shown may be ahead of
// an event, never behind it, and is never older than what was shown before. Nothing is
// queued: a stream has a position in the log, and one that fell out of it goes on with
// the difference to the list as it is.
package live
