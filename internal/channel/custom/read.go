package custom

import (
	"context"

	"parley/ent"
	"parley/ent/channelfile"
	"parley/ent/channelmessage"
	"parley/ent/channelreaction"
	"parley/ent/channelsender"
	"parley/internal/vocab"
)

func idsOf(messages []*ent.Message) []string {
	ids := make([]string, len(messages))
	for i, m := range messages {
		ids[i] = m.ID
	}
	return ids
}

// Reactions returns the reactions to each message, oldest first, with two queries.
func (s *Service) Reactions(ctx context.Context, messages []*ent.Message) ([][]*Reaction, error) {
	client := s.store.Client(ctx)
	rows, err := client.ChannelReaction.Query().Where(channelreaction.MessageIDIn(idsOf(messages)...)).Order(channelreaction.ByCreatedAt(), channelreaction.ByID()).All(ctx)
	if err != nil {
		return nil, err
	}
	contacts := map[string]string{}
	if len(rows) > 0 {
		ids := make([]string, len(rows))
		for i, r := range rows {
			ids[i] = r.SenderID
		}
		senders, err := client.ChannelSender.Query().Where(channelsender.IDIn(ids...)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, who := range senders {
			contacts[who.ID] = who.ContactID
		}
	}
	of := map[string][]*Reaction{}
	for _, r := range rows {
		if len(of[r.MessageID]) < maxReactions {
			of[r.MessageID] = append(of[r.MessageID], &Reaction{Emoji: r.Emoji, ContactID: contacts[r.SenderID], CreatedAt: r.CreatedAt})
		}
	}
	return inOrder(messages, of), nil
}

// RemoteFiles returns the files of each message that are no attachments yet, in order.
func (s *Service) RemoteFiles(ctx context.Context, messages []*ent.Message) ([][]*ent.ChannelFile, error) {
	rows, err := s.store.Client(ctx).ChannelFile.Query().Where(channelfile.MessageIDIn(idsOf(messages)...)).Order(channelfile.ByPosition()).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string][]*ent.ChannelFile{}
	for _, f := range rows {
		of[f.MessageID] = append(of[f.MessageID], f)
	}
	return inOrder(messages, of), nil
}

func inOrder[T any](messages []*ent.Message, of map[string][]T) [][]T {
	lists := make([][]T, len(messages))
	for i, m := range messages {
		if lists[i] = of[m.ID]; lists[i] == nil {
			lists[i] = []T{}
		}
	}
	return lists
}

// Templates returns the template of each message; nil: none.
func (s *Service) Templates(ctx context.Context, messages []*ent.Message) ([]*vocab.MessageTemplate, error) {
	rows, err := s.store.Client(ctx).ChannelMessage.Query().Where(channelmessage.IDIn(idsOf(messages)...)).
		Select(channelmessage.FieldID, channelmessage.FieldTemplate).All(ctx)
	if err != nil {
		return nil, err
	}
	of := map[string]*vocab.MessageTemplate{}
	for _, r := range rows {
		of[r.ID] = r.Template
	}
	found := make([]*vocab.MessageTemplate, len(messages))
	for i, m := range messages {
		found[i] = of[m.ID]
	}
	return found, nil
}
