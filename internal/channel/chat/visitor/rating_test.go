package visitor_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	"parley/internal/channel/chat/visitor"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// asks has the first inbox ask its contacts after a close.
func (w *world) asks(scale vocab.RatingScale, media ...vocab.RatingMedium) {
	w.t.Helper()
	settings := vocab.InboxSettings{Rating: &vocab.RatingSettings{Scale: scale, Media: media}}
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Inbox.UpdateOneID(w.InboxIDs[0]).SetSettings(settings).Exec(ctx)
	})
}

func (w *world) closes(conversationID string) {
	w.t.Helper()
	_, err := w.conversations.Close(w.Agent(0), conversation.CloseConversationInput{Target: conversation.On(conversationID)})
	w.ok(err)
}

// question is the scale that the visitor is asked about a chat with; "": nothing.
func (w *world) question(me context.Context, conversationID string) vocab.RatingScale {
	w.t.Helper()
	c, err := w.Conversation(me, conversationID)
	w.ok(err)
	found, err := w.RatingQuestions(me, []*ent.Conversation{c})
	w.ok(err)
	if found[0] == nil {
		return ""
	}
	return found[0].Scale
}

// CO-5: after a close by a person the visitor is asked once; the answer is on the
// conversation, is an event, and counts for whoever closed it. The next close asks again.
func TestRating(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		me, other := w.as(w.start("", "")), w.as(w.start("", ""))
		c := w.startChat(me, "q")
		rate := func(who context.Context, score int, comment string, key *string) error {
			_, err := w.Rate(who, visitor.RateConversationInput{ConversationID: c.ID, Score: score, Comment: &comment, IdempotencyKey: key})
			return err
		}
		w.closes(c.ID)
		w.fails(rate(me, 5, "", nil), errs.NotEligible, "conversationId")
		w.asks(vocab.RatingFive, vocab.RatingByMail)
		w.fails(rate(me, 5, "", nil), errs.NotEligible, "conversationId")
		w.asks(vocab.RatingFive, vocab.RatingInChat)
		if got := w.question(me, c.ID); got != vocab.RatingFive {
			t.Errorf("the visitor is asked %q", got)
		}
		for _, score := range []int{0, 6, -1} {
			w.fails(rate(me, score, "", nil), errs.Invalid, "score")
		}
		w.fails(rate(me, 4, strings.Repeat("x", 2_001), nil), errs.TooLong, "comment")
		w.fails(rate(me, 4, "a\xffb", nil), errs.Invalid, "comment")
		w.fails(rate(other, 4, "", nil), errs.NotFound, "conversationId")
		before := w.row(c.ID)
		key := "k"
		w.ok(rate(me, 4, " quick\n", &key))
		w.ok(rate(me, 4, " quick\n", &key))
		w.fails(rate(me, 2, "", nil), errs.AlreadyExists, "conversationId")
		after := w.row(c.ID)
		if after.Rating != 4 || after.Revision != before.Revision+1 || w.question(me, c.ID) != "" {
			t.Errorf("the conversation has %d, revision %d after %d", after.Rating, after.Revision, before.Revision)
		}
		shown, err := w.conversations.Ratings(w.Agent(0), []*ent.Conversation{after, w.row(w.ConversationIDs[0])})
		w.ok(err)
		if r := shown[0]; len(r) != 1 || r[0].Score != 4 || r[0].Comment != "quick" || r[0].ResolvedBy != w.AgentIDs[0] || r[0].Medium != vocab.RatingInChat || len(shown[1]) != 0 {
			t.Errorf("shown: %+v", shown)
		}
		events, err := w.Store.Client(w.System).Event.Query().Where(entevent.ConversationID(c.ID), entevent.TypeEQ(vocab.RatingGiven)).All(w.System)
		w.ok(err)
		if len(events) != 1 || len(events[0].Changes) != 1 || *events[0].Changes[0].To != "4" || events[0].ActorKind != viewer.Visitor || events[0].Revision != after.Revision {
			t.Errorf("events: %+v", events)
		}

		w.send(me, c.ID, "and another")
		w.fails(rate(me, 1, "", nil), errs.ConversationNotClosed, "conversationId")
		w.asks(vocab.RatingThumbs, vocab.RatingInChat)
		w.closes(c.ID)
		w.fails(rate(me, 3, "", nil), errs.Invalid, "score")
		w.ok(rate(me, 1, "", nil))
		shown, err = w.conversations.Ratings(w.Agent(0), []*ent.Conversation{w.row(c.ID)})
		w.ok(err)
		if r := shown[0]; len(r) != 2 || r[0].Score != 1 || r[0].CloseNumber != 2 || w.row(c.ID).Rating != 1 {
			t.Errorf("after the second close: %+v", r)
		}

		boxes, err := w.Store.Client(w.System).Inbox.Query().All(w.System)
		w.ok(err)
		from := w.Store.Now().Add(-time.Hour)
		elsewhere := *viewer.FromContext(w.Agent(0))
		elsewhere.InboxIDs = nil
		for _, as := range []struct {
			who  context.Context
			want int
		}{{w.Agent(0), 2}, {viewer.NewContext(t.Context(), &elsewhere), 0}} { // who is not a member counts nothing
			counts, err := w.conversations.RatingCounts(as.who, boxes, from, nil)
			w.ok(err)
			sum := 0
			for _, of := range counts {
				for _, r := range of {
					if sum += r.Count; r.Average != 2.5 || r.ResolvedBy != w.AgentIDs[0] || r.Scores[0] != 1 || r.Scores[3] != 1 {
						t.Errorf("counted: %+v", r)
					}
				}
			}
			if sum != as.want {
				t.Errorf("%d ratings are counted, want %d", sum, as.want)
			}
		}
		until := from.Add(time.Minute)
		if counts, err := w.conversations.RatingCounts(w.Agent(0), boxes, from, &until); err != nil || len(counts[0])+len(counts[1]) > 0 {
			t.Errorf("before anything was rated: %v, %v", counts, err)
		}
		for _, before := range []clock.Micros{from, from.Add(401 * 24 * time.Hour)} {
			_, err := w.conversations.RatingCounts(w.Agent(0), boxes, from, &before)
			w.fails(err, errs.Invalid, "before")
		}
	})
}

// CO-5: nothing is asked after spam, a bot's end, an automatic close, or long after.
func TestRatingNotAsked(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.asks(vocab.RatingFive, vocab.RatingInChat)
		me := w.as(w.start("", ""))
		for name, alter := range map[string]func(*ent.ConversationUpdateOne){
			"spam":      func(u *ent.ConversationUpdateOne) { u.SetFiltered(vocab.ReasonSpam.Bit()) },
			"a bot":     func(u *ent.ConversationUpdateOne) { u.SetClosedBy(viewer.Bot) },
			"automatic": func(u *ent.ConversationUpdateOne) { u.SetClosedBy(viewer.SystemKind) },
			"long ago":  func(u *ent.ConversationUpdateOne) { u.SetClosedAt(w.Store.Now().Add(-31 * 24 * time.Hour)) },
			"silence":   func(u *ent.ConversationUpdateOne) { u.SetLastIncomingNumber(0) },
		} {
			c := w.startChat(me, name)
			w.closes(c.ID)
			if w.question(me, c.ID) == "" {
				t.Fatalf("%s: nothing is asked before", name)
			}
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				u := tx.Client.Conversation.UpdateOneID(c.ID)
				alter(u)
				return u.Exec(ctx)
			})
			_, err := w.Rate(me, visitor.RateConversationInput{ConversationID: c.ID, Score: 5})
			if w.fails(err, errs.NotEligible, "conversationId"); w.question(me, c.ID) != "" {
				t.Errorf("%s: it is asked", name)
			}
		}
	})
}

// CO-5: of two answers to one question, one is kept.
func TestRatingOnce(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		w.asks(vocab.RatingFive, vocab.RatingInChat)
		me := w.as(w.start("", ""))
		c := w.startChat(me, "q")
		w.closes(c.ID)
		var group sync.WaitGroup
		results := make([]error, 8)
		for i := range results {
			group.Go(func() {
				_, results[i] = w.Rate(me, visitor.RateConversationInput{ConversationID: c.ID, Score: 1 + i%5})
			})
		}
		group.Wait()
		kept := 0
		for _, err := range results {
			if err == nil {
				kept++
			} else {
				w.fails(err, errs.AlreadyExists, "conversationId")
			}
		}
		if kept != 1 {
			t.Errorf("%d answers were kept", kept)
		}
	})
}

func (w *world) row(conversationID string) *ent.Conversation {
	w.t.Helper()
	c, err := w.Store.Client(w.System).Conversation.Get(w.System, conversationID)
	w.ok(err)
	return c
}
