package view

import (
	"context"
	"encoding/json"
	"slices"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/search"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Selection names a list of conversations: a view of one inbox or of all that
// the viewer is a member of, narrowed, in an order (IN-2, IN-3). A saved view
// stands in for View; resolve loads it into Saved, before plan (IN-19).
type Selection struct {
	InboxID     *string
	View        vocab.ConversationView
	SavedViewID *string
	Saved       *ent.SavedView
	Filter      Filter
	Order       vocab.ConversationOrder
	// savedFilter is the saved view's filter with its conditions on properties checked;
	// Resolve fills it in.
	savedFilter *Filter
	// tagIDs are the ids by which conversations have the tags that the filters name;
	// Resolve fills it in.
	tagIDs map[string][]string
}

// ViewInput is the SDL's ViewInput: a built-in view, or a saved one.
type ViewInput struct {
	BuiltIn     *vocab.ConversationView
	SavedViewID *string
}

// filters are all that narrow the view: the saved view's own, and the call's.
// All of them must hold.
func (sel Selection) filters() ([]Filter, error) {
	if sel.Saved == nil {
		return []Filter{sel.Filter}, nil
	}
	if sel.savedFilter != nil {
		return []Filter{*sel.savedFilter, sel.Filter}, nil
	}
	saved, err := FilterOf(sel.Saved)
	return []Filter{saved, sel.Filter}, err
}

// Plan is a selection made ready for the database. The lists are the columns
// of an index: each combination of their values is an seek, a seek of its own.
// What no index serves is a condition that is tested while an seek is walked.
type Plan struct {
	Inboxes   []string
	folders   []vocab.Folder
	kinds     []vocab.ChannelKind
	statuses  []vocab.ConversationStatus
	assignees []string // nil: any
	bots      bool
	common    bool // a view whose folders separate the snoozed ones
	Empty     bool

	Filters    []Filter // all must hold
	User       string   // whose unread, whose "me"
	conditions []condition
	Words      []search.Query // each must be found
	contacts   []string       // of the first filter that names some
	externals  []string       // of the first filter that names external ids
	tests      []propertyTest // of all filters, those that ask for a value
	ratings    []int          // of the first filter that names scores, and not those without
	Account    string
	// TagIDs are the ids by which conversations have the tags that the filters name.
	TagIDs map[string][]string

	key         string
	desc        bool
	Fingerprint uint32
}

// orderKeys are the columns that lists are ordered by.
var orderKeys = map[vocab.ConversationOrder]struct {
	column string
	desc   bool
}{
	vocab.ActivityDesc:   {"activity_at", true},
	vocab.ActivityAsc:    {"activity_at", false},
	vocab.OpenedDesc:     {"opened_at", true},
	vocab.OpenedAsc:      {"opened_at", false},
	vocab.PriorityDesc:   {"priority_rank", true},
	vocab.LongestWaiting: {"waiting_since", false},
}

// most ids that a filter may name.
const maxFilterIDs = 100

// Plan checks a selection and makes it ready. The viewer's inboxes are part of
// every seek: that is the fence of these hand-written queries (AC-3).
func (sel Selection) Plan(ctx context.Context) (*Plan, error) {
	v := viewer.FromContext(ctx)
	if sel.View == "" {
		sel.View = vocab.ViewAll
	}
	if sel.Order == "" {
		sel.Order = vocab.ActivityDesc
	}
	order := orderKeys[sel.Order]
	filters, err := sel.filters()
	if err != nil {
		return nil, err
	}
	p := &Plan{
		Filters: filters, User: v.ActorID, Account: v.AccountID, TagIDs: sel.tagIDs, key: order.column, desc: order.desc,
		kinds: vocab.KindsThat(func(a vocab.Abilities) bool { return sel.View.ShowsKind(a.Kind) }), statuses: []vocab.ConversationStatus{vocab.Open, vocab.Closed},
	}
	if p.Inboxes, err = sel.inboxes(v); err != nil {
		return nil, err
	}
	for _, f := range filters {
		if err := p.readFilter(f); err != nil {
			return nil, err
		}
	}
	if p.NamesTags() && p.TagIDs == nil || slices.ContainsFunc(filters, Filter.untested) {
		return nil, errUnresolved
	}
	p.Fingerprint = sel.fingerprint(v, filters)
	p.narrowToView(sel.View)
	p.applyFilters()
	p.Empty = len(p.Inboxes) == 0 || len(p.kinds) == 0 || len(p.statuses) == 0 || !p.bots && len(p.folders) == 0 ||
		p.assignees != nil && len(p.assignees) == 0
	return p, nil
}

// inboxes are those that the selection names, or all that the viewer sees. One
// that they do not see is NOT_FOUND.
func (sel Selection) inboxes(v *viewer.Viewer) ([]string, error) {
	list := v.InboxIDs
	if sel.InboxID != nil {
		if !v.InInbox(*sel.InboxID) {
			return nil, NoInbox(*sel.InboxID)
		}
		list = []string{*sel.InboxID}
	}
	return list, nil
}

// checkValues refuses what cannot be meant: too many values, ids of other types, and
// ranges that end before they begin.
func (f Filter) checkValues() error {
	if n := f.countCriteria(); n > maxCriteria {
		return errs.Exceeds(maxCriteria, "The filter has %d criteria; at most %d are allowed, with all in any and not.", n, maxCriteria).On("filter")
	}
	if err := f.checkOwn([]string{"filter"}); err != nil {
		return err
	}
	return f.checkLevels(1, []string{"filter"})
}

// checkOwn checks the criteria of one level, which stands at a path of the input.
func (f Filter) checkOwn(path []string) error {
	on := func(field string) []string { return append(slices.Clone(path), field) }
	for _, l := range []struct {
		field, prefix string
		ids           []string
	}{
		{"inboxIds", id.Inbox, f.InboxIDs}, {"contactIds", id.Contact, f.ContactIDs}, {"tags", "", f.Tags}, {"channelTypes", "", f.ChannelTypes}, {"externalIds", "", f.ExternalIDs},
		{"assignees", id.User, f.AssigneesOrNone().UserIDs}, {"assignees", id.Team, f.AssigneesOrNone().TeamIDs},
	} {
		if len(l.ids) > maxFilterIDs {
			return errs.Exceeds(maxFilterIDs, "%s has %d values; at most %d are allowed.", l.field, len(l.ids), maxFilterIDs).On(on(l.field)...)
		}
		for _, s := range l.ids {
			if l.prefix != "" && !id.Is(s, l.prefix) {
				return errs.New(errs.Invalid, "%q is not the id of a %s.", errs.Clip(s), l.prefix).On(on(l.field)...)
			}
			if l.field == "tags" {
				if err := tag.CheckWord(s, on(l.field)...); err != nil {
					return err
				}
			}
			if !store.Storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(s)).On(on(l.field)...)
			}
		}
	}
	if len(f.Rating) > vocab.MaxScore+1 {
		return errs.Exceeds(vocab.MaxScore+1, "rating has %d values; at most %d are allowed.", len(f.Rating), vocab.MaxScore+1).On(on("rating")...)
	}
	for _, score := range f.Rating {
		if score < 0 || score > vocab.MaxScore {
			return errs.New(errs.Invalid, "%d is not a score: give 1 to %d, or 0 for none.", score, vocab.MaxScore).On(on("rating")...)
		}
	}
	if err := f.checkAnnotations(on("annotations")); err != nil {
		return err
	}
	for _, r := range []struct {
		field         string
		after, before *clock.Micros
	}{
		{"openedBefore", f.OpenedAfter, f.OpenedBefore}, {"lastMessageBefore", f.LastMessageAfter, f.LastMessageBefore},
		{"activeBefore", f.ActiveAfter, f.ActiveBefore},
	} {
		if r.after != nil && r.before != nil && *r.before < *r.after {
			return errs.New(errs.Invalid, "The range ends before it starts.").On(on(r.field)...)
		}
	}
	return nil
}

// AssigneesOrNone is the filter's assignees; the zero value: any.
func (f Filter) AssigneesOrNone() AssigneeFilter {
	if f.Assignees == nil {
		return AssigneeFilter{}
	}
	return *f.Assignees
}

// readFilter checks a filter and takes from it what leads to conversations.
func (p *Plan) readFilter(f Filter) error {
	if err := f.checkValues(); err != nil {
		return err
	}
	if f.InboxIDs != nil {
		p.Inboxes = intersect(p.Inboxes, f.InboxIDs)
	}
	if len(p.contacts) == 0 {
		p.contacts = f.ContactIDs
	}
	if len(p.externals) == 0 {
		p.externals = f.ExternalIDs
	}
	if len(p.ratings) == 0 && !slices.Contains(f.Rating, 0) {
		p.ratings = f.Rating
	}
	for _, t := range f.Checked {
		if !t.Lacks {
			p.tests = append(p.tests, t)
		}
	}
	words, err := f.words()
	if words != nil {
		p.Words = append(p.Words, *words)
	}
	return err
}

// words are the filter's text as it is searched for; nil: it has none.
func (f Filter) words() (*search.Query, error) {
	if f.Text == nil {
		return nil, nil
	}
	if !store.Storable(*f.Text) {
		return nil, errs.New(errs.Invalid, "The text is not valid UTF-8, or contains a character that is not allowed in text.").On("filter", "text")
	}
	words, err := search.Parse(*f.Text)
	if e := errs.Of(err); e != nil {
		return nil, e.On("filter", "text")
	}
	return &words, err
}

// fingerprint distinguishes one query's cursors from another's.
func (sel Selection) fingerprint(v *viewer.Viewer, filters []Filter) uint32 {
	inbox, me := "", ""
	if sel.InboxID != nil {
		inbox = *sel.InboxID
	}
	if sel.View == vocab.ViewMine || slices.ContainsFunc(filters, func(f Filter) bool { return f.NamesMe() || f.readsPositions() }) {
		me = v.ActorID
	}
	text, err := json.Marshal(filters)
	if err != nil {
		text = []byte(err.Error())
	}
	return paging.Fingerprint("conversations", inbox, string(sel.View), string(sel.Order), string(text), me)
}

// narrowToView narrows the plan to a built-in view (IN-2).
func (p *Plan) narrowToView(view vocab.ConversationView) {
	p.folders, p.common = p.unfiltered(), true
	switch view {
	case vocab.ViewMine:
		p.assignees = []string{p.User}
	case vocab.ViewUnassigned:
		p.assignees = []string{""}
	case vocab.ViewBots:
		p.bots, p.folders, p.common = true, nil, false
	case vocab.ViewFiltered:
		p.folders, p.common = []vocab.Folder{vocab.FolderFiltered}, false
	case vocab.ViewTrash:
		p.folders, p.common = []vocab.Folder{vocab.FolderTrash}, false
	}
}

// unfiltered are the folders of the common views that all filters admit, by what
// they say of snoozed conversations; where none says anything those are left out.
func (p *Plan) unfiltered() []vocab.Folder {
	folders := []vocab.Folder{vocab.FolderMain, vocab.FolderSnoozed}
	said := false
	for _, f := range p.Filters {
		switch f.Snoozed {
		case vocab.SnoozedOnly:
			folders = intersect(folders, []vocab.Folder{vocab.FolderSnoozed})
		case vocab.SnoozedExclude:
			folders = intersect(folders, []vocab.Folder{vocab.FolderMain})
		case vocab.SnoozedInclude:
		default:
			continue
		}
		said = true
	}
	if !said {
		return []vocab.Folder{vocab.FolderMain}
	}
	return folders
}

// applyFilters applies the filters: to the seeks where an index serves them, else as
// conditions.
func (p *Plan) applyFilters() {
	for _, f := range p.Filters {
		if f.Statuses != nil {
			p.statuses = intersect(p.statuses, f.Statuses)
		}
		if f.Channels != nil {
			p.kinds = intersect(p.kinds, vocab.StoredKinds(f.Channels))
		}
		p.narrowAssignees(f.Assignees)
		p.conditions = append(p.conditions, conditionsOf(f, p)...)
	}
	if len(p.kinds) < len(vocab.ChannelKinds()) && (p.bots || p.assignees != nil) {
		p.conditions = append(p.conditions, kindOf.oneOf(p.kinds))
	}
}

func (p *Plan) narrowAssignees(wantedOf *AssigneeFilter) {
	if wantedOf == nil {
		return
	}
	f := *wantedOf
	if !f.given() {
		return
	}
	if p.bots || len(f.TeamIDs) > 0 {
		p.conditions = append(p.conditions, assigneeCondition(f, p.User))
		return
	}
	wanted := slices.Clone(f.UserIDs)
	if f.Me {
		wanted = append(wanted, p.User)
	}
	if f.Nobody {
		wanted = append(wanted, "")
	}
	slices.Sort(wanted)
	wanted = slices.Compact(wanted)
	if p.assignees != nil {
		wanted = intersect(p.assignees, wanted)
	}
	p.assignees = wanted
}

// intersect returns what of list is also in wanted, in list's order.
func intersect[T comparable](list, wanted []T) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return !slices.Contains(wanted, v) })
}

// ReadsPositions reports whether what the plan shows depends on what its user
// has read.
func (p *Plan) ReadsPositions() bool {
	return slices.ContainsFunc(p.Filters, Filter.readsPositions)
}
