package visitor

import (
	"cmp"
	"context"

	"parley/ent"
	"parley/internal/channel/chat/wording"
)

// Titles are what to call each of the visitor's conversations, none of them empty:
// its subject, else who has it, else the channel.
func (s *Service) Titles(ctx context.Context, conversations []*ent.Conversation) ([]string, error) {
	v, err := callingVisitor(ctx)
	if err != nil {
		return nil, err
	}
	people, err := s.Assignees(ctx, conversations)
	if err != nil {
		return nil, err
	}
	channels, err := s.nodes.Channels(system(ctx, v), []string{v.ChannelID})
	if err != nil {
		return nil, err
	}
	fallback := channelTitle(channels[0])
	titles := make([]string, len(conversations))
	for i, c := range conversations {
		if titles[i] = c.Subject; titles[i] == "" && people[i] != nil {
			titles[i] = people[i].Name
		}
		titles[i] = cmp.Or(titles[i], fallback)
	}
	return titles, nil
}

// channelTitle is a channel's title, else the widget's word for the team.
func channelTitle(c *ent.Channel) string {
	if c == nil {
		return "Chat"
	}
	if c.Title != "" {
		return c.Title
	}
	for _, text := range wording.For(c.Texts, "").Texts {
		if text.Key == "team" && text.Text != "" {
			return text.Text
		}
	}
	return "Chat"
}
