// Package classify judges a mail before it becomes part of a conversation:
// whether it is filtered and why (IN-11), and whether a machine wrote it, so
// that it wakes no one and no machine answers (IN-7, pitfall 6).
//
// Each finding has a code, for rules and statistics, and an English detail that
// names the header and its value, for people. What speaks against a mail is
// all reported, not only the first that was found. Nothing is thrown away: what is
// filtered is kept and can be moved out (pitfall 7).
//
// The package is pure. What it cannot know (who is blocked, to whom the team
// wrote, whose Authentication-Results are true) its caller passes in Facts.
package classify
