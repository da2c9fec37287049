package visitor

import (
	"context"
	"strings"
	"time"

	"parley/ent"
	"parley/internal/availability"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/wording"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// AwayText is what the widget would tell a chat's visitor of the team's absence now, with the
// time of return, in the visitor's language and time zone (BT-2); "" where someone is there
// and the channel promises no reply time.
func (s *Service) AwayText(ctx context.Context, c *ent.Conversation) (string, error) {
	answer, words, zone, err := s.availabilityOf(ctx, c)
	if err != nil {
		return "", err
	}
	return describeAbsence(answer, words, s.store.Now().Time().In(zone)), nil
}

// availabilityOf is what the widget would show a chat's visitor of the team now, and the
// words and the time zone in which it would. Of a conversation without a visitor, such as a
// custom channel's, it is whether someone is available to whom routing could give it.
func (s *Service) availabilityOf(ctx context.Context, c *ent.Conversation) (availability.Answer, wording.Words, *time.Location, error) {
	ctx = viewer.NewContext(ctx, viewer.System("widget", c.AccountID))
	client := s.store.Client(ctx)
	channel, err := client.Channel.Get(ctx, c.ChannelID)
	if err != nil {
		return availability.Answer{}, wording.Words{}, nil, err
	}
	rules, err := s.conversations.RulesOf(ctx, c)
	if err != nil {
		return availability.Answer{}, wording.Words{}, nil, err
	}
	if c.VisitorID == "" { // no widget, and no settings of one
		people, err := s.conversations.WhoCounts(ctx, c, rules)
		if err != nil {
			return availability.Answer{}, wording.Words{}, nil, err
		}
		now := s.store.Now().Time()
		return availability.Evaluate(vocab.Availability{Mode: vocab.AvailabilityTeamStatus}, people, now), wording.For(channel.Texts, ""), now.Location(), nil
	}
	visitor, err := client.Visitor.Get(ctx, c.VisitorID)
	if err != nil {
		return availability.Answer{}, wording.Words{}, nil, err
	}
	w := &Widget{Channel: channel, Visitor: visitor, Words: wording.For(channel.Texts, visitor.Language)}
	shown := &ent.TargetedMessage{Routing: rules}
	answer, err := s.evaluate(ctx, w, shown, targeting.Visit{PageURL: c.OriginURL, At: s.store.Now()}, nil)
	if err != nil {
		return availability.Answer{}, wording.Words{}, nil, err
	}
	zone, err := availability.LoadZone(availability.FirstZone(visitor.TimeZone, channel.Availability.TimeZone))
	return answer, w.Words, zone, err
}

// describeAbsence puts an answer into words, at a time in the zone of whoever reads them.
func describeAbsence(a availability.Answer, words wording.Words, now time.Time) string {
	parts := []string{a.Say(words.Get)}
	if parts[0] == "" && a.State != vocab.StateAvailable {
		parts[0] = words.Get("away")
	}
	if a.State == vocab.StateAvailable && a.ReplyTime != vocab.ReplyTimeNone {
		parts = append(parts, words.Get("replyTime."+string(a.ReplyTime)))
	}
	if a.BackAt.IsSet() {
		back, layout := a.BackAt.Time().In(now.Location()), "2006-01-02 15:04"
		if back.YearDay() == now.YearDay() && back.Year() == now.Year() {
			layout = "15:04"
		}
		parts = append(parts, strings.ReplaceAll(words.Get("backAt"), "{time}", back.Format(layout)))
	}
	return strings.TrimSpace(strings.Join(parts, "\n"))
}
