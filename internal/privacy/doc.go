// Package privacy gives people what the account knows of them, and erases it (CR-5).
//
// An erasure goes step by step, each a transaction of its own: a conversation, then a
// batch of records, last the contact itself. One that breaks off goes on where it was,
// in the background. Its certificate counts the rows of each table; it says ERASED when
// the database and the file storage no longer have them anywhere either.
package privacy
