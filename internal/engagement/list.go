package engagement

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entengagement "parley/ent/engagement"
	"parley/ent/engagementrevision"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	defaultPage = 50
	pageOfRow   = 20
	// maxFilterValues is the most values of a list in a filter, maxQuery the most
	// characters of a query.
	maxFilterValues = 100
	maxQuery        = 200
	// chunk is how many rows are loaded to be tested, and walkLimit about how many are
	// tested for one page.
	chunk     = 500
	walkLimit = 5_000
)

// EngagementFilter narrows a list of engagements. All that is given must hold; within a
// list, any. The range of time is half-open: after <= t < before.
type EngagementFilter struct {
	Kinds          []vocab.EngagementKind
	ContactID      *string
	CompanyID      *string
	DealID         *string
	TicketID       *string
	ConversationID *string
	OwnerIDs       []string
	AuthorIDs      []string
	After          *clock.Micros
	Before         *clock.Micros
	ExternalIDs    []string
	Query          *string
}

// EngagementTaskFilter narrows a list of tasks, as EngagementFilter does for engagements.
type EngagementTaskFilter struct {
	AssigneeIDs []string
	Unassigned  *bool
	Done        *bool
	DueAfter    *clock.Micros
	DueBefore   *clock.Micros
	Query       *string
}

// Page is one page of engagements.
type Page = paging.Connection[*ent.Engagement]

// latest is the order of engagements: by when they took place, latest first.
var latest = store.Listing[ent.Engagement]{
	Name: "engagements", Kind: id.Engagement, Column: entengagement.FieldAt, Desc: true,
	Number: func(e *ent.Engagement) int64 { return int64(e.At) }, ID: idOf,
}

// byDue is the order of tasks: by when they are due, those without such a time last.
var byDue = store.Listing[ent.Engagement]{
	Name: "tasks by due", Kind: id.Engagement, Column: entengagement.FieldDueOrder,
	Number: func(e *ent.Engagement) int64 { return int64(e.DueOrder) }, ID: idOf,
}

func idOf(e *ent.Engagement) string { return e.ID }

func (s *Service) load(ctx context.Context) store.Narrowed[ent.Engagement] {
	return func(narrow func(*sql.Selector)) ([]*ent.Engagement, error) {
		q := s.store.Client(ctx).Engagement.Query()
		q.Modify(narrow)
		return q.All(ctx)
	}
}

// List returns a page of the engagements that the viewer may see, latest first. Words,
// kinds, owners, authors and times are tested row by row: the next 5,000, and a page may be
// short and say where to go on.
func (s *Service) List(ctx context.Context, f EngagementFilter, args paging.PageArgs) (*Page, error) {
	c := criteria{
		of: []ofRecord{
			{entengagement.FieldConversationID, f.ConversationID}, {entengagement.FieldContactID, f.ContactID}, {entengagement.FieldTicketID, f.TicketID},
			{entengagement.FieldDealID, f.DealID}, {entengagement.FieldCompanyID, f.CompanyID},
		},
		lists: map[string][]string{"ownerIds": f.OwnerIDs, "authorIds": f.AuthorIDs, "externalIds": f.ExternalIDs}, text: f.Query,
	}
	if f.After != nil && f.Before != nil && *f.Before < *f.After {
		return nil, errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "before")
	}
	passes := func(e *ent.Engagement) bool {
		return (f.Kinds == nil || slices.Contains(f.Kinds, e.Kind)) && (f.OwnerIDs == nil || slices.Contains(f.OwnerIDs, e.OwnerID)) &&
			(f.AuthorIDs == nil || slices.Contains(f.AuthorIDs, e.AuthorID)) && (f.After == nil || e.At >= *f.After) && (f.Before == nil || e.At < *f.Before) &&
			(f.ExternalIDs == nil || slices.Contains(f.ExternalIDs, orZero(e.ExternalID)))
	}
	if f.Kinds == nil && f.OwnerIDs == nil && f.AuthorIDs == nil && f.After == nil && f.Before == nil {
		passes = nil
	}
	return s.list(ctx, latest, c.lane(f.ExternalIDs), c, passes, args, f)
}

// Tasks returns a page of the tasks that the viewer may see, those due first before others.
func (s *Service) Tasks(ctx context.Context, f EngagementTaskFilter, args paging.PageArgs) (*Page, error) {
	if f.DueAfter != nil && f.DueBefore != nil && *f.DueBefore < *f.DueAfter {
		return nil, errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "dueBefore")
	}
	c := criteria{lists: map[string][]string{"assigneeIds": f.AssigneeIDs}, text: f.Query}
	assignees := f.AssigneeIDs
	if f.Unassigned != nil && *f.Unassigned {
		assignees = append([]string{""}, assignees...)
	}
	progress := []string{string(vocab.TaskIsOpen), string(vocab.TaskIsDone)}
	if f.Done != nil && *f.Done {
		progress = progress[1:]
	} else if f.Done != nil {
		progress = progress[:1]
	}
	var lanes []store.Lane
	for _, is := range progress {
		inProgress := func(s *sql.Selector) {
			s.Where(sql.EQ(s.C(entengagement.FieldTaskProgress), is))
			narrowDue(s, f)
		}
		if assignees == nil {
			lanes = append(lanes, inProgress)
		}
		for _, who := range unique(assignees) {
			lanes = append(lanes, func(s *sql.Selector) {
				s.Where(sql.EQ(s.C(entengagement.FieldAssigneeID), who))
				inProgress(s)
			})
		}
	}
	return s.list(ctx, byDue, lanes, c, nil, args, f)
}

func unique(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }

// narrowDue leaves tasks that are due within the filter's range.
func narrowDue(s *sql.Selector, f EngagementTaskFilter) {
	due := s.C(entengagement.FieldDueOrder)
	if f.DueAfter != nil {
		s.Where(sql.GTE(due, int64(*f.DueAfter)))
	}
	if f.DueBefore != nil {
		s.Where(sql.LT(due, int64(*f.DueBefore)))
	}
	if f.DueAfter != nil && f.DueBefore == nil {
		s.Where(sql.LT(due, int64(clock.Never)))
	}
}

// ofRecord asks that a column names a record; nil or "": any.
type ofRecord struct {
	column string
	id     *string
}

// criteria are what lists ask of engagements, beside their own tests.
type criteria struct {
	of    []ofRecord
	lists map[string][]string
	text  *string
	query *search.Query
}

// clean checks the criteria, and reads the query. Errors blame fields below "filter".
func (c *criteria) clean() error {
	for name, list := range c.lists {
		if n := len(list); n > maxFilterValues {
			return errs.Exceeds(maxFilterValues, "%s has %d values; at most %d are allowed.", name, n, maxFilterValues).On("filter", name)
		}
		for i, s := range list {
			if !store.Storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On("filter", name, strconv.Itoa(i))
			}
		}
	}
	if c.text == nil || strings.TrimSpace(*c.text) == "" {
		return nil
	}
	if n := utf8.RuneCountInString(*c.text); n > maxQuery {
		return errs.Exceeds(maxQuery, "The text has %d characters; at most %d are allowed.", n, maxQuery).On("filter", "query")
	}
	q, err := search.ParseBeginnings(strings.TrimSpace(*c.text))
	c.query = &q
	return err
}

// lane is the index seek that has all rows which the criteria admit.
func (c *criteria) lane(externalIDs []string) []store.Lane {
	return []store.Lane{func(s *sql.Selector) {
		for _, of := range c.of {
			if given(of.id) {
				s.Where(sql.EQ(s.C(of.column), *of.id))
			}
		}
		if externalIDs != nil {
			args := make([]any, len(externalIDs))
			for i, one := range externalIDs {
				args[i] = one
			}
			s.Where(sql.In(s.C(entengagement.FieldExternalID), args...))
		}
	}}
}

// list loads a page of what lanes have. passes tests rows one by one; nil: all pass.
func (s *Service) list(ctx context.Context, order store.Listing[ent.Engagement], lanes []store.Lane, c criteria, passes func(*ent.Engagement) bool, args paging.PageArgs, filter any) (*Page, error) {
	if err := c.clean(); err != nil {
		return nil, err
	}
	fingerprint, err := json.Marshal(filter)
	if err != nil {
		return nil, err
	}
	load := func(args paging.PageArgs) (*Page, error) {
		return order.Merged(args, defaultPage, lanes, s.load(ctx), string(fingerprint))
	}
	if passes == nil && c.query == nil {
		return load(args)
	}
	return paging.Sieve[*ent.Engagement]{Load: load, Chunk: chunk, Most: walkLimit, Passes: func(e *ent.Engagement) bool {
		return (passes == nil || passes(e)) && (c.query == nil || c.query.Match(e.Body.Texts()...))
	}}.Page(args, defaultPage)
}

// Of returns a page of the engagements of each record of one kind, latest first. column
// names the record.
func (s *Service) Of(ctx context.Context, column string, ids []string, args paging.PageArgs) ([]*Page, error) {
	return latest.Pages(args, pageOfRow, ids, store.Of(column), s.load(ctx))
}

// revisions are listed latest first.
var revisions = store.Listing[ent.EngagementRevision]{
	Name: "engagement revisions", Kind: "engagementrevision", Column: engagementrevision.FieldRevision, Unique: true, Desc: true,
	Number: func(r *ent.EngagementRevision) int64 { return int64(r.Revision) }, ID: func(r *ent.EngagementRevision) string { return r.ID },
}

// Revisions returns a page of what each engagement said before it was changed, latest
// first.
func (s *Service) Revisions(ctx context.Context, list []*ent.Engagement, args paging.PageArgs) ([]*paging.Connection[*ent.EngagementRevision], error) {
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	return revisions.Pages(args, pageOfRow, ids, store.Of(engagementrevision.FieldEngagementID), func(narrow func(*sql.Selector)) ([]*ent.EngagementRevision, error) {
		q := s.store.Client(ctx).EngagementRevision.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// Files returns the files of each engagement that the viewer may see.
func (s *Service) Files(ctx context.Context, list []*ent.Engagement) ([][]*ent.Attachment, error) {
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	return s.files.OfEngagements(ctx, ids)
}
