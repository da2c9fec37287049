// Package view answers what a view of conversations shows (IN-2, IN-3, IN-5,
// IN-15, IN-19): as a page (list.go, search.go), as a count (counts.go), and as a
// yes or no for one row at hand (match.go). A selection, which is a built-in view
// or a saved one, narrowed and ordered, is made into a plan (selection.go): seeks
// in indexes (index_seek.go), and conditions that no index serves (condition.go).
// A walk goes along the seeks, merged, and never reads a view as a whole
// (walk.go). Property tests hold the three answers against each other and against
// a slow, simple program.
//
// The hand-written queries are fenced by the viewer's inboxes, which are part of
// every plan.
package view
