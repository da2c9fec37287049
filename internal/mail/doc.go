// Package mail sends Parley's own mail: one notice to one address, posted
// within a use case's transaction, so that it goes out if and only if the change
// was committed.
//
// A notice waits in the job queue. A server that cannot take it now is asked
// again, with growing pauses, for more than four days; one that refuses it is
// not. A notice is delivered at least once: when a node dies just after a server
// took it, it goes out again with the same Message-ID.
//
// Without a server, for development, notices become .eml files in a folder.
package mail
