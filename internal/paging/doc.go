// Package paging has the shapes of Relay connections and the keyset pager that
// hand-written SQL uses. It knows no database.
//
// A list is ordered by a whole number (mostly a time in microseconds) and then
// by id, both in the same direction, so that one index walks it and a page
// costs the same wherever it lies. A cursor holds that pair:
//
//   - It is opaque to clients, but cursors of one query compare as plain
//     strings, byte by byte, in the order of the list. So a client can sort a
//     row that arrives live into the window that it shows.
//   - It belongs to one query: a fingerprint of view, filter and order stands
//     in it, and another query refuses it.
//
// A use case goes: PageArgs.Resolve, Page.Key for the place to start from, SQL
// with LIMIT Page.Limit()+1 in walking order (from the end when
// Page.Backward), then Build.
package paging
