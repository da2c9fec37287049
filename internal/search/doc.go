// Package search turns texts into words, once and in Go, so that SQLite's FTS4
// and PostgreSQL's tsvector find the same (IN-5), and so that excerpts mark
// what was found.
//
// What counts as a word:
//
//   - A run of letters and digits, without case, accents and other marks, in
//     compatibility form: "Ｃafé" is "cafe". E-mail addresses and URLs fall
//     into their words. A word counts by its first 64 characters.
//   - Scripts that are written without spaces (Chinese, Japanese, Korean, Thai,
//     Lao, Khmer, Burmese) are indexed as overlapping pairs of characters, the
//     last character of a run by itself. So each character begins exactly one
//     term, a pair or more is found as a phrase, and one character as a prefix.
//     Emoji are such characters.
//   - A number that is written in groups ("+47 123 45 678") is also indexed as
//     one, from each of its groups on, and so is a name with an apostrophe
//     ("O'Brien"): behind the text, where no phrase reaches.
//
// Each term is stored behind the account's number ("12xhello"), so that
// another tenant's hits cost nothing and can never be found. Document gives
// both databases' forms of what is searched together; a Query gives both
// databases' forms of what is looked for, and answers in memory too. A property
// test holds the three equal.
//
// Limits of a document: 256 kB of text, 16,000 positions, 255 places of one
// word; what lies beyond is not found, alike on both databases.
package search

// Version counts the rules of what a word is. Documents that were indexed by an
// earlier version are indexed again.
const Version = 2
