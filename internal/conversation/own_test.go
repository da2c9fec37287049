package conversation_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
)

// API-1: a conversation's external id is set, kept, cleared and unique; its change is in
// the log.
func TestExternalIDOfConversation(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		set := func(i int, v opt.Value[*string]) error {
			_, err := d.Update(d.Agent(0), conversation.UpdateConversationInput{Target: conversation.On(d.ConversationIDs[i]), ExternalID: v})
			return err
		}
		check.Same(t, d.Recorded(func() { check.NoError(t, set(0, opt.Of("order 1"))) }), []string{"CONVERSATION_UPDATED externalId:>order 1"})
		check.Same(t, d.Recorded(func() {
			check.NoError(t, set(0, opt.Of("order 1")))
			check.NoError(t, set(0, opt.Of("")))
			check.NoError(t, set(0, opt.Value[*string]{}))
		}), []string{})
		check.Refused(t, set(1, opt.Of("order 1")), errs.AlreadyExists, "externalId")
		check.Refused(t, set(1, opt.Of(strings.Repeat("x", 1<<20))), errs.TooLong, "externalId")
		check.Refused(t, set(1, opt.Of("a\x00")), errs.Invalid, "externalId")
		check.Refused(t, set(2, opt.Of("order 2")), errs.NotFound, "conversationId")
		filter := view.Selection{Filter: view.Filter{ExternalIDs: []string{"order 1", "x"}}}
		page := check.Must(d.List(d.Agent(0), filter, paging.PageArgs{}))(t)
		if len(page.Edges) != 1 || page.Edges[0].Node.ID != d.ConversationIDs[0] {
			t.Errorf("got %d rows, want the conversation with the external id", len(page.Edges))
		}
		check.NoError(t, set(0, opt.Null[string]()))
		check.NoError(t, set(1, opt.Of("order 1")))
	})
}

// API-1: a message's external id is unique in its conversation.
func TestExternalIDOfMessage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *suite) {
		send := func(i int) error {
			m, _, err := d.SendMessage(d.Agent(0), conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[i]), Text: check.Ptr("Hello"), ExternalID: check.Ptr("m1")})
			if err == nil {
				check.Same(t, *m.ExternalID, "m1")
			}
			return err
		}
		check.NoError(t, send(0))
		check.NoError(t, send(1))
		check.Refused(t, send(0), errs.AlreadyExists, "externalId")
	})
}

// API-1, IN-13: the id of a message that was purged is never used again, as long as it
// could be; afterwards nothing is kept of it.
func TestPurgedIDsStayTaken(t *testing.T) {
	t.Parallel()
	eachAlone(t, func(t *testing.T, d *suite) {
		in := conversation.SendMessageInput{Target: conversation.On(d.ConversationIDs[0]), Text: check.Ptr("Hello"), Note: true}
		in.ID = check.Ptr(testkit.OwnID(id.Message, d.Store.Now().Time()))
		for range 2 {
			m, _, err := d.SendMessage(d.Agent(0), in)
			check.Same(t, check.Must(m, err)(t).ID, *in.ID)
		}
		d.MustDelete(d.ConversationIDs[0])
		check.Must(d.Purge(d.Agent(0), conversation.PurgeConversationInput{Target: conversation.On(d.ConversationIDs[0])}))(t)
		in.ConversationID = d.ConversationIDs[1]
		_, _, err := d.SendMessage(d.Agent(1), in)
		check.Refused(t, err, errs.AlreadyExists, "id")
		kept := func() int {
			return len(check.Must(d.Store.Strings(context.Background(), "SELECT id FROM purged_ids"))(t))
		}
		if kept() == 0 {
			t.Error("nothing is known of the purged message")
		}
		d.Clock.Advance(25 * time.Hour)
		check.NoError(t, idempotency.ForgetPurged(context.Background(), d.Store))
		check.Same(t, kept(), 0)
		_, _, err = d.SendMessage(d.Agent(1), in)
		check.Refused(t, err, errs.Invalid, "id")
	})
}
