package live_test

import (
	"fmt"
	"testing"

	"parley/internal/conversation"
	"parley/internal/conversation/live"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/testkit/check"
)

// IN-3, NT-5: a view that is found by words follows what is written, edited and
// deleted, and whom a conversation is with.
func TestViewFoundByWords(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		words := func(text string) view.Selection {
			return view.Selection{Filter: view.Filter{Text: &text}}
		}
		quince, dora := s.watches(newPerson(s.Agent(0)), words("quince"), 5), s.watches(newPerson(s.Agent(1)), words("dora"), 5)
		has := func(label string, quinces, doras int) {
			t.Helper()
			quince.right(label)
			dora.sees()
			check.Same(t, []int{len(quince.rows), len(dora.rows)}, []int{quinces, doras})
		}
		has("at first", 0, 0)
		first, second := s.ConversationIDs[0], s.ConversationIDs[1]
		note := s.AgentNotes(s.Agent(0), first, "A quince")
		has("written", 1, 0)
		check.Must(s.EditMessage(s.Agent(0), conversation.EditMessageInput{MessageID: note.ID, Text: check.Ptr("A pear")}))(t)
		has("edited", 0, 0)
		note = s.AgentNotes(s.Agent(0), second, "Another quince")
		has("written again", 1, 0)
		check.Must(s.DeleteMessage(s.Agent(0), conversation.DeleteMessageInput{MessageID: note.ID}))(t)
		has("deleted", 0, 0)
		check.Must(s.UnlinkContact(s.Agent(0), conversation.UnlinkContactInput{Target: conversation.On(first)}))(t)
		check.Must(s.LinkContact(s.Agent(0), conversation.LinkContactInput{Target: conversation.On(first), ContactID: s.ContactID}))(t)
		has("linked", 0, 1)
		check.Must(s.UnlinkContact(s.Agent(0), conversation.UnlinkContactInput{Target: conversation.On(first)}))(t)
		has("unlinked", 0, 0)
	})
}

// Each different view with a text filter asks the database at each message, so
// an account has a number of them at most; who looks at the same shares one.
func TestViewsFoundByWordsAreBounded(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		view := func(i int) (*live.ViewStream, error) {
			sel := view.Selection{Filter: view.Filter{Text: check.Ptr(fmt.Sprint("word", i))}}
			return s.live.View(s.Agent(0), sel, nil, false)
		}
		for i := range 200 {
			stream := check.Must(view(i % 100))(t)
			defer stream.Close()
			if i == 0 {
				defer func() { check.Must(view(100))(t).Close() }() // there is room again
			}
		}
		_, err := view(100)
		check.Refused(t, err, errs.RateLimited)
		check.Same(t, s.live.Watches(), 100)
	})
}
