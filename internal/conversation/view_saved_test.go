package conversation_test

import (
	"testing"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// IN-19, NT-5: a live saved view follows the changes of what was saved, and ends
// when its viewer may not use it any more.
func TestViewOfASavedView(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		saved := s.saves(s.Admin, conversation.CreateSavedViewInput{
			InboxID: &s.InboxIDs[0], Name: "Open ones", Shared: true, Filter: &conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}},
		})
		s.closes(s.ConversationIDs[1])
		c := s.watches(newPerson(s.Agent(0)), conversation.Selection{SavedViewID: &saved.ID}, 5)
		c.right("at first")
		same(t, len(c.rows), 1)
		alter := func(in conversation.UpdateSavedViewInput) {
			t.Helper()
			in.SavedViewID = saved.ID
			must(s.UpdateSavedView(s.Admin, in))(t)
		}
		alter(conversation.UpdateSavedViewInput{Filter: &conversation.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}}})
		c.right("closed ones")
		same(t, c.left[s.ConversationIDs[0]], vocab.LeftNoMatch)
		alter(conversation.UpdateSavedViewInput{Filter: &conversation.Filter{}, OrderBy: ptr(vocab.OpenedAsc)})
		c.right("all, in another order")
		same(t, len(c.rows), 2)
		alter(conversation.UpdateSavedViewInput{Name: ptr("Another name")})
		same(t, len(c.sees()), 0)
		alter(conversation.UpdateSavedViewInput{Shared: ptr(false)})
		_, err := c.Next(t.Context())
		refused(t, err, errs.NotFound, "savedViewId")
		own := s.watches(newPerson(s.Admin), conversation.Selection{SavedViewID: &saved.ID}, 5)
		own.right("the owner's alone")
		must(s.DeleteSavedView(s.Admin, conversation.DeleteSavedViewInput{SavedViewID: saved.ID}))(t)
		_, err = own.Next(t.Context())
		refused(t, err, errs.NotFound, "savedViewId")
	})
}
