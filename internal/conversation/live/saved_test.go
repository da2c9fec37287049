package live_test

import (
	"testing"

	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/opt"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-19, NT-5: a live saved view follows the changes of what was saved, and ends
// when its viewer may not use it any more.
func TestViewOfASavedView(t *testing.T) {
	t.Parallel()
	eachStage(t, func(t *testing.T, s *stage) {
		saved := s.SaveView(s.Admin, view.CreateSavedViewInput{
			InboxID: &s.InboxIDs[0], Name: "Open ones", Shared: true, Filter: &view.Filter{Statuses: []vocab.ConversationStatus{vocab.Open}},
		})
		s.MustClose(s.ConversationIDs[1])
		c := s.watches(newPerson(s.Agent(0)), view.Selection{SavedViewID: &saved.ID}, 5)
		c.right("at first")
		check.Same(t, len(c.rows), 1)
		alter := func(in view.UpdateSavedViewInput) {
			t.Helper()
			in.SavedViewID = saved.ID
			check.Must(s.UpdateSavedView(s.Admin, in))(t)
		}
		alter(view.UpdateSavedViewInput{Filter: opt.Of(view.Filter{Statuses: []vocab.ConversationStatus{vocab.Closed}})})
		c.right("closed ones")
		check.Same(t, c.left[s.ConversationIDs[0]], vocab.LeftNoMatch)
		alter(view.UpdateSavedViewInput{Filter: opt.Of(view.Filter{}), OrderBy: opt.Of(vocab.OpenedAsc)})
		c.right("all, in another order")
		check.Same(t, len(c.rows), 2)
		alter(view.UpdateSavedViewInput{Name: opt.Of("Another name")})
		check.Same(t, len(c.sees()), 0)
		alter(view.UpdateSavedViewInput{Shared: opt.Of(false)})
		_, err := c.Next(t.Context())
		check.Refused(t, err, errs.NotFound, "view", "savedViewId")
		own := s.watches(newPerson(s.Admin), view.Selection{SavedViewID: &saved.ID}, 5)
		own.right("the owner's alone")
		check.Must(s.DeleteSavedView(s.Admin, view.DeleteSavedViewInput{SavedViewID: saved.ID}))(t)
		_, err = own.Next(t.Context())
		check.Refused(t, err, errs.NotFound, "view", "savedViewId")
	})
}
