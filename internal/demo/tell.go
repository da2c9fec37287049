package demo

import (
	"time"

	"parley/internal/conversation"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// tell plays the plot and adds what came of it.
func (s *story) tell(b *batch) {
	s.opened()
	switch s.plot {
	case plotWaiting:
		s.askAgain(40)
	case plotAsked:
		s.take()
		s.askAgain(30)
	case plotTeam:
		s.passOn()
	case plotAnswered:
		s.take()
		s.exchange(1 + s.IntN(2))
	case plotClosed, plotTrash:
		s.settled()
	case plotReopened:
		s.settled()
		s.comeBack()
	case plotSnoozed:
		s.take()
		s.exchange(1)
		s.snooze()
	case plotBot, plotBotEnded, plotHandedOff, plotTakenOver:
		s.withBot()
	case plotSpam:
		s.spam()
	case plotBlocked:
		s.blockSender()
	}
	s.afterwards()
	s.end(b)
}

// opened is the beginning: who is blocked already is filtered at once.
func (s *story) opened() {
	reasons := s.plot.reasons(s.dice)
	if at, met := s.blocked[s.sender()]; met && at < s.at {
		reasons = reasons.With(vocab.ReasonBlockedSender)
	}
	s.begin(reasons)
}

// sender is under what the conversation's sender is blocked (IN-10).
func (s *story) sender() sender {
	if s.who != nil {
		return sender{s.stage.id, s.who.id}
	}
	return sender{s.stage.id, s.guest.id}
}

// wait is how long people let each other wait in the conversation's medium.
func (s *story) wait() bool {
	if s.c.Kind == vocab.Email {
		return s.pass(10*time.Minute, 20*time.Hour)
	}
	return s.pass(12*time.Second, 15*time.Minute)
}

// colleague is a member of the inbox: most often the two whose tokens one has.
func (s *story) colleague() *colleague {
	for _, one := range []int{demoAgent, demoAdmin} {
		if s.chance(18) && s.place.has(one) {
			return s.colleagues[one]
		}
	}
	return s.colleagues[pick(s.dice, s.place.members)]
}

func (p *place) has(colleague int) bool {
	for _, m := range p.members {
		if m == colleague {
			return true
		}
	}
	return false
}

// holder is who has the conversation, or would answer.
func (s *story) holder() *colleague {
	for _, c := range s.colleagues {
		if c.id == s.c.AssigneeID {
			return c
		}
	}
	return s.colleague()
}

// take has somebody claim the conversation, or get it from another.
func (s *story) take() {
	if !s.wait() {
		return
	}
	to := s.colleague()
	by := to
	if s.chance(25) {
		by = s.colleague()
	}
	s.look(by)
	s.assign(by.actor(), to)
}

// passOn gives it to a team of the inbox.
func (s *story) passOn() {
	if len(s.place.teams) == 0 || !s.wait() {
		return
	}
	by := s.colleague()
	s.look(by)
	s.assignTeam(by.actor(), s.teams[pick(s.dice, s.place.teams)])
	if s.chance(50) && s.pass(20*time.Second, 5*time.Minute) {
		s.note(by, s.voice.note(s), nil)
	}
	s.askAgain(20)
}

// askAgain has who waits ask once more.
func (s *story) askAgain(percent int) {
	if s.chance(percent) && s.pass(20*time.Second, 3*time.Hour) {
		s.write(s.voice.more(s))
	}
}

// exchange is so many answers, with what the contact says to them between.
func (s *story) exchange(rounds int) {
	for i := range rounds {
		if !s.wait() {
			return
		}
		by := s.holder()
		if i == 0 || i == rounds-1 {
			s.look(by)
		}
		if s.chance(16) {
			s.confer(by)
		}
		if !s.pass(8*time.Second, 4*time.Minute) {
			return
		}
		s.reply(by.actor(), s.voice.answer(s, by, i == 0))
		if s.c.Kind == vocab.Chat && s.chance(7) && s.pass(5*time.Second, time.Minute) {
			s.correct()
		}
		if i < rounds-1 {
			if !s.wait() {
				return
			}
			s.write(s.voice.more(s))
		}
	}
}

// confer is a note that mentions a colleague of the inbox, who may look.
func (s *story) confer(by *colleague) {
	other := s.colleague()
	if other == by {
		s.note(by, s.voice.note(s), nil)
		return
	}
	s.note(by, s.voice.mention(s, other), []string{other.id})
	if s.chance(60) && s.pass(time.Minute, 20*time.Minute) {
		s.look(other)
	}
}

// correct has the author of the last message edit or delete it.
func (s *story) correct() {
	m := s.messages[len(s.messages)-1]
	if m.Direction != vocab.Outgoing || m.AuthorKind == viewer.Bot || m.DeletedAt.IsSet() {
		return
	}
	if s.chance(30) {
		s.rewrite(m, content{})
	} else {
		s.rewrite(m, content{text: m.Text + " " + pick(s.dice, corrections)})
	}
}

// settled is a whole conversation, from question to closing.
func (s *story) settled() {
	if s.chance(8) {
		s.passOn()
	}
	s.take()
	s.exchange(1 + s.IntN(4))
	if s.chance(45) && s.wait() {
		s.write(s.voice.thanks(s))
	}
	s.finish()
}

// finish closes.
func (s *story) finish() {
	if !s.pass(time.Minute, 12*time.Hour) {
		return
	}
	by := s.holder()
	s.look(by)
	s.close(by.actor())
}

// comeBack has the contact write into the closed conversation (IN-7).
func (s *story) comeBack() {
	if s.c.Status != vocab.Closed || s.full() || !s.pass(time.Hour, 8*24*time.Hour) {
		return
	}
	s.write(s.voice.more(s))
	if s.chance(50) {
		s.exchange(1)
		if s.at < s.now.Add(-lately) {
			s.finish()
		}
	}
}

// snooze puts the conversation off until a day to come (IN-18).
func (s *story) snooze() {
	if !s.pass(time.Minute, time.Hour) {
		return
	}
	by := s.holder()
	s.change(by.actor(), func() {
		s.c.SnoozedUntil = s.now.Add(s.span(time.Hour, 14*24*time.Hour))
		s.emit(vocab.ConversationUpdated)
	})
}

// withBot is a chat that a bot began, and how it left the bot's hands (IN-8).
func (s *story) withBot() {
	robot := actor{viewer.Bot, s.bot().id}
	if !s.pass(time.Second, 3*time.Second) {
		return
	}
	s.reply(robot, s.voice.robot(s))
	for range s.IntN(3) {
		if !s.pass(6*time.Second, 80*time.Second) {
			return
		}
		s.write(s.voice.more(s))
		if !s.pass(time.Second, 3*time.Second) {
			return
		}
		s.reply(robot, s.voice.robot(s))
	}
	switch s.plot {
	case plotBotEnded:
		s.botEnds(robot)
	case plotHandedOff:
		s.handOff(robot)
	case plotTakenOver:
		s.take()
		s.exchange(1 + s.IntN(2))
		if s.chance(75) {
			s.finish()
		}
	}
}

// botEnds has the bot be done; after half an hour the system closes (IN-8).
func (s *story) botEnds(robot actor) {
	if !s.pass(4*time.Second, 8*time.Second) {
		return
	}
	s.change(robot, func() {
		s.c.BotState = vocab.BotEnded
		s.emit(vocab.ConversationUpdated)
	})
	if s.until(max(s.at, s.c.VisitorActiveAt.Add(conversation.BotLock)).Add(20 * time.Second)) {
		s.close(actor{viewer.SystemKind, "bot"})
	}
}

// handOff has the visitor ask for a person, and in old chats one come.
func (s *story) handOff(robot actor) {
	if !s.pass(8*time.Second, 40*time.Second) {
		return
	}
	s.write(s.voice.human(s))
	if !s.pass(time.Second, 2*time.Second) {
		return
	}
	s.change(robot, func() {
		s.c.BotState = vocab.BotHandedOff
		s.emit(vocab.BotHandedOffEvent)
	})
	if s.at < s.now.Add(-lately/2) {
		s.finish()
	}
}

func (s *story) spam() {
	if !s.wait() {
		return
	}
	by := s.colleague()
	s.look(by)
	s.change(by.actor(), func() { s.filter(vocab.FilteredReasons(0).With(vocab.ReasonSpam)) })
}

// blockSender has a colleague block whoever is not blocked yet (IN-10).
func (s *story) blockSender() {
	if s.c.Filtered.Has(vocab.ReasonBlockedSender) {
		return
	}
	s.askAgain(50)
	if !s.wait() {
		return
	}
	by, who := s.colleague(), s.sender()
	s.look(by)
	s.change(by.actor(), func() {
		s.filter(vocab.FilteredReasons(0).With(vocab.ReasonBlockedSender))
		s.emit(vocab.ContactBlocked).SubjectID = who.id
	})
	s.block = &blocking{sender: who.id, by: by, at: s.at}
	s.blocked[who] = s.at
}

// afterwards is what does not depend on the plot: others look, the visitor
// reads, and what is to be in the trash goes there while it may be restored.
func (s *story) afterwards() {
	if s.chance(40) && s.pass(time.Minute, 6*time.Hour) {
		s.look(s.colleague())
	}
	if s.c.Kind == vocab.Chat && s.c.Filtered == 0 && s.chance(70) {
		s.c.VisitorReadNumber = s.c.LastVisibleNumber
	}
	if s.plot != plotTrash {
		return
	}
	kept := s.now.Add(-conversation.TrashKept + 24*time.Hour)
	at := max(s.at, kept).Add(time.Duration(s.Float64() * float64(s.now-max(s.at, kept)-1) * float64(time.Microsecond)))
	if s.until(at) {
		by := s.colleague()
		s.change(by.actor(), func() {
			s.c.DeletedAt = s.at
			s.emit(vocab.ConversationDeleted)
		})
	}
}
