package conversation

import (
	"context"

	"parley/ent/teammember"
	"parley/internal/account"
	"parley/internal/vocab"
)

// followAnswer is what follows from a person's answer: they get what no one had (IN-21),
// have read what they answered, and are there.
func (ch *change) followAnswer(ctx context.Context, by author) error {
	ch.noticed()
	if err := ch.assignToAuthor(ctx, by); err != nil {
		return err
	}
	if err := ch.save(ctx); err != nil {
		return err
	}
	if ch.c.LastIncomingNumber > 0 {
		if err := ch.markReadBy(ctx, by.id, ch.c.LastIncomingNumber); err != nil {
			return err
		}
	}
	return account.RecordAnswer(ctx, ch.tx, ch.c.AccountID, by.id)
}

// assignToAuthor gives an unassigned conversation to who answers it, where the inbox
// does that. Its team stays (IN-21).
func (ch *change) assignToAuthor(ctx context.Context, by author) error {
	if ch.c.AssigneeID != "" {
		return nil
	}
	settings, err := ch.inboxSettings(ctx)
	if err != nil || settings.AssignOnReply == vocab.AssignOnReplyOff {
		return err
	}
	if settings.AssignOnReply == vocab.AssignOnReplyTeamOnly && ch.c.AssignedTeamID != "" {
		inTeam, err := ch.tx.Client.TeamMember.Query().Where(teammember.TeamID(ch.c.AssignedTeamID), teammember.UserID(by.id)).Exist(ctx)
		if err != nil || !inTeam {
			return err
		}
	}
	ch.c.AssigneeID, ch.c.AwaitsOffer = by.id, false
	ch.emitEvent(vocab.ConversationAssigned)
	return nil
}
