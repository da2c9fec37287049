// Package property holds what an account defines for its contacts, companies,
// conversations, tickets and deals, and what these have of it (CR-11).
//
// A value hangs on its property's id, so that a property is renamed, described and
// archived without a change of any record. Every value is checked against its property
// when it is set. It has a key by which conditions find it: one seek in an index,
// whatever the number of records. Records themselves, their locks, revisions and events
// are those of the packages that have them: they call Set within their transaction.
package property
