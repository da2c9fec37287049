// Package conversation holds the rules of conversations and their messages:
// sending, assigning, closing, filtering, deleting, listing and searching
// (IN-1 to IN-17). One use case, one file.
//
// Every change of a conversation goes through a change value: it is loaded
// under the fence and locked, altered in memory, and saved with one statement;
// its folder is derived anew, its revision rises by one, and its events are
// appended in the same transaction. A change that alters nothing writes nothing
// and emits nothing, so that every use case may be repeated.
package conversation
