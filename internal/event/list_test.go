package event_test

import (
	"context"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// reader is an account and its log.
type reader struct {
	*testkit.Fixture
	*event.Service
	t *testing.T
}

func eachLog(t *testing.T, test func(t *testing.T, r *reader)) {
	t.Helper()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		s := db.Open(t, clock.System{})
		test(t, &reader{Fixture: testkit.Account(t, s), Service: event.New(s), t: t})
	})
}

// append writes events of one transaction.
func (r *reader) append(events ...store.Event) {
	r.t.Helper()
	r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
		for _, e := range events {
			tx.Append(ctx, e)
		}
		return nil
	})
}

func (r *reader) list(ctx context.Context, after int64, first int, filter event.Filter) *event.Page {
	r.t.Helper()
	page, err := r.List(ctx, event.Bounds{After: &after, First: &first}, filter)
	if err != nil {
		r.t.Fatal(err)
	}
	return page
}

// sequences are a page's numbers.
func sequences(p *event.Page) []int64 {
	list := []int64{}
	for _, e := range p.Edges {
		list = append(list, e.Node.Sequence)
	}
	return list
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// NT-3: the log is read from any number on, page by page, without a gap or a
// repetition.
func TestPages(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		same(t, sequences(r.list(r.Admin, 0, 10, event.Filter{})), []int64{})
		for range 7 {
			r.append(store.Event{Type: vocab.TeamCreated})
		}
		first := r.list(r.Admin, 0, 3, event.Filter{})
		same(t, sequences(first), []int64{1, 2, 3})
		same(t, []any{first.ScannedTo, first.PageInfo.HasNextPage, first.PageInfo.HasPreviousPage}, []any{int64(3), true, false})
		rest := r.list(r.Admin, first.ScannedTo, 10, event.Filter{})
		same(t, sequences(rest), []int64{4, 5, 6, 7})
		same(t, []any{rest.ScannedTo, rest.PageInfo.HasNextPage, rest.PageInfo.HasPreviousPage}, []any{int64(7), false, true})
		end := r.list(r.Admin, 7, 10, event.Filter{})
		same(t, []any{sequences(end), end.ScannedTo, end.PageInfo.HasNextPage}, []any{[]int64{}, int64(7), false})
		head, err := r.Head(r.Admin)
		if err != nil || head != 7 {
			t.Errorf("the head is %d, %v", head, err)
		}
	})
}

// NT-3: what is committed while a reader follows the log is read once, in
// order: no one's commit falls behind a number that was read.
func TestFollowing(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		const writers, each = 8, 10
		var all sync.WaitGroup
		for range writers {
			all.Go(func() {
				for range each {
					if err := r.Store.WithTx(r.System, func(ctx context.Context, tx *store.Tx) error {
						tx.Append(ctx, store.Event{Type: vocab.TeamCreated})
						tx.Append(ctx, store.Event{Type: vocab.TeamUpdated})
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		var read []int64
		for after := int64(0); len(read) < 2*writers*each && !t.Failed(); {
			page := r.list(r.Admin, after, 100, event.Filter{})
			read = append(read, sequences(page)...)
			after = page.ScannedTo
		}
		all.Wait()
		for i, n := range read {
			if n != int64(i+1) {
				t.Fatalf("event %d has the number %d", i+1, n)
			}
		}
	})
}

// AC-1, AC-3: members of an inbox see its events; admins see the others' too
// where they concern no conversation; a read position is its reader's alone
// (IN-15), a mailbox of one's own its owner's and admins' (AC-10), and nothing
// crosses accounts.
func TestWhoSeesWhat(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		other := testkit.Account(t, r.Store)
		(&reader{Fixture: other, t: t}).append(store.Event{Type: vocab.TeamCreated})
		r.append(
			store.Event{Type: vocab.TeamCreated},
			store.Event{Type: vocab.MessageCreated, InboxID: r.InboxIDs[0], ConversationID: r.ConversationIDs[0]},
			store.Event{Type: vocab.MessageCreated, InboxID: r.InboxIDs[1], ConversationID: r.ConversationIDs[2]},
			store.Event{Type: vocab.MemberAdded, InboxID: r.InboxIDs[1]},
			store.Event{Type: vocab.ConversationRead, InboxID: r.InboxIDs[0], ConversationID: r.ConversationIDs[0], UserID: r.AgentIDs[0]},
			store.Event{Type: vocab.PersonalMailboxConnected, UserID: r.AgentIDs[0]},
		)
		for name, tc := range map[string]struct {
			ctx  context.Context
			want []int64
		}{
			"agent":           {r.Agent(0), []int64{1, 2, 5, 6}},
			"agent of both":   {r.Agent(1), []int64{1, 2, 3, 4}},
			"admin":           {r.Admin, []int64{1, 2, 4, 6}},
			"another account": {other.Admin, []int64{1}},
		} {
			if got := sequences(r.list(tc.ctx, 0, 100, event.Filter{})); !cmp.Equal(got, tc.want) {
				t.Errorf("%s sees %v, want %v", name, got, tc.want)
			}
		}
		if _, err := r.List(r.Visitor(0), event.After(0), event.Filter{}); err == nil {
			t.Error("a visitor reads the log")
		}
	})
}

// NT-3: a filter narrows what is shown, not how far was looked.
func TestFilter(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		r.append(
			store.Event{Type: vocab.TeamCreated}, store.Event{Type: vocab.MemberAdded, InboxID: r.InboxIDs[0]},
			store.Event{Type: vocab.MemberAdded, InboxID: r.InboxIDs[1]}, store.Event{Type: vocab.TeamDeleted},
		)
		for _, tc := range []struct {
			filter event.Filter
			want   []int64
		}{
			{event.Filter{Types: []vocab.EventType{vocab.TeamCreated, vocab.TeamDeleted}}, []int64{1, 4}},
			{event.Filter{InboxIDs: r.InboxIDs[:1]}, []int64{2}},
			{event.Filter{InboxIDs: r.InboxIDs[:], Types: []vocab.EventType{vocab.TeamCreated}}, []int64{}},
			{event.Filter{Types: []vocab.EventType{}}, []int64{}},
		} {
			page := r.list(r.Admin, 0, 100, tc.filter)
			same(t, sequences(page), tc.want)
			same(t, []any{page.ScannedTo, page.PageInfo.HasNextPage}, []any{int64(4), false})
		}
		for _, bad := range []string{r.AdminID, "", "inbox_\x00"} {
			_, err := r.List(r.Admin, event.After(0), event.Filter{InboxIDs: []string{bad}})
			if e := errs.Of(err); e == nil || e.Code != errs.Invalid || strings.Join(e.Field, ".") != "inboxIds.0" {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

// A page looks through 5,000 numbers at most, and tells how far: so a filter
// that finds little costs little, and loses nothing.
func TestWindow(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		many := make([]store.Event, 6000)
		for i := range many {
			many[i].Type = vocab.TeamUpdated
		}
		many[5500].Type = vocab.TeamDeleted
		r.append(many...)
		rare := event.Filter{Types: []vocab.EventType{vocab.TeamDeleted}}
		first := r.list(r.Admin, 0, 10, rare)
		same(t, []any{sequences(first), first.ScannedTo, first.PageInfo.HasNextPage}, []any{[]int64{}, int64(5000), true})
		second := r.list(r.Admin, first.ScannedTo, 10, rare)
		same(t, []any{sequences(second), second.ScannedTo, second.PageInfo.HasNextPage}, []any{[]int64{5501}, int64(6000), false})
	})
}

// Architecture 4: a number below the log's floor is expired, one beyond its
// head never was.
func TestBounds(t *testing.T) {
	t.Parallel()
	eachLog(t, func(t *testing.T, r *reader) {
		r.append(store.Event{Type: vocab.TeamCreated}, store.Event{Type: vocab.TeamCreated}, store.Event{Type: vocab.TeamCreated})
		r.Write(r.System, func(ctx context.Context, tx *store.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM events WHERE account_id = $1 AND sequence <= 2", r.AccountID); err != nil {
				return err
			}
			return tx.Client.AccountSequence.UpdateOneID(r.AccountID).SetLogFloor(2).Exec(ctx)
		})
		for after, code := range map[int64]errs.Code{-1: errs.CursorExpired, 0: errs.CursorExpired, 1: errs.CursorExpired, 4: errs.Invalid, 1 << 53: errs.Invalid} {
			_, err := r.List(r.Admin, event.After(after), event.Filter{})
			if !errs.Is(err, code) || errs.Of(err).Field[0] != "after" {
				t.Errorf("after %d: %v", after, err)
			}
		}
		page := r.list(r.Admin, 2, 10, event.Filter{})
		same(t, []any{sequences(page), page.PageInfo.HasPreviousPage}, []any{[]int64{3}, false})
		for _, first := range []int{0, event.MaxPage + 1, 100_000} {
			if _, err := r.List(r.Admin, event.Bounds{After: new(int64(2)), First: &first}, event.Filter{}); !errs.Is(err, errs.Invalid) {
				t.Errorf("first %d: %v", first, err)
			}
		}
	})
}
