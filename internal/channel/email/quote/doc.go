// Package quote reports what the sender of a mail wrote now from what they quote
// and from their signature (EM-4), so that a reader sees the first and can
// unfold the rest.
//
// A mail is read as lines, whether it came as HTML or as plain text; the lines
// have what is known of them: their depth of quotation, and the elements by
// which mail clients mark quotes and signatures. What is folded is always the
// end of a mail, from one line on. A quote with an answer below it stays, for
// the answer needs it, and so does a forwarded message: it is what the sender
// wants to be read. To hide a sender's own words is worse than to show a
// quote: what is not plainly a quote, such as ">" before lines that no
// attribution introduces, is shown.
//
// The package is pure, its work is linear in the length of the mail, and
// neither deep nesting nor broken HTML makes it fail.
package quote
