// Package tag holds the account's tags (IN-31). Conversations, filters and events have
// tags by their ids, so that a tag is renamed, coloured and archived for all of them
// at once. Inputs name a tag by its id or by its name, whatever its case.
//
// A tag that was merged stays as a row that names the tag that it became, never one
// that was merged itself: its id and its name lead there from the merge on, whatever
// conversations, filters and events still have.
package tag
