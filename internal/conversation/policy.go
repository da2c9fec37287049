package conversation

import "parley/internal/errs"

// mayChange refuses changes of a conversation in the trash: it can only be
// restored or purged (IN-13).
func (ch *change) mayChange() error {
	if ch.c.DeletedAt.IsSet() {
		return errs.New(errs.Invalid, "The conversation is in the trash. Restore it first.").On("conversationId")
	}
	return nil
}
