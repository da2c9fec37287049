package conversation

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/search"
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
}

// filters are all that narrow the view: the saved view's own, and the call's.
// All of them must hold.
func (sel Selection) filters() ([]Filter, error) {
	if sel.Saved == nil {
		return []Filter{sel.Filter}, nil
	}
	saved, err := FilterOf(sel.Saved)
	return []Filter{saved, sel.Filter}, err
}

// plan is a selection made ready for the database. The lists are the columns
// of an index: each combination of their values is an arm, a seek of its own.
// What no index serves is a condition that is tested while an arm is walked.
type plan struct {
	inboxes   []string
	folders   []vocab.Folder
	kinds     []vocab.ChannelKind
	statuses  []vocab.ConversationStatus
	assignees []string // nil: any
	bots      bool
	common    bool // a view whose folders tell the snoozed ones
	empty     bool

	filters    []Filter // all must hold
	user       string   // whose unread, whose "me"
	conditions []condition
	words      []search.Query // each must be found
	contacts   []string       // of the first filter that names some
	account    string

	key         string
	desc        bool
	fingerprint uint32
}

// orderKeys are the columns that lists are ordered by.
var orderKeys = map[vocab.ConversationOrder]struct {
	column string
	desc   bool
}{
	vocab.LastMessageDesc: {"last_message_at", true},
	vocab.LastMessageAsc:  {"last_message_at", false},
	vocab.OpenedDesc:      {"opened_at", true},
	vocab.OpenedAsc:       {"opened_at", false},
	vocab.LongestWaiting:  {"waiting_since", false},
}

// most ids that a filter may name.
const maxFilterIDs = 100

// plan checks a selection and makes it ready. The viewer's inboxes are part of
// every arm: that is the fence of these hand-written queries (AC-3).
func (sel Selection) plan(ctx context.Context) (*plan, error) {
	v := viewer.FromContext(ctx)
	if sel.View == "" {
		sel.View = vocab.ViewAll
	}
	if sel.Order == "" {
		sel.Order = vocab.LastMessageDesc
	}
	order := orderKeys[sel.Order]
	filters, err := sel.filters()
	if err != nil {
		return nil, err
	}
	p := &plan{
		filters: filters, user: v.ActorID, account: v.AccountID, key: order.column, desc: order.desc,
		kinds: []vocab.ChannelKind{vocab.Chat, vocab.Email}, statuses: []vocab.ConversationStatus{vocab.Open, vocab.Closed},
	}
	if p.inboxes, err = sel.inboxes(v); err != nil {
		return nil, err
	}
	for _, f := range filters {
		if err := p.read(f); err != nil {
			return nil, err
		}
	}
	p.fingerprint = sel.fingerprint(v, filters)
	p.view(sel.View)
	p.narrow()
	p.empty = len(p.inboxes) == 0 || len(p.kinds) == 0 || len(p.statuses) == 0 || !p.bots && len(p.folders) == 0 ||
		p.assignees != nil && len(p.assignees) == 0
	return p, nil
}

// inboxes are those that the selection names, or all that the viewer sees. One
// that they do not see is NOT_FOUND.
func (sel Selection) inboxes(v *viewer.Viewer) ([]string, error) {
	list := v.InboxIDs
	if sel.InboxID != nil {
		if !v.InInbox(*sel.InboxID) {
			return nil, noInbox(*sel.InboxID)
		}
		list = []string{*sel.InboxID}
	}
	return list, nil
}

// check refuses what cannot be meant: too many values, ids of other types, and
// ranges that end before they begin.
func (f Filter) check() error {
	for _, l := range []struct {
		field, prefix string
		ids           []string
	}{
		{"inboxIds", id.Inbox, f.InboxIDs}, {"contactIds", id.Contact, f.ContactIDs}, {"tags", "", f.Tags},
		{"assignees", id.User, f.people().UserIDs}, {"assignees", id.Team, f.people().TeamIDs},
	} {
		if len(l.ids) > maxFilterIDs {
			return errs.New(errs.TooLong, "%s has %d values; at most %d are allowed.", l.field, len(l.ids), maxFilterIDs).On("filter", l.field)
		}
		for _, s := range l.ids {
			if l.prefix != "" && !id.Is(s, l.prefix) {
				return errs.New(errs.Invalid, "%q is not the id of a %s.", errs.Clip(s), l.prefix).On("filter", l.field)
			}
			if !storable(s) {
				return errs.New(errs.Invalid, "%q is not valid UTF-8, or has a character that no text can have.", errs.Clip(s)).On("filter", l.field)
			}
		}
	}
	for _, r := range []struct {
		field         string
		after, before *clock.Micros
	}{
		{"openedBefore", f.OpenedAfter, f.OpenedBefore}, {"lastMessageBefore", f.LastMessageAfter, f.LastMessageBefore},
		{"activeBefore", f.ActiveAfter, f.ActiveBefore},
	} {
		if r.after != nil && r.before != nil && *r.before < *r.after {
			return errs.New(errs.Invalid, "The range ends before it begins.").On("filter", r.field)
		}
	}
	return nil
}

// storable reports whether both databases can compare s: it is UTF-8 without NUL.
func storable(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func (f Filter) people() AssigneeFilter {
	if f.Assignees == nil {
		return AssigneeFilter{}
	}
	return *f.Assignees
}

// read checks a filter and takes from it what leads to conversations.
func (p *plan) read(f Filter) error {
	if err := f.check(); err != nil {
		return err
	}
	if f.InboxIDs != nil {
		p.inboxes = intersect(p.inboxes, f.InboxIDs)
	}
	if len(p.contacts) == 0 {
		p.contacts = f.ContactIDs
	}
	words, err := f.words()
	if words != nil {
		p.words = append(p.words, *words)
	}
	return err
}

// words are the filter's text as it is searched for; nil: it has none.
func (f Filter) words() (*search.Query, error) {
	if f.Text == nil {
		return nil, nil
	}
	if !storable(*f.Text) {
		return nil, errs.New(errs.Invalid, "The text is not valid UTF-8, or has a character that no text can have.").On("filter", "text")
	}
	words, err := search.Parse(*f.Text)
	if e := errs.Of(err); e != nil {
		return nil, e.On("filter", "text")
	}
	return &words, err
}

// fingerprint tells one query's cursors from another's.
func (sel Selection) fingerprint(v *viewer.Viewer, filters []Filter) uint32 {
	inbox, me := "", ""
	if sel.InboxID != nil {
		inbox = *sel.InboxID
	}
	if sel.View == vocab.ViewMine || slices.ContainsFunc(filters, func(f Filter) bool { return f.people().Me || f.Unread != nil }) {
		me = v.ActorID
	}
	text, err := json.Marshal(filters)
	if err != nil {
		text = []byte(err.Error())
	}
	return relay.Fingerprint("conversations", inbox, string(sel.View), string(sel.Order), string(text), me)
}

// view narrows the plan to a built-in view (IN-2).
func (p *plan) view(view vocab.ConversationView) {
	p.folders, p.common = p.unfiltered(), true
	switch view {
	case vocab.ViewMine:
		p.assignees = []string{p.user}
	case vocab.ViewUnassigned:
		p.assignees = []string{""}
	case vocab.ViewEmail:
		p.kinds = []vocab.ChannelKind{vocab.Email}
	case vocab.ViewChat:
		p.kinds = []vocab.ChannelKind{vocab.Chat}
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
func (p *plan) unfiltered() []vocab.Folder {
	folders := []vocab.Folder{vocab.FolderMain, vocab.FolderSnoozed}
	said := false
	for _, f := range p.filters {
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

// narrow applies the filters: to the arms where an index serves them, else as
// conditions.
func (p *plan) narrow() {
	for _, f := range p.filters {
		if f.Statuses != nil {
			p.statuses = intersect(p.statuses, f.Statuses)
		}
		if f.Channels != nil {
			p.kinds = intersect(p.kinds, f.Channels)
		}
		p.narrowAssignees(f.Assignees)
		p.conditions = append(p.conditions, conditionsOf(f, p)...)
	}
	if len(p.kinds) == 1 && (p.bots || p.assignees != nil) {
		p.conditions = append(p.conditions, kindOf.oneOf(p.kinds))
	}
}

func (p *plan) narrowAssignees(wantedOf *AssigneeFilter) {
	if wantedOf == nil {
		return
	}
	f := *wantedOf
	if !f.Me && !f.Nobody && len(f.UserIDs) == 0 && len(f.TeamIDs) == 0 {
		return
	}
	if p.bots || len(f.TeamIDs) > 0 {
		p.conditions = append(p.conditions, assigneeCondition(f, p.user))
		return
	}
	wanted := slices.Clone(f.UserIDs)
	if f.Me {
		wanted = append(wanted, p.user)
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
