package targeting

import (
	"context"

	"parley/ent"
	entmessage "parley/ent/targetedmessage"
)

// OfChannels returns the targeted messages of each channel by position, with
// one query. The viewer's fence holds.
func (s *Service) OfChannels(ctx context.Context, channels []*ent.Channel) ([][]*ent.TargetedMessage, error) {
	at := make(map[string][]int, len(channels))
	ids := make([]string, len(channels))
	for i, c := range channels {
		at[c.ID] = append(at[c.ID], i)
		ids[i] = c.ID
	}
	found, err := s.store.Client(ctx).TargetedMessage.Query().
		Where(entmessage.ChannelIDIn(ids...)).Order(entmessage.ByPosition(), entmessage.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	lists := make([][]*ent.TargetedMessage, len(channels))
	for i := range lists {
		lists[i] = []*ent.TargetedMessage{}
	}
	for _, m := range found {
		for _, i := range at[m.ChannelID] {
			lists[i] = append(lists[i], m)
		}
	}
	return lists, nil
}
