package conversation

import (
	"parley/ent"
	"parley/internal/errs"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// turnRises reports whether a change begins a new turn, in which nothing may be said that
// a machine thought of before (AG-2): the contact wrote, a person has the conversation
// now, it left the bot's hands, or it was closed, filtered or put into the trash.
func (ch *change) turnRises() bool {
	before, c := ch.before, ch.c
	switch {
	case ch.contactWrote,
		c.AssigneeID != "" && c.AssigneeID != before.AssigneeID,
		before.BotState.InBotsHands() && !c.BotState.InBotsHands(),
		before.Status != vocab.Closed && c.Status == vocab.Closed,
		before.Filtered == 0 && c.Filtered != 0,
		!before.DeletedAt.IsSet() && c.DeletedAt.IsSet():
		return true
	}
	return false
}

// mayBotSpeak refuses what a bot says to the contact unless it has the conversation, and
// names the turn of now (AG-2, BT-2). Others may name a turn too. Turns begin at 1: 0 comes
// from clients that send an int that they left out. The change holds the conversation's
// lock: whatever raises the turn comes before or after.
func (ch *change) mayBotSpeak(by author, turn *int) error {
	if turn != nil && *turn == 0 {
		turn = nil
	}
	if by.kind == viewer.Bot {
		if err := ch.botHas(by.id); err != nil {
			return err
		}
		if turn == nil {
			return errs.New(errs.Required, "A bot names the turn that it answers: the conversation's `turn`, as it read it.").On("turn")
		}
	}
	if turn == nil || *turn == ch.before.Turn {
		return nil
	}
	return conflict(ch.before, "The turn is %d, not %d: the contact wrote, or a person or another state has the conversation since.", ch.before.Turn, *turn).On("turn")
}

// botHas refuses a bot that does not have the conversation: another bot, and one from whom
// a person took it over, or that handed it off.
func (ch *change) botHas(botID string) error {
	switch c := ch.before; {
	case c.BotID != botID:
		return notThisBots()
	case !c.BotState.InBotsHands():
		return conflict(c, "The bot no longer has the conversation: its state is %s.", c.BotState).On("conversationId")
	}
	return nil
}

func notThisBots() error {
	return errs.New(errs.Invalid, "The conversation is not this bot's: a bot works only in chats that its own targeted messages began.").On("conversationId")
}

// TurnOf returns the conversation's turn as the API shows it; null where no bot began it.
func TurnOf(c *ent.Conversation) *int {
	if c.BotState == vocab.BotNone {
		return nil
	}
	return &c.Turn
}
