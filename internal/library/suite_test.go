package library_test

import (
	"context"
	"os"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is an account with a library.
type world struct {
	*testkit.Fixture
	*library.Service
	t *testing.T
}

func each(t *testing.T, test func(w *world)) {
	t.Helper()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) { test(newWorld(t, s)) })
}

func newWorld(t *testing.T, s *store.Store) *world {
	return &world{testkit.Account(t, s), library.New(s, "https://parley.example.com/"), t}
}

// snippet makes a snippet; change alters how.
func (w *world) snippet(ctx context.Context, markdown string, change ...func(*library.CreateLibraryItemInput)) (*ent.LibraryItem, error) {
	in := library.CreateLibraryItemInput{Kind: vocab.SnippetItem, Name: "Hours", ItemFacts: library.ItemFacts{Markdown: opt.Of(markdown)}}
	for _, f := range change {
		f(&in)
	}
	return w.Create(ctx, in)
}

// refused reports how a snippet is refused.
func (w *world) refused(ctx context.Context, markdown string, code errs.Code, field string, change ...func(*library.CreateLibraryItemInput)) {
	w.t.Helper()
	_, err := w.snippet(ctx, markdown, change...)
	check.Refused(w.t, err, code, field)
}

// names are those of the items that a list shows.
func (w *world) names(ctx context.Context, f library.Filter) []string {
	w.t.Helper()
	page := check.Must(w.List(ctx, f, paging.PageArgs{}))(w.t)
	list := []string{}
	for _, item := range page.Nodes() {
		list = append(list, item.Name)
	}
	check.Same(w.t, check.Must(page.TotalCount(ctx))(w.t), len(list))
	return list
}

// team makes a team of users.
func (w *world) team(users ...string) string {
	w.t.Helper()
	team := id.New(id.Team)
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		if err := tx.Client.Team.Create().SetID(team).SetName(team).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		for _, u := range users {
			if err := tx.Client.TeamMember.Create().SetID(id.New("member")).SetTeamID(team).SetUserID(u).Exec(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	return team
}
