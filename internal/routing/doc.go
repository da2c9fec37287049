// Package routing decides who gets a conversation (RT-1 to RT-6). It is pure:
// Pick finds the rule that holds, Choose the person, and neither reads anything
// but its arguments, so that the assignment itself, an offer made again and the
// preview cannot differ. Package conversation reads what they need and keeps
// what they decide. Check is what a rule must pass to be saved.
package routing
