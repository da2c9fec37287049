package routing

import (
	"context"

	"parley/ent"
	"parley/ent/channel"
	"parley/internal/vocab"
)

// hoursOf are an inbox's operating hours: those of its chat channel, for all of its
// channels and whatever the chat shows (RT-3).
func hoursOf(ctx context.Context, client *ent.Client, inboxID string) (vocab.Availability, error) {
	c, err := client.Channel.Query().Where(channel.InboxID(inboxID), channel.KindEQ(vocab.Chat)).Order(channel.ByID()).First(ctx)
	if ent.IsNotFound(err) {
		return vocab.Availability{}, nil
	}
	if err != nil {
		return vocab.Availability{}, err
	}
	return c.Availability, nil
}
