package conversation_test

import (
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/testkit/check"
)

// IN-14: what a message said before is kept, oldest first; a deleted one leaves
// a tombstone in its place.
func TestTrace(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me := d.Agent(0)
		m := d.AgentSays(me, d.ConversationIDs[0], "One")
		for _, text := range []string{"Two", "Three"} {
			d.Clock.Advance(time.Minute)
			m = check.Must(d.EditAs(me, m, text))(t)
			check.Same(t, []any{m.Text, m.EditedAt}, []any{text, clock.Of(d.Clock.Now())})
		}
		d.Clock.Advance(time.Minute)
		got := d.Recorded(func() { m = check.Must(d.EraseAs(me, m))(t) })
		check.Same(t, got, []string{"MESSAGE_DELETED"})
		check.Same(t, []any{m.Text, m.HTML, m.DeletedAt}, []any{"", "", clock.Of(d.Clock.Now())})

		var said []string
		for _, r := range check.Must(d.Revisions(me, []*ent.Message{m}, paging.PageArgs{}))(t)[0].Nodes() {
			said = append(said, r.Text)
			check.Same(t, r.ReplacedBy, d.AgentIDs[0])
		}
		check.Same(t, said, []string{"One", "Two", "Three"})
		check.Same(t, d.Row(d.ConversationIDs[0]).LastNumber, m.Number)

		got = d.Recorded(func() { check.Must(d.EraseAs(me, m))(t) })
		check.Same(t, got, []string{})
		_, err := d.EditAs(me, m, "Four")
		check.Refused(t, err, errs.Invalid, "messageId")
	})
}

// IN-14: to say the same again changes nothing.
func TestEditWithoutChange(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		m := d.AgentSays(d.Agent(0), d.ConversationIDs[0], "One")
		before := d.Row(d.ConversationIDs[0]).Revision
		got := d.Recorded(func() { check.Must(d.EditAs(d.Agent(0), m, "One"))(t) })
		check.Same(t, got, []string{})
		check.Same(t, d.Row(d.ConversationIDs[0]).Revision, before)
		got = d.Recorded(func() { check.Must(d.EditAs(d.Agent(0), m, "Two"))(t) })
		check.Same(t, got, []string{"MESSAGE_UPDATED"})
		check.Same(t, d.Row(d.ConversationIDs[0]).Revision, before+1)
	})
}

// IN-14: only what one wrote oneself, note or chat message, may be changed, and
// not in the trash.
func TestOthersMessages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		asked := d.VisitorWrites(c.ID, 0, "Hello?")
		note := d.AgentNotes(d.Agent(1), c.ID, "Mine")
		for _, m := range []*ent.Message{asked, note} {
			_, err := d.EditAs(d.Agent(0), m, "Forged")
			check.Refused(t, err, errs.Forbidden, "messageId")
			_, err = d.EraseAs(d.Admin, m)
			check.Refused(t, err, errs.Forbidden, "messageId")
		}
		check.Must(d.EditAs(d.Agent(1), note, "Mine still"))(t)
		for _, foreign := range []string{id.New(id.Message), c.ID, "message_\x00", ""} {
			_, err := d.EditAs(d.Agent(0), &ent.Message{ID: foreign}, "Text")
			check.Refused(t, err, errs.NotFound, "messageId")
		}
		elsewhere := d.AgentSays(d.Agent(1), d.ConversationIDs[2], "Other inbox")
		_, err := d.EraseAs(d.Agent(0), elsewhere)
		check.Refused(t, err, errs.NotFound, "messageId")
		_, err = d.EditAs(d.Agent(1), note, " ")
		check.Refused(t, err, errs.Required, "text")
		d.MustDelete(c.ID)
		_, err = d.EditAs(d.Agent(1), note, "Too late")
		check.Refused(t, err, errs.Invalid, "conversationId")
	})
}

// IN-4, IN-34: the preview follows an edit of the newest message alone, and no note's; when
// that one is deleted it shows the one before.
func TestPreviewFollowsEdits(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		first, last := d.AgentSays(me, c, "First"), d.AgentSays(me, c, "Last")
		note := d.AgentNotes(me, c, "Note")
		at := d.Row(c).LastMessageAt
		check.Must(d.EditAs(me, first, "First, mended"))(t)
		check.Must(d.EditAs(me, note, "Note, mended"))(t)
		check.Same(t, d.Row(c).Preview, "Last")
		check.Must(d.EditAs(me, last, "Last, mended"))(t)
		check.Same(t, d.Row(c).Preview, "Last, mended")
		check.Must(d.EraseAs(me, last))(t)
		check.Same(t, d.Row(c).Preview, "First, mended")
		check.Same(t, d.Row(c).LastMessageAt, at)
	})
}
