// Package library holds what teams keep to insert into replies: snippets, templates, links
// and meeting links (CO-1). An item belongs to a user, and is used and edited by them, by
// a team or by everyone; the fence hides those of others. What is sent of an item is a copy:
// later changes of it change no message, and links that were sent lead on.
//
// Texts have placeholders (package placeholder), which are checked when an item is saved and
// filled when it is inserted and when a message is sent.
package library
