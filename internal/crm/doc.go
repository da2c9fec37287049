// Package crm holds the records that the team works on beside conversations:
// tickets (CR-2). A ticket belongs to the account, not to an inbox: it outlives
// the conversation that it was made for (IB-3).
package crm
