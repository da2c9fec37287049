package conversation_test

import (
	"context"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/id"
)

func (d *desk) edit(ctx context.Context, m *ent.Message, text string) (*ent.Message, error) {
	return d.EditMessage(ctx, conversation.EditMessageInput{MessageID: m.ID, Text: &text})
}

func (d *desk) erase(ctx context.Context, m *ent.Message) (*ent.Message, error) {
	return d.DeleteMessage(ctx, conversation.DeleteMessageInput{MessageID: m.ID})
}

// IN-14: what a message said before is kept, oldest first; a deleted one leaves
// a tombstone in its place.
func TestTrace(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me := d.Agent(0)
		m := d.says(me, d.ConversationIDs[0], "One")
		for _, text := range []string{"Two", "Three"} {
			d.clock.Advance(time.Minute)
			m = must(d.edit(me, m, text))(t)
			same(t, []any{m.Text, m.EditedAt}, []any{text, clock.Of(d.clock.Now())})
		}
		d.clock.Advance(time.Minute)
		got := d.told(func() { m = must(d.erase(me, m))(t) })
		same(t, got, []string{"MESSAGE_DELETED"})
		same(t, []any{m.Text, m.HTML, m.DeletedAt}, []any{"", "", clock.Of(d.clock.Now())})

		var said []string
		for _, r := range must(d.Revisions(me, []*ent.Message{m}))(t)[0] {
			said = append(said, r.Text)
			same(t, r.ReplacedBy, d.AgentIDs[0])
		}
		same(t, said, []string{"One", "Two", "Three"})
		same(t, d.row(d.ConversationIDs[0]).LastNumber, m.Number)

		got = d.told(func() { must(d.erase(me, m))(t) })
		same(t, got, []string{})
		_, err := d.edit(me, m, "Four")
		refused(t, err, errs.Invalid, "messageId")
	})
}

// IN-14: to say the same again changes nothing.
func TestEditWithoutChange(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		m := d.says(d.Agent(0), d.ConversationIDs[0], "One")
		before := d.row(d.ConversationIDs[0]).Revision
		got := d.told(func() { must(d.edit(d.Agent(0), m, "One"))(t) })
		same(t, got, []string{})
		same(t, d.row(d.ConversationIDs[0]).Revision, before)
		got = d.told(func() { must(d.edit(d.Agent(0), m, "Two"))(t) })
		same(t, got, []string{"MESSAGE_UPDATED"})
		same(t, d.row(d.ConversationIDs[0]).Revision, before+1)
	})
}

// IN-14: only what one wrote oneself, note or chat message, may be changed, and
// not in the trash.
func TestOthersMessages(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		c := d.begin(0, "Hello")
		asked := d.writes(c.ID, 0, "Hello?")
		note := d.notes(d.Agent(1), c.ID, "Mine")
		for _, m := range []*ent.Message{asked, note} {
			_, err := d.edit(d.Agent(0), m, "Forged")
			refused(t, err, errs.Forbidden, "messageId")
			_, err = d.erase(d.Admin, m)
			refused(t, err, errs.Forbidden, "messageId")
		}
		must(d.edit(d.Agent(1), note, "Mine still"))(t)
		for _, foreign := range []string{id.New(id.Message), c.ID, "message_\x00", ""} {
			_, err := d.edit(d.Agent(0), &ent.Message{ID: foreign}, "Text")
			refused(t, err, errs.NotFound, "messageId")
		}
		elsewhere := d.says(d.Agent(1), d.ConversationIDs[2], "Other inbox")
		_, err := d.erase(d.Agent(0), elsewhere)
		refused(t, err, errs.NotFound, "messageId")
		_, err = d.edit(d.Agent(1), note, " ")
		refused(t, err, errs.Required, "text")
		d.deletes(c.ID)
		_, err = d.edit(d.Agent(1), note, "Too late")
		refused(t, err, errs.Invalid, "conversationId")
	})
}

// IN-4: the preview follows an edit of the newest message alone, and no note's.
func TestPreviewFollowsEdits(t *testing.T) {
	t.Parallel()
	eachDesk(t, func(t *testing.T, d *desk) {
		me, c := d.Agent(0), d.ConversationIDs[0]
		first, last := d.says(me, c, "First"), d.says(me, c, "Last")
		note := d.notes(me, c, "Note")
		at := d.row(c).LastMessageAt
		must(d.edit(me, first, "First, mended"))(t)
		must(d.edit(me, note, "Note, mended"))(t)
		same(t, d.row(c).Preview, "Last")
		must(d.edit(me, last, "Last, mended"))(t)
		same(t, d.row(c).Preview, "Last, mended")
		must(d.erase(me, last))(t)
		same(t, d.row(c).Preview, "")
		same(t, d.row(c).LastMessageAt, at)
	})
}
