package view_test

import (
	"strings"
	"testing"

	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// nested is a filter within filters, so many levels in all.
func nested(levels int) view.Filter {
	f := view.Filter{Tags: []string{"vip"}}
	for range levels - 1 {
		f = view.Filter{Not: []view.Filter{{Any: f.Any, Not: f.Not, Tags: f.Tags}}}
	}
	return f
}

// IN-3: filters within a filter: three levels, twenty conditions, and within them
// nothing that leads to conversations. Each refusal says where it stands.
func TestGroupRefusals(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		many := view.Filter{}
		for range 20 {
			many.Any = append(many.Any, view.Filter{Unread: check.Ptr(true)})
		}
		twenty := many
		many.Tags = []string{"vip"}
		for name, tc := range map[string]struct {
			filter view.Filter
			code   errs.Code
			field  string
		}{
			"three levels":         {nested(3), "", ""},
			"four levels":          {nested(4), errs.Invalid, "filter.not.0.not.0.not.0"},
			"twenty conditions":    {twenty, "", ""},
			"twenty-one":           {many, errs.TooLong, "filter"},
			"an empty any":         {view.Filter{Any: []view.Filter{}}, errs.Invalid, "filter.any"},
			"an empty any within":  {view.Filter{Not: []view.Filter{{Any: []view.Filter{}}}}, errs.Invalid, "filter.not.0.any"},
			"text within":          {view.Filter{Any: []view.Filter{{}, {Text: check.Ptr("apple")}}}, errs.Invalid, "filter.any.1.text"},
			"inboxes within":       {view.Filter{Not: []view.Filter{{InboxIDs: d.InboxIDs[:]}}}, errs.Invalid, "filter.not.0.inboxIds"},
			"contacts within":      {view.Filter{Not: []view.Filter{{ContactIDs: []string{d.ContactID}}}}, errs.Invalid, "filter.not.0.contactIds"},
			"a user who is a team": {view.Filter{Any: []view.Filter{{Assignees: &view.AssigneeFilter{UserIDs: []string{id.New(id.Team)}}}}}, errs.Invalid, "filter.any.0.assignees"},
			"a type with NUL":      {view.Filter{Not: []view.Filter{{ChannelTypes: []string{"fax\x00"}}}}, errs.Invalid, "filter.not.0.channelTypes"},
			"no type at all":       {view.Filter{ChannelTypes: []string{}}, "", ""},
			"nothing is not":       {view.Filter{Not: []view.Filter{{}}}, "", ""},
		} {
			_, err := d.List(d.Agent(0), view.Selection{Filter: tc.filter}, paging.PageArgs{})
			_, saving := d.CreateSavedView(d.Agent(0), view.CreateSavedViewInput{Name: name, Filter: &tc.filter})
			for _, err := range []error{err, saving} {
				if tc.code == "" {
					check.Same(t, [2]any{name, err}, [2]any{name, nil})
					continue
				}
				if e := errs.Of(err); e == nil || e.Code != tc.code || strings.Join(e.Field, ".") != tc.field {
					t.Errorf("%s: got %v, want %s on %s", name, err, tc.code, tc.field)
				}
			}
		}
	})
}

// IN-19: a saved view keeps its filters within, and shows what a list with them does.
func TestSavedGroups(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		ben := d.Agent(0)
		filter := view.Filter{
			WaitingOn: check.Ptr(vocab.WaitingOnTeam),
			Any:       []view.Filter{{Statuses: []vocab.ConversationStatus{vocab.Closed}}, {Assignees: &view.AssigneeFilter{Me: true}}},
			Not:       []view.Filter{{Not: []view.Filter{{Unread: check.Ptr(true)}}}},
		}
		mine, other := d.StartChat(0, "apple").ID, d.StartChat(1, "pear").ID
		d.MustAssign(mine, d.AgentIDs[0])
		saved := d.SaveView(ben, view.CreateSavedViewInput{Name: "Mine or done", Filter: &filter})
		check.Same(t, check.Must(d.listed(ben, saved.ID, view.Filter{}))(t), []string{mine})
		d.MustClose(other)
		check.Same(t, check.Must(d.listed(ben, saved.ID, view.Filter{}))(t), []string{other, mine})
		filter.Snoozed = vocab.SnoozedExclude
		check.Same(t, check.Must(view.FilterOf(saved))(t), filter)
	})
}
