// Package availability answers, for a chat channel at one moment, whether its
// team is there, what a visitor reads about it, and when the team is back (AV).
//
// Of is the one function that says so, for the widget, for routing and for
// previews alike: pure, without a clock or a database, safe for concurrent use.
//
// Hours are wall-clock time in an IANA zone. A moment lies in a range when the
// zone's clock shows a time from the range's start up to, and without, its end.
// From this follows what AV-3 asks of the nights when clocks are turned: a
// start that the clock skips moves to the end of the gap, an hour that it shows
// twice counts both times, and ranges that overlap or touch are one. A range
// whose end is not after its start ends on the next day and belongs to the day
// on which it starts, which is the one that a holiday closes.
package availability
