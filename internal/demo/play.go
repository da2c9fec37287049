package demo

import (
	"time"

	"parley/internal/conversation"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// play plays the plot and adds what came of it.
func (s *story) play(b *batch) {
	s.playOpening()
	switch s.plot {
	case plotWaiting:
		s.askAgain(40)
	case plotAsked:
		s.takeConversation()
		s.askAgain(30)
	case plotTeam:
		s.passOn()
	case plotAnswered:
		s.takeConversation()
		s.addExchange(1 + s.IntN(2))
	case plotClosed, plotTrash:
		s.playSettled()
	case plotReopened:
		s.playSettled()
		s.comeBack()
	case plotSnoozed:
		s.takeConversation()
		s.addExchange(1)
		s.snooze()
	case plotBot, plotBotEnded, plotHandedOff, plotTakenOver:
		s.withBot()
	case plotSpam:
		s.spam()
	case plotBlocked:
		s.blockConversationSender()
	}
	s.afterwards()
	s.addTo(b)
}

// playOpening is the beginning: who is blocked already is filtered at once.
func (s *story) playOpening() {
	reasons := s.plot.reasons(s.dice)
	if at, met := s.blocked[s.sender()]; met && at < s.at {
		reasons = reasons.With(vocab.ReasonBlockedSender)
	}
	s.openConversation(reasons)
}

// sender is under what the conversation's sender is blocked (IN-10).
func (s *story) sender() sender {
	if s.who != nil {
		return sender{s.stage.id, s.who.id}
	}
	return sender{s.stage.id, s.visitor.id}
}

// passWait is how long people let each other wait in the conversation's medium.
func (s *story) passWait() bool {
	if s.c.Kind == vocab.Email {
		return s.passTime(10*time.Minute, 20*time.Hour)
	}
	return s.passTime(12*time.Second, 15*time.Minute)
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

// takeConversation has someone claim the conversation, or get it from another.
func (s *story) takeConversation() {
	if !s.passWait() {
		return
	}
	to := s.colleague()
	by := to
	if s.chance(25) {
		by = s.colleague()
	}
	s.markReadBy(by)
	s.assign(by.actor(), to)
}

// passOn gives it to a team of the inbox.
func (s *story) passOn() {
	if len(s.place.teams) == 0 || !s.passWait() {
		return
	}
	by := s.colleague()
	s.markReadBy(by)
	s.assignTeam(by.actor(), s.teams[pick(s.dice, s.place.teams)])
	if s.chance(50) && s.passTime(20*time.Second, 5*time.Minute) {
		s.addNote(by, s.voice.noteText(s), nil)
	}
	s.askAgain(20)
}

// askAgain has who waits ask once more.
func (s *story) askAgain(percent int) {
	if s.chance(percent) && s.passTime(20*time.Second, 3*time.Hour) {
		s.writeMore(s.voice.more(s))
	}
}

// addExchange is so many answers, with what the contact says to them between.
func (s *story) addExchange(rounds int) {
	for i := range rounds {
		if !s.passWait() {
			return
		}
		by := s.holder()
		if i == 0 || i == rounds-1 {
			s.markReadBy(by)
		}
		if s.chance(16) {
			s.addMention(by)
		}
		if !s.passTime(8*time.Second, 4*time.Minute) {
			return
		}
		s.addReply(by.actor(), s.voice.answerText(s, by, i == 0))
		if s.c.Kind == vocab.Chat && s.chance(7) && s.passTime(5*time.Second, time.Minute) {
			s.correctLastMessage()
		}
		if i < rounds-1 {
			if !s.passWait() {
				return
			}
			s.writeMore(s.voice.more(s))
		}
	}
}

// addMention is a note that mentions a colleague of the inbox, who may look.
func (s *story) addMention(by *colleague) {
	other := s.colleague()
	if other == by {
		s.addNote(by, s.voice.noteText(s), nil)
		return
	}
	s.addNote(by, s.voice.mention(s, other), []string{other.id})
	if s.chance(60) && s.passTime(time.Minute, 20*time.Minute) {
		s.markReadBy(other)
	}
}

// correctLastMessage has the author of the last message edit or delete it.
func (s *story) correctLastMessage() {
	m := s.messages[len(s.messages)-1]
	if m.Direction != vocab.Outgoing || m.AuthorKind == viewer.Bot || m.DeletedAt.IsSet() {
		return
	}
	if s.chance(30) {
		s.rewriteMessage(m, content{})
	} else {
		s.rewriteMessage(m, content{text: m.Text + " " + pick(s.dice, corrections)})
	}
}

// playSettled is a whole conversation, from question to closing.
func (s *story) playSettled() {
	if s.chance(8) {
		s.passOn()
	}
	s.takeConversation()
	s.addExchange(1 + s.IntN(4))
	if s.chance(45) && s.passWait() {
		s.writeMore(s.voice.thanks(s))
	}
	s.finishConversation()
}

// finishConversation closes.
func (s *story) finishConversation() {
	if !s.passTime(time.Minute, 12*time.Hour) {
		return
	}
	by := s.holder()
	s.markReadBy(by)
	s.close(by.actor())
}

// comeBack has the contact write into the closed conversation (IN-7).
func (s *story) comeBack() {
	if s.c.Status != vocab.Closed || s.full() || !s.passTime(time.Hour, 8*24*time.Hour) {
		return
	}
	s.writeMore(s.voice.more(s))
	if s.chance(50) {
		s.addExchange(1)
		if s.at < s.now.Add(-lately) {
			s.finishConversation()
		}
	}
}

// snooze puts the conversation off until a day to come (IN-18).
func (s *story) snooze() {
	if !s.passTime(time.Minute, time.Hour) {
		return
	}
	by := s.holder()
	s.changeConversation(by.actor(), func() {
		s.c.SnoozedUntil = s.now.Add(s.span(time.Hour, 14*24*time.Hour))
		s.emit(vocab.ConversationUpdated)
	})
}

// withBot is a chat that a bot began, and how it left the bot's hands (IN-8).
func (s *story) withBot() {
	robot := actor{viewer.Bot, s.bot().id}
	if !s.passTime(time.Second, 3*time.Second) {
		return
	}
	s.addReply(robot, s.voice.robot(s))
	for range s.IntN(3) {
		if !s.passTime(6*time.Second, 80*time.Second) {
			return
		}
		s.writeMore(s.voice.more(s))
		if !s.passTime(time.Second, 3*time.Second) {
			return
		}
		s.addReply(robot, s.voice.robot(s))
	}
	switch s.plot {
	case plotBotEnded:
		s.botEnds(robot)
	case plotHandedOff:
		s.handOff(robot)
	case plotTakenOver:
		s.takeConversation()
		s.addExchange(1 + s.IntN(2))
		if s.chance(75) {
			s.finishConversation()
		}
	}
}

// botEnds has the bot be done; after half an hour the system closes (IN-8).
func (s *story) botEnds(robot actor) {
	if !s.passTime(4*time.Second, 8*time.Second) {
		return
	}
	s.changeConversation(robot, func() {
		s.c.BotState = vocab.BotEnded
		s.emit(vocab.ConversationUpdated)
	})
	if s.passTimeUntil(max(s.at, s.c.VisitorActiveAt.Add(conversation.BotLock)).Add(20 * time.Second)) {
		s.close(actor{viewer.SystemKind, "bot"})
	}
}

// handOff has the visitor ask for a person, and in old chats one come.
func (s *story) handOff(robot actor) {
	if !s.passTime(8*time.Second, 40*time.Second) {
		return
	}
	s.writeMore(s.voice.human(s))
	if !s.passTime(time.Second, 2*time.Second) {
		return
	}
	s.changeConversation(robot, func() {
		s.c.BotState = vocab.BotHandedOff
		s.emit(vocab.BotHandedOffEvent)
	})
	if s.at < s.now.Add(-lately/2) {
		s.finishConversation()
	}
}

func (s *story) spam() {
	if !s.passWait() {
		return
	}
	by := s.colleague()
	s.markReadBy(by)
	s.changeConversation(by.actor(), func() { s.filter(vocab.FilteredReasons(0).With(vocab.ReasonSpam)) })
}

// blockConversationSender has a colleague block whoever is not blocked yet (IN-10).
func (s *story) blockConversationSender() {
	if s.c.Filtered.Has(vocab.ReasonBlockedSender) {
		return
	}
	s.askAgain(50)
	if !s.passWait() {
		return
	}
	by, who := s.colleague(), s.sender()
	s.markReadBy(by)
	s.changeConversation(by.actor(), func() {
		s.filter(vocab.FilteredReasons(0).With(vocab.ReasonBlockedSender))
		s.emit(vocab.ContactBlocked).SubjectID = who.id
	})
	s.block = &blocking{sender: who.id, by: by, at: s.at}
	s.blocked[who] = s.at
}

// afterwards is what does not depend on the plot: others look, the visitor
// reads, and what is to be in the trash goes there while it may be restored.
func (s *story) afterwards() {
	if s.chance(40) && s.passTime(time.Minute, 6*time.Hour) {
		s.markReadBy(s.colleague())
	}
	if s.c.Kind == vocab.Chat && s.c.Filtered == 0 && s.chance(70) {
		s.c.VisitorReadNumber = s.c.LastVisibleNumber
	}
	if s.plot != plotTrash {
		return
	}
	kept := s.now.Add(-conversation.TrashKept + 24*time.Hour)
	at := max(s.at, kept).Add(time.Duration(s.Float64() * float64(s.now-max(s.at, kept)-1) * float64(time.Microsecond)))
	if s.passTimeUntil(at) {
		by := s.colleague()
		s.changeConversation(by.actor(), func() {
			s.c.DeletedAt = s.at
			s.emit(vocab.ConversationDeleted)
		})
	}
}
