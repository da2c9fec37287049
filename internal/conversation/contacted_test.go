package conversation_test

import (
	"testing"
	"time"

	"parley/internal/testkit/check"
	"parley/internal/testkit/desk"
)

// CR-10: a contact shows when the team last wrote to it; what the contact writes is no
// such time.
func TestLastContacted(t *testing.T) {
	t.Parallel()
	desk.Each(t, func(t *testing.T, d *desk.Desk) {
		c := d.ConversationIDs[0]
		contactID := d.Row(c).ContactID
		if contactID == "" {
			t.Fatal("the conversation has no contact")
		}
		contacted := func() string {
			return check.Must(d.Store.Client(d.System).Contact.Get(d.System, contactID))(t).ContactedAt.String()
		}
		d.VisitorWrites(c, 0, "Hello")
		check.Same(t, contacted(), "")
		d.Clock.Advance(time.Hour)
		d.AgentSays(d.Agent(0), c, "Hello")
		first := contacted()
		check.Same(t, first, "2026-01-05T10:00:00Z")
		d.VisitorWrites(c, 0, "Thank you")
		d.Clock.Advance(time.Hour)
		d.AgentSays(d.Agent(0), c, "Bye")
		check.Same(t, contacted(), "2026-01-05T11:00:00Z")
	})
}
