package demo

import (
	"strconv"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/vocab"
)

// greeting is a targeted message of a chat channel (TM-1).
type greeting struct {
	name, text string
	state      vocab.TargetedMessageState
	audience   vocab.Audience
	rule       vocab.Targeting
	bot        bool
	version    int
	id         string
	offAt      clock.Micros
}

func greetings() []*greeting {
	return []*greeting{
		{name: "Night shift", text: "Hello! I am a bot. Tell me what you need, and I answer at once or fetch a colleague.", state: vocab.TargetedOn, audience: vocab.AudienceAnonymous, rule: vocab.Targeting{Operator: vocab.OpContains, Value: "/contact"}, bot: true, version: 3},
		{name: "Welcome", text: "Hi there! How can we help you today?", state: vocab.TargetedOn, audience: vocab.AudienceEveryone, rule: vocab.Targeting{Operator: vocab.OpAllPages}, version: 2},
		{name: "Spring campaign", text: "Ten per cent off all desks until the end of the month. Questions? Ask us here.", state: vocab.TargetedOff, audience: vocab.AudienceEveryone, rule: vocab.Targeting{Operator: vocab.OpStartsWith, Value: "https://www.northwind.example/shop"}, version: 1},
		{name: "Opening hours in the holidays", text: "We are here from 10:00 to 14:00 between the holidays.", state: vocab.TargetedDraft, audience: vocab.AudienceEveryone, rule: vocab.Targeting{Operator: vocab.OpAllPages}, version: 1},
	}
}

// The places of greetings in the list.
const (
	greetingBot = iota
	greetingWelcome
	greetingCampaign
)

// addGreetings adds the targeted messages of a place's chat channel.
func (s *set) addGreetings(b *batch, p *place, at clock.Micros, record func(store.Event)) {
	none := jsonText([]string{})
	for i, g := range greetings() {
		g.id = s.ids.at(id.TargetedMessage, at)
		bot, published := "", at
		if g.bot {
			bot = s.bots[p.bot].id
		}
		if g.state == vocab.TargetedDraft {
			published = 0
		}
		if g.state == vocab.TargetedOff {
			g.offAt = s.began.Add(60 * 24 * time.Hour)
		}
		b.add(targetedMessages, g.id, p.id, p.chat.id, g.name, string(g.state), i+1, string(g.audience), none, none,
			jsonText([]vocab.Targeting{g.rule}), g.text, bot, g.version, int64(published), int64(g.offAt), int64(at))
		p.greetings = append(p.greetings, g)
		event := store.Event{Type: vocab.TargetedMessageCreated, InboxID: p.id, SubjectID: g.id,
			Changes: []vocab.FieldChange{went("state", string(vocab.TargetedDraft)), went("position", strconv.Itoa(i+1))}}
		record(event)
		if published > 0 {
			event.Type, event.Changes = vocab.TargetedMessagePublished, []vocab.FieldChange{turned(vocab.TargetedDraft, vocab.TargetedOn)}
			record(event)
		}
		if g.offAt > 0 {
			event.Type, event.Changes = vocab.TargetedMessageUpdated, []vocab.FieldChange{turned(vocab.TargetedOn, vocab.TargetedOff)}
			s.log.appendEvent(g.offAt, s.colleagues[demoAdmin].actor(), event)
		}
	}
}

// turned is a targeted message's state that went from one to another.
func turned(from, to vocab.TargetedMessageState) vocab.FieldChange {
	was, is := string(from), string(to)
	return vocab.FieldChange{Field: "state", From: &was, To: &is}
}
