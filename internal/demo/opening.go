package demo

import (
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/vocab"
)

// lately is the age up to which conversations are dealt from the recent deck.
const lately = 20 * 24 * time.Hour

// newStory sets the scene of conversation i: where, how and with whom.
func newStory(s *set, i int, opening clock.Micros) *story {
	st := &story{set: s, dice: newDice("story", s.seed, i), at: opening, read: map[*colleague]int{}}
	st.plot = s.plotOf(i, opening)
	st.place = st.choosePlace()
	st.stage = st.chooseStage()
	st.chooseWriter()
	st.voice = newVoice(st)
	st.c = ent.Conversation{
		ID: s.ids.at(id.Conversation, opening), InboxID: st.place.id, ChannelID: st.stage.id, Kind: st.stage.kind,
		Status: vocab.Open, OpenedAt: opening, LastMessageAt: opening, ActivityAt: opening, WaitingSince: opening, VisitorActiveAt: opening,
		BotState: vocab.BotNone, Priority: vocab.PriorityNone, Tags: []string{},
	}
	if st.who != nil {
		st.c.ContactID = st.who.id
	}
	if st.visitor != nil {
		st.c.VisitorID = st.visitor.id
		st.c.OriginURL = st.place.page + pick(st.dice, pages)
		st.chooseTargetedMessage()
	} else {
		st.c.Subject = st.voice.subject()
	}
	st.addTagsAndPriority()
	return st
}

// plotOf deals a plot. The last conversations are under way.
func (s *set) plotOf(i int, opening clock.Micros) plot {
	if fromEnd := s.total - i; fromEnd <= len(ending) && s.total >= enoughForEnding {
		return ending[len(ending)-fromEnd]
	}
	if opening >= s.now.Add(-lately) {
		return s.decks.nextPlot(0)
	}
	return s.decks.nextPlot(1)
}

func (s *story) choosePlace() *place {
	for {
		n := s.IntN(100)
		for _, p := range s.places {
			if n -= p.share; n < 0 {
				if s.plot.mailOnly() && !p.mail {
					break
				}
				return p
			}
		}
	}
}

func (s *story) chooseStage() stage {
	if s.place.email == nil || s.plot.chatOnly() || !s.plot.mailOnly() && s.chance(55) {
		return s.place.chat
	}
	return *s.place.email
}

// chooseWriter decides who writes. E-mail always comes from a contact; in a chat some
// stay unknown.
func (s *story) chooseWriter() {
	if s.plot == plotBlocked {
		s.who = s.choosePest()
	} else if s.plot == plotRole || s.plot == plotPromotional {
		s.who = pick(s.dice, s.crowd.parts[machine])
	} else if s.stage.kind == vocab.Email || s.chance(65) {
		s.who = s.crowd.choosePerson(s.dice, s.at)
	}
	if s.stage.kind == vocab.Email {
		if s.who == nil {
			s.stage = s.place.chat
		} else {
			return
		}
	}
	if s.who == nil {
		s.visitor, s.newcomer = &visitor{id: s.ids.at(id.Visitor, s.at)}, true
		return
	}
	s.visitor = s.who.guests[s.stage.id]
	if s.visitor == nil {
		s.visitor, s.newcomer = &visitor{id: s.ids.at(id.Visitor, s.at)}, true
		s.who.guests[s.stage.id] = s.visitor
	}
}

// choosePest returns someone who is blocked on the channel already, or not
// yet; nil where none is to be had.
func (s *story) choosePest() *person {
	if s.chance(30) {
		return nil
	}
	for range 5 {
		p := pick(s.dice, s.crowd.parts[pest])
		if at, met := s.blocked[sender{s.stage.id, p.id}]; !met || at < s.at {
			return p
		}
	}
	return nil
}

// pages are where visitors begin to write.
var pages = []string{
	"", "start", "delivery", "returns", "contact", "desks/oak-140", "desks/standing-160", "chairs/arc", "lamps/halo",
	"pricing", "orders", "invoices", "plans/team?utm_source=mail", "checkout", "warranty",
}

// chooseTargetedMessage decides which targeted message the visitor wrote to.
func (s *story) chooseTargetedMessage() {
	var g *greeting
	switch campaign := s.place.greetings[greetingCampaign]; {
	case s.plot.chatOnly():
		g = s.place.greetings[greetingBot]
		s.c.BotID, s.c.BotState = s.bot().id, vocab.BotActive
	case s.at < campaign.offAt && s.chance(20):
		g = campaign
	case s.chance(80):
		g = s.place.greetings[greetingWelcome]
	default:
		return
	}
	s.c.TargetedMessageID, s.c.TargetedMessageVersion = g.id, g.version
	if s.at < s.began.Add(history/3) {
		s.c.TargetedMessageVersion = 1
	}
}

// addTagsAndPriority gives the conversation tags and a priority.
func (s *story) addTagsAndPriority() {
	if s.chance(35) {
		s.c.Tags = append(s.c.Tags, s.tags[s.voice.topic.tag])
	}
	if s.chance(12) {
		s.c.Tags = append(s.c.Tags, s.tags[pick(s.dice, marks)])
	}
	switch n := s.IntN(100); {
	case n < 3:
		s.c.Priority = vocab.PriorityUrgent
	case n < 11:
		s.c.Priority = vocab.PriorityHigh
	case n < 22:
		s.c.Priority = vocab.PriorityNormal
	case n < 27:
		s.c.Priority = vocab.PriorityLow
	}
}
