// Package conversation holds the rules of conversations and their messages:
// sending, assigning, closing, filtering, deleting, restoring and purging
// (IN-1 to IN-18). One use case, one file. What views show is package view, what
// streams package live.
//
// Every change of a conversation goes through a change value: it is loaded
// under the fence and locked, altered in memory, and saved with one statement;
// its folder is derived again, its revision rises by one, and its events are
// appended in the same transaction. A change that alters nothing writes nothing
// and emits nothing, so that every use case may be repeated.
package conversation
