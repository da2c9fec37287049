package conversation_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
)

// drafts saves what an agent writes; change adds to the input.
func (d *suite) saves(ctx context.Context, conversationID, markdown string, change ...func(*conversation.SaveDraftInput)) (*ent.Draft, error) {
	in := conversation.SaveDraftInput{ConversationID: conversationID, Markdown: &markdown}
	for _, c := range change {
		c(&in)
	}
	return d.SaveDraft(ctx, in)
}

func asNote(in *conversation.SaveDraftInput) { in.Note = true }

func expecting(revision int) func(*conversation.SaveDraftInput) {
	return func(in *conversation.SaveDraftInput) { in.ExpectedRevision = &revision }
}

// CO-3: a draft is kept per user, conversation and kind; saving the same again changes
// nothing, and saving nothing discards it. The conversation stays as it is.
func TestDraftIsKept(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c := d.StartChat(0, "Hello")
		ben, cleo := d.Agent(0), d.As(d.NewUser("Cleo"))
		check.Same(t, d.Recorded(func() {
			first := check.Must(d.saves(ben, c.ID, "Good mor"))(t)
			again := check.Must(d.saves(ben, c.ID, "Good morning", expecting(1)))(t)
			same := check.Must(d.saves(ben, c.ID, "Good morning"))(t)
			check.Same(t, []any{first.ID, 2, 2}, []any{again.ID, again.Revision, same.Revision})
			check.Must(d.saves(ben, c.ID, "Known from the fair", asNote))(t)
			check.Must(d.saves(cleo, c.ID, "Mine"))(t)
		}), []string{"DRAFT_CHANGED", "DRAFT_STARTED", "DRAFT_CHANGED", "DRAFT_CHANGED", "DRAFT_CHANGED", "DRAFT_STARTED"})
		check.Same(t, d.texts(ben), []string{"Known from the fair", "Good morning"})
		check.Same(t, d.texts(cleo), []string{"Mine"})
		check.Same(t, d.writers(c), []string{viewer.FromContext(ben).ActorID, viewer.FromContext(cleo).ActorID})
		check.Same(t, d.Recorded(func() {
			if gone := check.Must(d.saves(ben, c.ID, "", asNote))(t); gone != nil {
				t.Errorf("an empty draft is kept: %v", gone)
			}
			check.Must(d.saves(ben, c.ID, ""))(t)
			check.Must(d.saves(ben, c.ID, ""))(t)
		}), []string{"DRAFT_CHANGED", "DRAFT_CHANGED", "DRAFT_ENDED"})
		check.Same(t, d.texts(ben), []string(nil))
		check.Same(t, d.Row(c.ID).Revision, c.Revision)
	})
}

func (d *suite) texts(ctx context.Context) (texts []string) {
	d.T.Helper()
	for _, e := range check.Must(d.Drafts(ctx, paging.PageArgs{}))(d.T).Edges {
		texts = append(texts, e.Node.Markdown)
	}
	return texts
}

func (d *suite) writers(c *ent.Conversation) []string {
	d.T.Helper()
	return check.Must(d.Writers(d.Admin, []*ent.Conversation{c}))(d.T)[0]
}

// CO-3: two windows do not overwrite each other without knowing.
func TestDraftConflicts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, ben := d.StartChat(0, "Hello"), d.Agent(0)
		check.Must(d.saves(ben, c.ID, "One", expecting(0)))(t)
		_, err := d.saves(ben, c.ID, "Two", expecting(0))
		current := conflictOf(t, err)
		check.Same(t, []any{current.Revision, current.Markdown}, []any{1, "One"})
		check.Must(d.saves(ben, c.ID, "Three", expecting(1)))(t)
		if conflictOf(t, second(d.saves(ben, c.ID, "Four", expecting(1)))).Markdown != "Three" {
			t.Error("the conflict does not show the draft as it is")
		}
		d.AgentSays(ben, c.ID, "Three")
		if got := conflictOf(t, second(d.saves(ben, c.ID, "Three and more", expecting(2)))); got != nil {
			t.Errorf("a draft that was sent is there: %v", got)
		}
		check.Same(t, d.texts(ben), []string(nil))

		var saved, refused int
		var mu sync.Mutex
		var windows sync.WaitGroup
		for range 8 {
			windows.Go(func() {
				_, err := d.saves(ben, c.ID, "At once", expecting(0))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					saved++
				} else if errs.Is(err, errs.Conflict) {
					refused++
				}
			})
		}
		windows.Wait()
		check.Same(t, []int{saved, refused}, []int{1, 7})
	})
}

func second[T any](_ T, err error) error { return err }

func conflictOf(t *testing.T, err error) *ent.Draft {
	t.Helper()
	e := errs.Of(err)
	if e == nil || e.Code != errs.Conflict {
		t.Fatalf("got %v, want CONFLICT", err)
	}
	d, _ := e.Current.(*ent.Draft)
	return d
}

// CO-3: sending ends the draft of its kind, and that of no one else; a send that is
// refused leaves it.
func TestSendingEndsTheDraft(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, ben, cleo := d.StartChat(0, "Hello"), d.Agent(0), d.As(d.NewUser("Cleo"))
		check.Must(d.saves(ben, c.ID, "Answer"))(t)
		check.Must(d.saves(ben, c.ID, "Note", asNote))(t)
		check.Must(d.saves(cleo, c.ID, "Hers"))(t)
		seen := 0
		_, _, err := d.SendMessage(ben, conversation.SendMessageInput{Target: conversation.On(c.ID), Text: new(string), IfLastNumber: &seen})
		if err == nil {
			t.Fatal("an empty message was sent")
		}
		check.Same(t, d.texts(ben), []string{"Note", "Answer"})
		d.AgentNotes(ben, c.ID, "Note, in other words")
		check.Same(t, d.texts(ben), []string{"Answer"})
		d.AgentSays(ben, c.ID, "Answer")
		check.Same(t, [][]string{d.texts(ben), d.texts(cleo)}, [][]string{nil, {"Hers"}})
		check.Same(t, d.writers(c), []string{viewer.FromContext(cleo).ActorID})
	})
}

// CO-3: bad input names its field, and nothing is kept.
func TestRefusedDrafts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, ben := d.StartChat(0, "Hello"), d.Agent(0)
		other := d.StartChat(1, "Another")
		foreign := d.VisitorWrites(other.ID, 1, "Elsewhere")
		hidden := "x"
		for _, tc := range []struct {
			name   string
			change func(*conversation.SaveDraftInput)
			code   errs.Code
			field  string
		}{
			{"TooLong", func(in *conversation.SaveDraftInput) { long := strings.Repeat("é", 100_001); in.Markdown = &long }, errs.TooLong, "markdown"},
			{"SubjectInChat", func(in *conversation.SaveDraftInput) { in.Subject = &hidden }, errs.Invalid, "subject"},
			{"RecipientInChat", func(in *conversation.SaveDraftInput) { in.To = []string{"a@example.net"} }, errs.Invalid, "to"},
			{"MentionWithoutNote", func(in *conversation.SaveDraftInput) { in.MentionUserIDs = []string{d.AgentIDs[0]} }, errs.Invalid, "mentionUserIds"},
			{"ReplyToElsewhere", func(in *conversation.SaveDraftInput) { in.ReplyToMessageID = &foreign.ID }, errs.NotFound, "replyToMessageId"},
			{"UnknownConversation", func(in *conversation.SaveDraftInput) { in.ConversationID = "conversation_x" }, errs.NotFound, "conversationId"},
		} {
			_, err := d.saves(ben, c.ID, "Text", tc.change)
			if e := errs.Of(err); e == nil || e.Code != tc.code || e.Field[0] != tc.field {
				t.Errorf("%s: got %v, want %s on %s", tc.name, err, tc.code, tc.field)
			}
		}
		check.Same(t, d.texts(ben), []string(nil))
	})
}

// CO-3, IN-13: purging a conversation takes its drafts along; who leaves the inbox sees
// theirs no more.
func TestDraftsGoWithTheirConversation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		c, kept, ben := d.StartChat(0, "Hello"), d.StartChat(1, "Hi"), d.Agent(0)
		check.Must(d.saves(ben, c.ID, "Gone soon"))(t)
		d.Clock.Advance(time.Second)
		check.Must(d.saves(ben, kept.ID, "Stays"))(t)
		check.Same(t, d.texts(ben), []string{"Stays", "Gone soon"})
		d.MustDelete(c.ID)
		check.Must(d.Purge(d.Admin, conversation.PurgeConversationInput{Target: conversation.On(c.ID)}))(t)
		check.Same(t, d.texts(ben), []string{"Stays"})
		left := *viewer.FromContext(ben)
		left.InboxIDs = nil
		check.Same(t, d.texts(viewer.NewContext(ben, &left)), []string(nil))
	})
}
