package conversation

import (
	"context"
	"fmt"
	"time"

	"parley/ent"
	"parley/ent/channel"
	entmessage "parley/ent/message"
	"parley/internal/availability"
	"parley/internal/clock"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// unknownSeconds is a span that is not known: there are no operating hours.
const unknownSeconds = -1

// recordResponse keeps the first response to the contact, which stays as it is from
// then on: the first message by a person, or by an integration, after the contact's
// first (IN-32). A bot's is none.
func (ch *change) recordResponse(ctx context.Context, m *ent.Message) error {
	by := author{m.AuthorKind, m.AuthorID}
	if ch.c.FirstRespondedAt.IsSet() || !by.isUser() && by.kind != viewer.Integration {
		return nil
	}
	asked, err := ch.tx.Client.Message.Query().
		Where(entmessage.ConversationID(ch.c.ID), entmessage.Direction(vocab.Incoming)).Order(entmessage.ByNumber()).First(ctx)
	if ent.IsNotFound(err) {
		return nil // the team wrote first, and no one has answered yet
	}
	if err != nil {
		return fmt.Errorf("read the contact's first message: %w", err)
	}
	from, to := asked.CreatedAt.Time(), m.CreatedAt.Time()
	ch.c.FirstRespondedAt, ch.c.FirstRespondedBy = m.CreatedAt, by.id
	ch.c.FirstResponseSeconds = int(to.Sub(from) / time.Second)
	ch.c.FirstResponseBusinessSeconds, err = ch.businessSeconds(ctx, from, to)
	return err
}

// businessSeconds is how much of a span lies within the operating hours of the inbox's
// chat channel, which are the only ones that an inbox has.
func (ch *change) businessSeconds(ctx context.Context, from, to time.Time) (int, error) {
	channels, err := ch.tx.Client.Channel.Query().Where(channel.InboxID(ch.c.InboxID), channel.RemovedAt(0)).Order(channel.ByID()).All(ctx)
	if err != nil {
		return 0, fmt.Errorf("read the operating hours: %w", err)
	}
	for _, c := range channels {
		if len(c.Availability.Hours) > 0 {
			return int(availability.Within(c.Availability, from, to) / time.Second), nil
		}
	}
	return unknownSeconds, nil
}

// resolver is who closes a conversation now; "" for what Parley does by itself, which
// resolves nothing (IN-22, IN-32).
func resolver(ctx context.Context) string {
	by := viewer.FromContext(ctx).Actor()
	if by.Kind == viewer.SystemKind {
		return ""
	}
	return by.ActorID
}

// FirstResponse is how long the contact waited for the first response, in seconds of
// the clock and of operating hours; nil: not known, or there was none yet (IN-32).
func FirstResponse(c *ent.Conversation) (seconds, businessSeconds *int) {
	if !c.FirstRespondedAt.IsSet() {
		return nil, nil
	}
	seconds = &c.FirstResponseSeconds
	if c.FirstResponseBusinessSeconds != unknownSeconds {
		businessSeconds = &c.FirstResponseBusinessSeconds
	}
	return seconds, businessSeconds
}

// ClosableAt is from when on a conversation that a bot has can be closed; zero: any
// time (IN-8).
func ClosableAt(c *ent.Conversation) clock.Micros {
	if from, locked := closableFrom(c); locked && c.Status == vocab.Open {
		return from
	}
	return 0
}

// AwaitedOf is whose answer a conversation waits for: whoever did not write last;
// "": no one has written (IN-3).
func AwaitedOf(c *ent.Conversation) vocab.WaitingOn {
	switch {
	case c.LastIncomingNumber > c.LastOutgoingNumber:
		return vocab.WaitingOnTeam
	case c.LastOutgoingNumber > 0:
		return vocab.WaitingOnContact
	}
	return ""
}
