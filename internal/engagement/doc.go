// Package engagement holds the rules of what the team logs of its work with contacts, and
// is to do: notes, calls, mails, meetings and tasks (CR-8). None of them is ever sent. One
// that is of a conversation is seen by the members of its inbox, and goes with it.
package engagement
