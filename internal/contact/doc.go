// Package contact holds the rules of contacts, the people outside who write to
// an account (CR-1). An e-mail address belongs to one contact of the account at
// most; whoever comes first has it, also among callers at the same time.
package contact
