package crm

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	entstage "parley/ent/pipelinestage"
	entticket "parley/ent/ticket"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/property"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/vocab"
)

const (
	maxFilterValues = 100
	maxQuery        = 200
	// maxLanes is the most lanes of an index that are merged into a list.
	maxLanes = 100
)

// TicketFilter narrows a list of tickets. All that is given must be so; within a list,
// any. Ranges of time are half-open: after <= t < before.
type TicketFilter struct {
	PipelineIDs    []string
	StageIDs       []string
	StageKinds     []vocab.StageKind
	OwnerIDs       []string
	Unowned        *bool
	Priorities     []vocab.Priority
	ContactID      *string
	CompanyIDs     []string
	ConversationID *string
	Query          *string
	CreatedAfter   *clock.Micros
	CreatedBefore  *clock.Micros
	DueBefore      *clock.Micros
	ExternalIDs    []string
	// DefinedProperties are conditions on them.
	DefinedProperties []vocab.PropertyCondition
}

// DealFilter narrows a list of deals, as TicketFilter does for tickets.
type DealFilter struct {
	PipelineIDs    []string
	StageIDs       []string
	StageKinds     []vocab.StageKind
	OwnerIDs       []string
	Unowned        *bool
	ContactID      *string
	CompanyIDs     []string
	ConversationID *string
	Query          *string
	CreatedAfter   *clock.Micros
	CreatedBefore  *clock.Micros
	ClosesBefore   *clock.Micros
	ExternalIDs    []string
	// DefinedProperties are conditions on them.
	DefinedProperties []vocab.PropertyCondition
}

func (f TicketFilter) criteria() criteria {
	return criteria{
		pipelines: f.PipelineIDs, stages: f.StageIDs, kinds: kindsOf(f.StageKinds), owners: ownersOf(f.OwnerIDs, f.Unowned), priorities: kindsOf(f.Priorities),
		contacts: oneOrAny(f.ContactID), conversations: oneOrAny(f.ConversationID), externals: f.ExternalIDs, text: f.Query,
		createdAfter: f.CreatedAfter, createdBefore: f.CreatedBefore, before: f.DueBefore, beforeColumn: entticket.FieldDueOrder,
		object: vocab.TicketPipeline, companies: f.CompanyIDs, defined: f.DefinedProperties,
	}
}

func (f DealFilter) criteria() criteria {
	return criteria{
		pipelines: f.PipelineIDs, stages: f.StageIDs, kinds: kindsOf(f.StageKinds), owners: ownersOf(f.OwnerIDs, f.Unowned),
		contacts: oneOrAny(f.ContactID), conversations: oneOrAny(f.ConversationID), externals: f.ExternalIDs, text: f.Query,
		createdAfter: f.CreatedAfter, createdBefore: f.CreatedBefore, before: f.ClosesBefore, beforeColumn: "closes_order",
		object: vocab.DealPipeline, companies: f.CompanyIDs, defined: f.DefinedProperties,
	}
}

func kindsOf[T ~string](list []T) []string {
	if list == nil {
		return nil
	}
	all := make([]string, len(list))
	for i, v := range list {
		all[i] = string(v)
	}
	return all
}

// ownersOf are the owners that a list shows, "" for none; nil: any.
func ownersOf(ids []string, unowned *bool) []string {
	if unowned != nil && *unowned {
		return append([]string{""}, ids...)
	}
	return ids
}

// oneOrAny is a list of one value; "" is as if left out.
func oneOrAny(s *string) []string {
	if !given(s) {
		return nil
	}
	return []string{*s}
}

// criteria are what a filter asks of tickets or deals; nil: anything.
type criteria struct {
	object                                                                                      vocab.PipelineObject
	pipelines, stages, kinds, owners, priorities, contacts, companies, conversations, externals []string
	numbers                                                                                     []string
	text                                                                                        *string
	createdAfter, createdBefore, before                                                         *clock.Micros
	beforeColumn                                                                                string
	query                                                                                       *search.Query
	// defined are conditions on defined properties, and tests what they ask for.
	// start are those that an index knows to meet one of them, if they are few; nil: any.
	defined []vocab.PropertyCondition
	tests   []property.Test
	start   []string
}

// row is what criteria are about.
type row struct {
	number                                                                  int
	pipeline, stage, kind, owner, priority, company, conversation, external string
	created, due                                                            clock.Micros
	text                                                                    string
}

// clean checks the criteria. Errors blame fields below "filter".
func (c *criteria) clean() error {
	for field, list := range map[string][]string{
		"pipelineIds": c.pipelines, "stageIds": c.stages, "ownerIds": c.owners, "externalIds": c.externals, "companyIds": c.companies,
		"contactId": c.contacts, "conversationId": c.conversations,
	} {
		if n := len(list); n > maxFilterValues+1 {
			return errs.Exceeds(maxFilterValues, "%s has %d values; at most %d are allowed.", field, n, maxFilterValues).On("filter", field)
		}
		for i, s := range list {
			if !store.Storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On("filter", field, strconv.Itoa(i))
			}
		}
	}
	if c.createdAfter != nil && c.createdBefore != nil && *c.createdBefore < *c.createdAfter {
		return errs.New(errs.Invalid, "The range ends before it starts.").On("filter", "createdBefore")
	}
	for _, list := range []*[]string{&c.pipelines, &c.stages, &c.kinds, &c.owners, &c.priorities, &c.externals, &c.companies} {
		if *list != nil {
			*list = append([]string{}, slices.Compact(slices.Sorted(slices.Values(*list)))...)
		}
	}
	return c.readText()
}

// readText reads the query: a ticket's number, or words that begin words of the text.
func (c *criteria) readText() error {
	if c.text == nil || strings.TrimSpace(*c.text) == "" {
		return nil
	}
	text := strings.TrimSpace(*c.text)
	if n := utf8.RuneCountInString(text); n > maxQuery {
		return errs.Exceeds(maxQuery, "The text has %d characters; at most %d are allowed.", n, maxQuery).On("filter", "query")
	}
	if n, err := strconv.Atoi(strings.TrimPrefix(text, "#")); err == nil && n > 0 && c.object == vocab.TicketPipeline {
		c.numbers = []string{strconv.Itoa(n)}
		return nil
	}
	q, err := search.ParseBeginnings(text)
	if err != nil {
		return err
	}
	c.query = &q
	return nil
}

// resolve has pipelines as the stages that they have.
func (c *criteria) resolve(ctx context.Context, s *Service) error {
	if c.pipelines == nil {
		return nil
	}
	ids, err := s.store.Client(ctx).PipelineStage.Query().Where(entstage.PipelineIDIn(c.pipelines...), entstage.ArchivedAt(0)).IDs(ctx)
	if err != nil {
		return err
	}
	if c.stages != nil {
		ids = slices.DeleteFunc(ids, func(stage string) bool { return !slices.Contains(c.stages, stage) })
	}
	slices.Sort(ids)
	c.stages = append([]string{}, ids...)
	return nil
}

// values are the criteria that ask for one of several values of a column.
func (c *criteria) values() []oneOfValues {
	return []oneOfValues{
		{entticket.FieldExternalID, c.externals, func(r row) string { return r.external }},
		{entticket.FieldNumber, c.numbers, func(r row) string { return strconv.Itoa(r.number) }},
		{entticket.FieldConversationID, c.conversations, func(r row) string { return r.conversation }},
		{entticket.FieldCompanyID, c.companies, func(r row) string { return r.company }},
		{entticket.FieldStageID, c.stages, func(r row) string { return r.stage }},
		{entticket.FieldOwnerID, c.owners, func(r row) string { return r.owner }},
		{entticket.FieldStageKind, c.kinds, func(r row) string { return r.kind }},
		{entticket.FieldPriority, c.priorities, func(r row) string { return r.priority }},
	}
}

// oneOfValues asks that a column has one of several values; nil: any.
type oneOfValues struct {
	column string
	list   []string
	of     func(row) string
}

// passes reports whether a row is as the criteria ask.
func (c *criteria) passes(r row) bool {
	for _, v := range c.values() {
		if v.list != nil && !slices.Contains(v.list, v.of(r)) {
			return false
		}
	}
	return !(c.createdAfter != nil && r.created < *c.createdAfter || c.createdBefore != nil && r.created >= *c.createdBefore ||
		c.before != nil && r.due >= *c.before || c.query != nil && !c.query.Match(r.text))
}

// narrow leaves of a selector's rows those that the criteria admit, but for the query.
func (c *criteria) narrow(s *sql.Selector) {
	for _, v := range c.values() {
		if v.list != nil {
			s.Where(sql.In(s.C(v.column), v.args()...))
		}
	}
	if c.createdAfter != nil {
		s.Where(sql.GTE(s.C(entticket.FieldCreatedAt), int64(*c.createdAfter)))
	}
	if c.createdBefore != nil {
		s.Where(sql.LT(s.C(entticket.FieldCreatedAt), int64(*c.createdBefore)))
	}
	if c.before != nil {
		s.Where(sql.LT(s.C(c.beforeColumn), int64(*c.before)))
	}
	for _, contactID := range c.contacts {
		store.OfContact(s, contactID)
	}
	c.narrowDefined(s)
}

func (v oneOfValues) args() []any {
	args := make([]any, len(v.list))
	for i, s := range v.list {
		args[i] = v.arg(s)
	}
	return args
}

// arg is a value as its column has it.
func (v oneOfValues) arg(s string) any {
	if v.column == entticket.FieldNumber {
		n, _ := strconv.Atoi(s) // it was one
		return n
	}
	return s
}

// lanes are the index seeks that have all rows which the criteria admit, and whether they
// have no others.
func (c *criteria) lanes() (lanes []store.Lane, exact bool) {
	tested := 0
	values := c.values()
	for _, v := range values {
		if v.list != nil {
			tested++
		}
	}
	rest := c.createdAfter != nil || c.createdBefore != nil || c.before != nil || c.query != nil
	for _, v := range values[:5] { // each leads to few rows, or has an index in every order
		if v.list != nil && len(v.list) <= maxLanes {
			for _, one := range v.list {
				lanes = append(lanes, func(s *sql.Selector) { s.Where(sql.EQ(s.C(v.column), v.arg(one))) })
			}
			return lanes, tested == 1 && !rest
		}
	}
	return c.lanesByKind(tested, rest)
}

// lanesByKind are a lane for each kind of stage, of each owner that is asked for.
func (c *criteria) lanesByKind(tested int, rest bool) (lanes []store.Lane, exact bool) {
	kinds := c.kinds
	if kinds == nil {
		kinds = kindsOf(vocab.StageKinds(c.object))
	} else {
		tested--
	}
	owners := c.owners
	if len(owners)*len(kinds) > maxLanes {
		owners = nil
	} else if owners != nil {
		tested--
	}
	for _, kind := range kinds {
		byKind := func(s *sql.Selector) { s.Where(sql.EQ(s.C(entticket.FieldStageKind), kind)) }
		if owners == nil {
			lanes = append(lanes, byKind)
		}
		for _, owner := range owners {
			lanes = append(lanes, func(s *sql.Selector) {
				s.Where(sql.EQ(s.C(entticket.FieldOwnerID), owner))
				byKind(s)
			})
		}
	}
	return lanes, tested == 0 && !rest
}
