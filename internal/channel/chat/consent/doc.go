// Package consent keeps the ledger of what visitors agreed to (TM-8): to the
// processing of their data, and to being written to. An entry has the exact text
// and its version, the time and the page. Entries are never changed, but for
// their withdrawal and the contact that they turn out to be of.
//
// Whether a consent is needed is decided by the visitor package, which has the
// targeted message that asks; this package knows what was given.
package consent
