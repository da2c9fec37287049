// Package live streams the timelines of contacts as they change (CR-8).
//
// A stream follows the account's log. After each event that may change its timeline the first
// rows are read again, once for all streams of the node that show the same, and the difference
// to what the subscriber has is one change, as in package crm/live. What an event is about is
// looked up once for all streams, so that events of other contacts cost a timeline nothing.
// Pages that visitors view are not events, and not in it.
package live
