package demo_test

import (
	"context"
	"testing"
	"time"

	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/demo"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

var today = time.Date(2026, 3, 17, 14, 25, 0, 0, time.UTC)

func fill(t *testing.T, s *store.Store, o demo.Options) demo.Result {
	t.Helper()
	r, err := demo.Fill(t.Context(), s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// bearer returns the context of who has a token (AC-9).
func bearer(t *testing.T, s *store.Store, token string) context.Context {
	t.Helper()
	v, err := account.New(s).Authenticate(t.Context(), token)
	if err != nil {
		t.Fatal(err)
	}
	return viewer.NewContext(t.Context(), v)
}

func TestASetIsWhole(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		steps := 0
		r := fill(t, s, demo.Options{Conversations: 400, Seed: 7, Progress: func(done, total int) {
			steps++
			if total != 400 || done > total {
				t.Errorf("progress %d of %d", done, total)
			}
		}})
		c := newChecker(t, s, r, 1)
		c.all()
		if steps == 0 || r.Conversations != 400 || r.Contacts != 500 || len(c.users) != 12 || len(r.InboxIDs) != 3 {
			t.Errorf("%d steps made %+v with %d users", steps, r, len(c.users))
		}
		if average := float64(r.Messages) / float64(r.Conversations); average < 3.5 || average > 6 {
			t.Errorf("%.1f messages a conversation, not about 5", average)
		}
		c.variety()
		if newest := c.conversations[len(c.conversations)-1].OpenedAt; newest < s.Now().Add(-10*time.Minute) {
			t.Errorf("the newest conversation began at %s", newest)
		}
		if oldest := c.conversations[0].OpenedAt; oldest < s.Now().Add(-181*24*time.Hour) || oldest > s.Now().Add(-150*24*time.Hour) {
			t.Errorf("the oldest conversation began at %s", oldest)
		}
	})
}

// IN-2: whoever has one of the tokens finds something in every view.
func TestEveryViewHasSomething(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		r := fill(t, s, demo.Options{Conversations: 600, Seed: 1})
		conversations := view.New(s)
		for name, token := range map[string]string{"admin": r.AdminToken, "agent": r.AgentToken} {
			ctx := bearer(t, s, token)
			counts := map[vocab.ConversationView]int{}
			for _, shown := range []vocab.ConversationView{
				vocab.ViewAll, vocab.ViewMine, vocab.ViewUnassigned, vocab.ViewEmail, vocab.ViewChat, vocab.ViewBots, vocab.ViewFiltered, vocab.ViewTrash,
			} {
				for _, status := range []vocab.ConversationStatus{vocab.Open, vocab.Closed} {
					n := count(ctx, t, conversations, view.Selection{View: shown, Filter: view.Filter{Statuses: []vocab.ConversationStatus{status}}})
					counts[shown] += n
					if n == 0 && shown != vocab.ViewFiltered && shown != vocab.ViewTrash {
						t.Errorf("%s: nothing that is %s in %s", name, status, shown)
					}
				}
				if counts[shown] == 0 {
					t.Errorf("%s: nothing in %s", name, shown)
				}
			}
			if counts[vocab.ViewAll] != counts[vocab.ViewEmail]+counts[vocab.ViewChat] || counts[vocab.ViewMine] > counts[vocab.ViewAll]/2 || counts[vocab.ViewFiltered] > counts[vocab.ViewAll]/4 {
				t.Errorf("%s: implausible counts %v", name, counts)
			}
			unread := true
			for what, filter := range map[string]view.Filter{
				"snoozed": {Snoozed: vocab.SnoozedOnly}, "unread": {Unread: &unread}, "urgent": {Priorities: []vocab.Priority{vocab.PriorityUrgent}},
				"vip": {Tags: []string{"vip"}},
			} {
				if count(ctx, t, conversations, view.Selection{Filter: filter}) == 0 {
					t.Errorf("%s: nothing is %s", name, what)
				}
			}
		}
	})
}

func count(ctx context.Context, t *testing.T, s *view.Service, sel view.Selection) int {
	t.Helper()
	page, err := s.List(ctx, sel, paging.PageArgs{})
	if err != nil {
		t.Fatal(err)
	}
	n, err := page.TotalCount(ctx)
	if err != nil || n == nil {
		t.Fatal("no count", err)
	}
	return *n
}

// NT-3: events(after: 0) reads the whole story, page by page.
func TestTheLogReadsTheStory(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		r := fill(t, s, demo.Options{Conversations: 60, Seed: 3})
		ctx := bearer(t, s, r.AdminToken)
		log := event.New(s)
		created := map[string]bool{}
		var at int64
		for more := true; more; {
			page, err := log.List(ctx, event.After(at), event.Filter{})
			if err != nil {
				t.Fatal(err)
			}
			for _, edge := range page.Edges {
				e := edge.Node
				if e.Type == vocab.ConversationCreated {
					created[e.ConversationID] = true
				}
				if e.ConversationID != "" && !created[e.ConversationID] {
					t.Fatalf("%s of a conversation that is not begun yet", e.Type)
				}
			}
			at, more = page.ScannedTo, page.PageInfo.HasNextPage
		}
		if len(created) != 60 || at != int64(r.Events) {
			t.Errorf("the log tells of %d conversations in %d events, not of 60 in %d", len(created), at, r.Events)
		}
	})
}

func TestMoreSetsBesideWhatIsThere(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		// The same seed at the same time, thrice.
		for round := 1; round <= 3; round++ {
			head, err := event.New(s).Head(f.Admin)
			if err != nil {
				t.Fatal(err)
			}
			r := fill(t, s, demo.Options{AccountID: f.AccountID, Conversations: 70, Seed: 1})
			if r.AccountID != f.AccountID {
				t.Fatalf("filled %s", r.AccountID)
			}
			newChecker(t, s, r, head+1).all()
		}
		if _, err := desk.Conversations(s, conversation.Deps{}).Close(f.Admin, conversation.CloseConversationInput{Target: conversation.On(f.ConversationIDs[0])}); err != nil {
			t.Errorf("what was there before: %v", err)
		}
	})
}

func TestAFewAreEnough(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		r := fill(t, s, demo.Options{Conversations: 1})
		newChecker(t, s, r, 1).all()
	})
}

// What was begun is ended when the run is canceled.
func TestCanceled(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := demo.Fill(ctx, s, demo.Options{Conversations: 5_000, Progress: func(int, int) { cancel() }})
		if err == nil || r.Conversations == 0 || r.Conversations == 5_000 {
			t.Fatalf("made %d conversations with error %v", r.Conversations, err)
		}
		newChecker(t, s, r, 1).log()
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.At(today), func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		full := f.AccountID
		f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Account.UpdateOneID(full).SetMaxInboxes(4).Exec(ctx)
		})
		for name, c := range map[string]struct {
			demo.Options
			code errs.Code
		}{
			"None":      {demo.Options{Conversations: 0}, errs.Invalid},
			"Negative":  {demo.Options{Conversations: -5}, errs.Invalid},
			"TooMany":   {demo.Options{Conversations: demo.MaxConversations + 1}, errs.Invalid},
			"NoAccount": {demo.Options{Conversations: 1, AccountID: "account_nobody"}, errs.NotFound},
			"Full":      {demo.Options{Conversations: 1, AccountID: full}, errs.InboxLimitReached}, // AC-6
		} {
			if _, err := demo.Fill(t.Context(), s, c.Options); !errs.Is(err, c.code) {
				t.Errorf("%s: %v, not %s", name, err, c.code)
			}
		}
		head, err := event.New(s).Head(f.Admin)
		if err != nil || head != 0 {
			t.Errorf("something was written: %d, %v", head, err)
		}
	})
}
