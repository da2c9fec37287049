package library

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	entteam "parley/ent/team"
	"parley/ent/teammember"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/richtext"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/viewer"
)

const (
	defaultPage = 50
	maxQuery    = 200
	// chunk is how many items are loaded at once to be tested for words.
	chunk = 500
)

// ItemPage is a page of a list of items.
type ItemPage struct {
	paging.Connection[*ent.LibraryItem]
	count func(context.Context) (int, error)
}

// TotalCount returns how many items the whole list has.
func (p *ItemPage) TotalCount(ctx context.Context) (int, error) { return p.count(ctx) }

// items are listed by name, whatever its case.
var items = store.Listing[ent.LibraryItem]{
	Name: "library items", Kind: id.LibraryItem, Column: entitem.FieldNameKey,
	Text: func(item *ent.LibraryItem) string { return item.NameKey }, ID: func(item *ent.LibraryItem) string { return item.ID },
}

// wanted is what a list asks for.
type wanted struct {
	Filter
	shortcut string        // the beginning of one
	words    *search.Query // nil: any
}

// List returns a page of the items that the viewer may use, by name (CO-1). A query of
// words finds items by the beginnings of words of their names, folders and texts; one that
// begins with # finds those whose shortcut begins so.
func (s *Service) List(ctx context.Context, f Filter, args paging.PageArgs) (*ItemPage, error) {
	w, err := f.readFilter()
	if err != nil {
		return nil, err
	}
	lanes, err := s.lanes(ctx, w)
	if err != nil {
		return nil, err
	}
	filters := []string{value(f.Query), string(value(f.Kind)), strconv.FormatBool(f.Folder != nil), value(f.Folder), strconv.FormatBool(f.IncludeArchived)}
	load := func(args paging.PageArgs) (*paging.Connection[*ent.LibraryItem], error) {
		return items.Merged(args, defaultPage, lanes, func(narrow func(*sql.Selector)) ([]*ent.LibraryItem, error) {
			q := s.store.Client(ctx).LibraryItem.Query()
			q.Modify(narrow)
			return q.All(ctx)
		}, filters...)
	}
	page := load
	if w.words != nil {
		sieve := paging.Sieve[*ent.LibraryItem]{Load: load, Passes: w.passes, Chunk: chunk, Most: MaxItems}
		page = func(args paging.PageArgs) (*paging.Connection[*ent.LibraryItem], error) {
			return sieve.Page(args, defaultPage)
		}
	}
	found, err := page(args)
	if err != nil {
		return nil, err
	}
	return &ItemPage{*found, func(ctx context.Context) (int, error) { return s.count(ctx, w, page) }}, nil
}

// count counts the whole list, of which an account has at most MaxItems.
func (s *Service) count(ctx context.Context, w wanted, page func(paging.PageArgs) (*paging.Connection[*ent.LibraryItem], error)) (int, error) {
	if w.words == nil {
		return s.store.Client(ctx).LibraryItem.Query().Where(w.narrow).Count(ctx)
	}
	n := 0
	err := paging.Walk(page, func(*ent.LibraryItem) { n++ })
	return n, err
}

// readFilter checks the criteria.
func (f Filter) readFilter() (wanted, error) {
	w := wanted{Filter: f}
	for _, of := range []struct{ field, text string }{{"query", value(f.Query)}, {"folder", value(f.Folder)}} {
		if !store.Storable(of.text) {
			return w, errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(of.text)).On(of.field)
		}
	}
	text := strings.TrimSpace(value(f.Query))
	if n := utf8.RuneCountInString(text); n > maxQuery {
		return w, errs.Exceeds(maxQuery, "The text has %d characters; at most %d are allowed.", n, maxQuery).On("query")
	}
	if shortcut, ok := strings.CutPrefix(text, "#"); ok {
		w.shortcut = richtext.Caseless(shortcut)
		return w, nil
	}
	if text == "" {
		return w, nil
	}
	q, err := search.ParseBeginnings(text)
	if e := errs.Of(err); e != nil {
		err = e.On("query")
	}
	w.words = &q
	return w, err
}

// lanes are the audiences that the viewer belongs to, each in the order of an index.
func (s *Service) lanes(ctx context.Context, w wanted) ([]store.Lane, error) {
	audiences, err := s.audiences(ctx)
	if err != nil {
		return nil, err
	}
	lanes := make([]store.Lane, len(audiences))
	for i, audience := range audiences {
		lanes[i] = func(q *sql.Selector) {
			q.Where(sql.EQ(q.C(entitem.FieldShownTo), audience))
			w.narrow(q)
		}
	}
	return lanes, nil
}

// maxTeams is the most teams whose items a list merges.
const maxTeams = 500

func (s *Service) audiences(ctx context.Context) ([]string, error) {
	v, client := viewer.FromContext(ctx), s.store.Client(ctx)
	own := []string{everyone, v.ActorID}
	var teams []string
	var err error
	switch {
	case v.AllInboxes():
		teams, err = client.Team.Query().Order(entteam.ByID()).Limit(maxTeams).IDs(ctx)
	case v.IsUser():
		teams, err = client.TeamMember.Query().Where(teammember.UserID(v.ActorID)).Order(teammember.ByTeamID()).Limit(maxTeams).
			Select(teammember.FieldTeamID).Strings(ctx)
	}
	return slices.Concat(own, teams), err
}

// narrow leaves of a statement's rows those that are wanted, but for words.
func (w wanted) narrow(q *sql.Selector) {
	if w.Kind != nil {
		q.Where(sql.EQ(q.C(entitem.FieldKind), string(*w.Kind)))
	}
	if w.Folder != nil {
		q.Where(sql.EQ(q.C(entitem.FieldFolder), *w.Folder))
	}
	if !w.IncludeArchived {
		q.Where(sql.EQ(q.C(entitem.FieldArchivedAt), clock.Micros(0)))
	}
	if strings.HasPrefix(strings.TrimSpace(value(w.Query)), "#") {
		// The last character of Unicode is no letter: no shortcut has it.
		q.Where(sql.And(sql.GTE(q.C(entitem.FieldShortcut), max(w.shortcut, "\x01")), sql.LT(q.C(entitem.FieldShortcut), w.shortcut+"\U0010ffff")))
	}
}

// passes reports whether an item has the words.
func (w wanted) passes(item *ent.LibraryItem) bool {
	c := item.Content
	texts := []string{item.Name, item.Folder, item.Shortcut, c.Subject, c.Markdown, richtext.Text(c.HTML), c.Description}
	for _, v := range c.Variants {
		texts = append(texts, v.Name, v.Description, v.Subject, v.Markdown, richtext.Text(v.HTML))
	}
	return w.words.Match(strings.Join(texts, "\n"))
}

// shares of an item are listed newest first.
var shares = store.Listing[ent.LibraryShare]{
	Name: "library shares", Kind: id.LibraryShare, Column: "created_at", Desc: true,
	Number: func(share *ent.LibraryShare) int64 { return int64(share.CreatedAt) }, ID: func(share *ent.LibraryShare) string { return share.ID },
}

const pageOfRow = 20

// SharesOf returns a page of the links by which each item was sent, newest first: those in
// conversations that the viewer may see.
func (s *Service) SharesOf(ctx context.Context, list []*ent.LibraryItem, args paging.PageArgs) ([]*paging.Connection[*ent.LibraryShare], error) {
	ids := make([]string, len(list))
	for i, item := range list {
		ids[i] = item.ID
	}
	return shares.Pages(args, pageOfRow, ids, store.Of("item_id"), func(narrow func(*sql.Selector)) ([]*ent.LibraryShare, error) {
		q := s.store.Client(ctx).LibraryShare.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}
