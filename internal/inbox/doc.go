// Package inbox holds the rules of inboxes and their members (AC-3 to AC-6, IB-1
// to IB-3).
//
// Only admins change anything here, one after another within an account
// (people.Lock), so that limits hold exactly. Nothing of it is cached: who is
// added or removed gains or loses sight with the next request.
//
// A deleted inbox is gone at once for everyone; the job Clear then removes what
// was in it, conversation by conversation, and may be stopped and run again at
// any point.
package inbox
