package conversation_test

import (
	"testing"
	"time"

	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// IN-11: what came into Filtered since one looked there is counted for each on their own, a
// message into an old one too; what leaves Filtered is not.
func TestNewInFiltered(t *testing.T) {
	t.Parallel()
	eachMailroom(t, func(t *testing.T, d *mailroom) {
		inbox := d.InboxIDs[0]
		counts := func(want ...int) {
			t.Helper()
			var got []int
			for _, agent := range []int{0, 1} {
				got = append(got, check.Must(d.NewInFiltered(d.Agent(agent), []string{inbox}))(t)...)
			}
			check.Same(t, got, want)
		}
		old := d.receives(d.mail("Buy now", because(vocab.ReasonPromotional)))
		d.receives(d.mail("Hello"))
		counts(1, 1)
		d.Clock.Advance(time.Minute)
		check.Must(d.MarkFilteredSeen(d.Agent(0), conversation.MarkFilteredSeenInput{InboxID: inbox}))(t)
		counts(0, 1)
		d.Clock.Advance(time.Minute)
		d.receives(d.mail("Buy today", in(old), because(vocab.ReasonPromotional)))
		d.receives(d.mail("Buy more", because(vocab.ReasonPromotional)))
		counts(2, 2)
		check.Must(d.MarkAsNotSpam(d.Agent(0), conversation.MarkConversationAsNotSpamInput{Target: conversation.On(old.ID)}))(t)
		counts(1, 1)
		_, err := d.MarkFilteredSeen(d.Agent(0), conversation.MarkFilteredSeenInput{InboxID: "inbox_01h455vb4pex5vsknk084sn02q"})
		check.Refused(t, err, errs.NotFound, "inboxId")
	})
}
