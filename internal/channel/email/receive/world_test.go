package receive_test

import (
	"os"
	"testing"

	"parley/ent"
	"parley/ent/message"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// world is the mailroom's, with what tests of receiving look at.
type world struct {
	*mailroom.World
	count int // of the mails that were made up
}

func newWorld(t *testing.T, db testkit.Database, with ...func(*mailroom.Options)) *world {
	t.Helper()
	return &world{World: mailroom.NewWorld(t, db, with...)}
}

// eachWorld runs the test on each database.
func eachWorld(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { test(t, newWorld(t, db)) })
}

// messagesOf are a conversation's messages, in their order.
func (w *world) messagesOf(c *ent.Conversation) []*ent.Message {
	w.T.Helper()
	return check.Must(w.Store.Client(w.System).Message.Query().Where(message.ConversationID(c.ID)).Order(message.ByNumber()).All(w.System))(w.T)
}
