// Package routing decides who gets a conversation (RT-1 to RT-6), and says why.
// The decision is pure: Pick finds the rule that matches, Choose the person, and
// neither reads anything but its arguments, so that the assignment itself, a
// repeated offer and the preview cannot differ. Router reads what they need:
// within a transaction, for a decision that stays, or without one, for a preview.
// Package conversation stores what was decided. Check is what a rule must pass to
// be saved.
package routing
