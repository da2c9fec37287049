// Package notification tells people what happened (NT-1, NT-7, NT-8): in a list that is
// live.
//
// It is a reactor: a consumer of the log finds out whom an event is for, by the table of
// kinds, leaves out who did it, who looks at it, who has read it and who does not want it,
// and writes a row for each of the others. These rows are no part of the log: they follow
// from it. A notification has no text; that is made when it is read, with what its reader may
// see by then.
//
// While a user has not read a notification, more of its kind in its conversation is folded
// into it. When many conversations of an inbox bring the same kind within a short time, as
// after a bulk change, those after the tenth are folded into one notification without
// conversation, so that a change of 10,000 conversations makes eleven.
//
// Each user's notifications have a sequence of their own: a change of some gives these the
// next number, under the lock of the user's row in notification_states. A live list is a
// position in that sequence, and the bus says that there is something to read.
package notification
