package tag_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley/ent"
	entevent "parley/ent/event"
	enttag "parley/ent/tag"
	"parley/internal/account"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// found are the conversations that a filter by tags finds.
func found(d *desk.Desk, words ...string) []string {
	d.T.Helper()
	ids := []string{}
	page := check.Must(d.List(d.Agent(0), view.Selection{Filter: view.Filter{Tags: words}}, paging.PageArgs{}))(d.T)
	for _, e := range page.Edges {
		ids = append(ids, e.Node.ID)
	}
	return ids
}

func mustTag(d *desk.Desk, conversationID string, words ...string) {
	d.T.Helper()
	check.NoError(d.T, d.TagWith(conversationID, words...))
}

// IN-31: a tag is renamed, coloured and archived for all conversations at once, with
// one event that is no conversation's; saved views keep it.
func TestATagChangesForAll(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		c, tags := d.ConversationIDs[0], d.Tags()
		vip := d.NewTag(" Vip ")
		mustTag(d, c, "VIP", "other")
		saved := d.SaveView(d.Agent(0), view.CreateSavedViewInput{Name: "Important", Filter: &view.Filter{Not: []view.Filter{{Tags: []string{"vip", "not yet"}}}}})
		check.Same(t, check.Must(view.FilterOf(saved))(t).Not[0].Tags, []string{vip.ID, "not yet"})
		before := d.Row(c)
		got := d.Recorded(func() {
			in := tag.UpdateTagInput{TagID: vip.ID, Name: opt.Of("Alpha customers"), Color: opt.Of("#2457D6")}
			changed := check.Must(tags.UpdateTag(d.Agent(1), in))(t)
			check.Same(t, []string{changed.Name, changed.Color}, []string{"Alpha customers", "#2457d6"})
			check.Must(tags.UpdateTag(d.Agent(1), in))(t)
		})
		check.Same(t, got, []string{"TAG_UPDATED name:> color:>#2457d6"})
		check.Same(t, d.TagNamesOf(c), []string{"Alpha customers", "other"})
		check.Same(t, []any{d.Row(c).Revision, d.Row(c).Tags}, []any{before.Revision, before.Tags})
		check.Same(t, [][]string{found(d, "alpha customers"), found(d, vip.ID), found(d, "vip")}, [][]string{{c}, {c}, {}})

		got = d.Recorded(func() {
			check.Must(tags.ArchiveTag(d.Agent(0), tag.ArchiveTagInput{TagID: vip.ID}))(t)
			check.Must(tags.ArchiveTag(d.Agent(0), tag.ArchiveTagInput{TagID: vip.ID}))(t)
		})
		check.Same(t, len(got), 1)
		check.Same(t, d.TagNamesOf(c), []string{"Alpha customers", "other"})
		check.Refused(t, d.TagWith(d.ConversationIDs[1], "fine", vip.ID), errs.Invalid, "tags", "1")
		check.Same(t, d.TagNamesOf(d.ConversationIDs[1]), []string{})
		mustTag(d, c, vip.ID)
		_, err := d.BulkChange(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{"Alpha customers"}, Selection: conversation.BulkSelection{ConversationIDs: []string{c}}})
		check.Refused(t, err, errs.Invalid, "tags", "0")
		restored := check.Must(tags.RestoreTag(d.Agent(0), tag.RestoreTagInput{TagID: vip.ID}))(t)
		check.Same(t, restored.ArchivedAt.IsSet(), false)
		mustTag(d, d.ConversationIDs[1], vip.ID)
		none := check.Must(tags.UpdateTag(d.Agent(1), tag.UpdateTagInput{TagID: vip.ID, Color: opt.Null[string]()}))(t)
		check.Same(t, []string{none.Color, none.Name}, []string{"", "Alpha customers"})
	})
}

// IN-31: a merged tag's id and name lead to the one that stays, at once; what
// conversations have is rewritten without anyone seeing it.
func TestMerge(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		one, two := d.ConversationIDs[0], d.ConversationIDs[1]
		bug, bugs, first := d.NewTag("bug"), d.NewTag("Bugs"), d.NewTag("first")
		mustTag(d, one, "first", "bugs", "bug")
		mustTag(d, two, "first")
		check.Must(d.Tags().MergeTags(d.Agent(0), tag.MergeTagsInput{IntoTagID: bugs.ID, TagIDs: []string{first.ID}}))(t)
		revisions := []int{d.Row(one).Revision, d.Row(two).Revision}
		got := d.Recorded(func() {
			for range 2 {
				into := check.Must(d.Tags().MergeTags(d.Agent(0), tag.MergeTagsInput{IntoTagID: bug.ID, TagIDs: []string{bugs.ID, bugs.ID}}))(t)
				check.Same(t, into.ID, bug.ID)
			}
		})
		check.Same(t, got, []string{"TAG_MERGED mergedInto:>" + bug.ID, "TASK_STARTED"})
		same := func(when string) {
			t.Helper()
			check.Same(t, []any{when, d.TagNamesOf(one), d.TagNamesOf(two)}, []any{when, []string{"bug"}, []string{"bug"}})
			for _, word := range []string{bug.ID, bugs.ID, first.ID, "bug", "BUGS", "First"} {
				check.Same(t, len(found(d, word)), 2)
				check.Same(t, check.Must(loader.New(d.Store).Tags(d.Agent(0), []string{bugs.ID}))(t)[0].Name, "bug")
			}
			check.Same(t, []int{d.Row(one).Revision, d.Row(two).Revision}, revisions)
		}
		same("merged")
		check.Same(t, len(d.Row(one).Tags), 3)
		for _, consumer := range d.Consumers() {
			if consumer.Name == "rewrite-tags" {
				check.NoError(t, consumer.Handle(d.System, &event.Entry{Event: &ent.Event{AccountID: d.AccountID}}))
			}
		}
		check.Same(t, [][]string{d.Row(one).Tags, d.Row(two).Tags}, [][]string{{bug.ID}, {bug.ID}})
		same("rewritten")
		check.Same(t, len(check.Must(tag.Unwritten(d.System, d.Store.Client(d.System)))(t)), 0)

		check.Same(t, len(d.Recorded(func() { mustTag(d, one, "bugs", first.ID) })), 0)
		again := d.NewTag("BUGS")
		check.Same(t, [][]string{found(d, "bugs"), d.TagNamesOf(one)}, [][]string{{}, {"bug"}})
		check.Same(t, check.Must(tag.Find(d.System, d.Store.Client(d.System), []string{bugs.ID}))(t)[0].ID, bug.ID)
		if again.ID == bugs.ID {
			t.Error("a new tag has the id of a merged one")
		}
	})
}

// IN-31: a conversation that has a merged tag loses it, and gets others, by the tag
// that it became: its event has what changed, and no more.
func TestChangesFollowMerges(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		c := d.ConversationIDs[0]
		bug, bugs := d.NewTag("bug"), d.NewTag("bugs")
		mustTag(d, c, "bugs")
		d.MergeTags(bug, bugs)
		changes := d.EventsOf(func() { mustTag(d, c, "bug", "vip") })
		vip := d.Row(c).Tags[1]
		check.Same(t, changes[len(changes)-1].Changes, []vocab.FieldChange{{Field: "tags", Added: []string{vip}}})
		check.Must(d.Untag(d.Agent(0), conversation.UntagConversationInput{Target: conversation.On(c), Tags: []string{"bugs"}}))(t)
		check.Same(t, d.Row(c).Tags, []string{vip})
	})
}

// IN-31: those who name a new tag at the same moment share one.
func TestOneTagOfMany(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		var all sync.WaitGroup
		failed := make([]error, 8)
		for i := range failed {
			all.Go(func() {
				in := conversation.TagConversationInput{Target: conversation.On(d.ConversationIDs[i%2]), Tags: []string{[]string{"New", "NEW"}[i%2], fmt.Sprint("own ", i)}}
				_, failed[i] = d.Tag(d.Agent(i%2), in)
			})
		}
		all.Wait()
		for _, err := range failed {
			check.NoError(t, err)
		}
		client := d.Store.Client(d.System)
		check.Must(client.Tag.Query().Where(enttag.Folded("new")).Only(d.System))(t)
		made := check.Must(client.Event.Query().Where(entevent.TypeEQ(vocab.TagCreated)).Count(d.System))(t)
		check.Same(t, made, 9)
	})
}

// IN-31: where tags are managed, only admins make and change them.
func TestManagedTags(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		tags, c := d.Tags(), d.ConversationIDs[0]
		vip, old := d.NewTag("vip"), d.NewTag("old")
		in := account.UpdateAccountInput{TagsManaged: opt.Of(true)}
		check.Same(t, d.Recorded(func() { check.Must(account.New(d.Store).UpdateAccount(d.Admin, in))(t) }), []string{"ACCOUNT_UPDATED tagsManaged:false>true"})
		check.Refused(t, d.TagWith(c, "vip", "unknown"), errs.NotFound, "tags", "1")
		mustTag(d, c, "VIP")
		_, err := d.BulkChange(d.Agent(0), conversation.BulkChangeConversationsInput{Action: conversation.BulkTag, Tags: []string{"unknown"}, Selection: conversation.BulkSelection{ConversationIDs: []string{c}}})
		check.Refused(t, err, errs.NotFound, "tags", "0")
		agent := d.Agent(0)
		for _, call := range []func() error{
			func() error { _, err := tags.CreateTag(agent, tag.CreateTagInput{Name: "more"}); return err },
			func() error {
				_, err := tags.UpdateTag(agent, tag.UpdateTagInput{TagID: vip.ID, Name: opt.Of("more")})
				return err
			},
			func() error { _, err := tags.ArchiveTag(agent, tag.ArchiveTagInput{TagID: vip.ID}); return err },
			func() error { _, err := tags.RestoreTag(agent, tag.RestoreTagInput{TagID: vip.ID}); return err },
			func() error {
				_, err := tags.MergeTags(agent, tag.MergeTagsInput{IntoTagID: vip.ID, TagIDs: []string{old.ID}})
				return err
			},
		} {
			if err := call(); !errs.Is(err, errs.Forbidden) {
				t.Errorf("got %v, want FORBIDDEN", err)
			}
		}
		check.Must(tags.CreateTag(d.Admin, tag.CreateTagInput{Name: "more"}))(t)
		check.Must(tags.MergeTags(d.Admin, tag.MergeTagsInput{IntoTagID: vip.ID, TagIDs: []string{old.ID}}))(t)
	})
}

// IN-31, AC-1: bad input blames its field; tags of other accounts are unknown.
func TestBadTags(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		tags, ctx, c := d.Tags(), d.Agent(0), d.ConversationIDs[0]
		other := testkit.Account(t, d.Store)
		foreign := check.Must(tags.CreateTag(other.Agent(0), tag.CreateTagInput{Name: "theirs"}))(t)
		vip, old := d.NewTag("vip"), d.NewTag("old")
		create := func(name, color string) error {
			_, err := tags.CreateTag(ctx, tag.CreateTagInput{Name: name, Color: &color})
			return err
		}
		check.Refused(t, create(" \u0000\t", ""), errs.Required, "name")
		check.Refused(t, create(strings.Repeat("x", 1<<20), ""), errs.TooLong, "name")
		check.Refused(t, create("\xff", ""), errs.Invalid, "name")
		check.Refused(t, create(vip.ID, ""), errs.Invalid, "name")
		check.Refused(t, create("VIP", ""), errs.AlreadyExists, "name")
		for _, color := range []string{"red", "#fff", "#12345g", "#1234567", strings.Repeat("#", 1<<20)} {
			check.Refused(t, create("red", color), errs.Invalid, "color")
		}
		update := func(in tag.UpdateTagInput) error { _, err := tags.UpdateTag(ctx, in); return err }
		check.Refused(t, update(tag.UpdateTagInput{TagID: vip.ID, Name: opt.Null[string]()}), errs.Required, "name")
		check.Refused(t, update(tag.UpdateTagInput{TagID: vip.ID, Name: opt.Of("OLD")}), errs.AlreadyExists, "name")
		check.NoError(t, update(tag.UpdateTagInput{TagID: vip.ID, Name: opt.Of("VIP")}))
		merge := func(into string, ids ...string) error {
			_, err := tags.MergeTags(ctx, tag.MergeTagsInput{IntoTagID: into, TagIDs: ids})
			return err
		}
		check.Refused(t, merge(vip.ID), errs.Required, "tagIds")
		check.Refused(t, merge(vip.ID, make([]string, 51)...), errs.TooLong, "tagIds")
		check.Refused(t, merge(vip.ID, old.ID, vip.ID), errs.Invalid, "tagIds", "1")
		for _, unknown := range []string{foreign.ID, id.New(id.Tag), "", "vip", strings.Repeat("x", 1<<20), c} {
			check.Refused(t, update(tag.UpdateTagInput{TagID: unknown}), errs.NotFound, "tagId")
			check.Refused(t, merge(vip.ID, unknown), errs.NotFound, "tagIds", "0")
			check.Refused(t, merge(unknown, vip.ID), errs.NotFound, "intoTagId")
		}
		check.Refused(t, d.TagWith(c, "vip", foreign.ID), errs.NotFound, "tags", "1")
		check.NoError(t, func() error {
			_, err := d.Untag(ctx, conversation.UntagConversationInput{Target: conversation.On(c), Tags: []string{foreign.ID, "never"}})
			return err
		}())
		check.Same(t, found(d, foreign.ID), []string{})
		_, err := d.List(ctx, view.Selection{Filter: view.Filter{Tags: []string{strings.Repeat("x", 1<<20)}}}, paging.PageArgs{})
		check.Refused(t, err, errs.TooLong, "filter", "tags")
		archived := check.Must(tags.ArchiveTag(ctx, tag.ArchiveTagInput{TagID: old.ID}))(t)
		check.Refused(t, merge(archived.ID, vip.ID), errs.Invalid, "intoTagId")
	})
}

// IN-31: tags are completed by the beginning of their names, page by page.
func TestListOfTags(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		for _, name := range []string{"Über", "vip", "Bug", "BUGS", "bu%", "buh"} {
			d.NewTag(name)
		}
		d.MergeTags(d.NewTag("bus"), d.NewTag("bum"))
		check.Must(d.Tags().ArchiveTag(d.Agent(0), tag.ArchiveTagInput{TagID: d.NewTag("bulky").ID}))(t)
		list := func(query string, archived bool, args paging.PageArgs) (*paging.Connection[*ent.Tag], []string) {
			t.Helper()
			page := check.Must(d.Tags().Tags(d.Agent(0), &query, archived, args))(t)
			names := []string{}
			for _, e := range page.Edges {
				names = append(names, e.Node.Name)
			}
			return page, names
		}
		page, names := list(" BU", false, paging.PageArgs{First: check.Ptr(3)})
		check.Same(t, names, []string{"bu%", "Bug", "BUGS"})
		_, names = list("bu", false, paging.PageArgs{After: page.PageInfo.EndCursor})
		check.Same(t, names, []string{"buh", "bus"})
		_, names = list("bul", true, paging.PageArgs{})
		check.Same(t, names, []string{"bulky"})
		_, names = list("ü", false, paging.PageArgs{})
		check.Same(t, names, []string{"Über"})
		_, names = list("", false, paging.PageArgs{Last: check.Ptr(2)})
		check.Same(t, names, []string{"vip", "Über"})
		_, err := d.Tags().Tags(d.Agent(0), check.Ptr(strings.Repeat("x", 51)), false, paging.PageArgs{})
		check.Refused(t, err, errs.TooLong, "query")
		_, err = d.Tags().Tags(d.Agent(0), check.Ptr("\x00"), false, paging.PageArgs{})
		check.Refused(t, err, errs.Invalid, "query")
	})
}

// API-3: a repeated mutation returns the first tag.
func TestRepeatedTagMutations(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		in := tag.CreateTagInput{Name: "once", IdempotencyKey: check.Ptr("a")}
		first := check.Must(d.Tags().CreateTag(d.Agent(0), in))(t)
		check.Same(t, check.Must(d.Tags().CreateTag(d.Agent(0), in))(t).ID, first.ID)
		own := tag.CreateTagInput{Name: "own", ID: check.Ptr(testkit.OwnID(id.Tag, desk.Monday))}
		for range 2 {
			check.Same(t, check.Must(d.Tags().CreateTag(d.Agent(0), own))(t).ID, *own.ID)
		}
		in.Name = "another"
		_, err := d.Tags().CreateTag(d.Agent(0), in)
		check.Refused(t, err, errs.Conflict, "idempotencyKey")
	})
}

// IN-31: an account's tags are bounded, by their own mutation and by tagging.
func TestTagsAreBounded(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		vip := d.NewTag("VIP")
		check.NoError(t, d.Store.WithTx(d.Agent(0), func(ctx context.Context, tx *store.Tx) error {
			_, err := tx.Exec(ctx, `WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < $1)
				INSERT INTO tags (id, account_id, name, folded, color, created_at)
				SELECT 'tag_many' || i, $2, 'many ' || i, 'many ' || i, '', 0 FROM n`, tag.MaxTags, viewer.FromContext(ctx).AccountID)
			return err
		}))
		_, err := d.Tags().CreateTag(d.Agent(0), tag.CreateTagInput{Name: "one more"})
		check.Refused(t, err, errs.TooLong, "name")
		check.Refused(t, d.TagWith(d.ConversationIDs[0], "one more"), errs.TooLong, "tags")
		check.NoError(t, d.TagWith(d.ConversationIDs[0], vip.Name, "MANY 5"))
	})
}
