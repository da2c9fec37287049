package proposal_test

import (
	"os"
	"strings"
	"testing"

	"parley/ent"
	"parley/internal/annotation"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/proposal"
	"parley/internal/secret"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

func TestMain(m *testing.M) { os.Exit(testkit.Main(m)) }

// Pitfall 12: the lists of proposals and annotations run on indexes, each with one
// statement for all their parents. SQLite's plans do not depend on what is stored.
func TestPlans(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		if db.URL() != "" {
			t.Skip("PostgreSQL scans tables this small")
		}
		asked := &testkit.Statements{}
		s := db.Open(t, clock.System{}, asked.Trace)
		f := testkit.Account(t, s)
		keys := check.Must(secret.Parse(secret.GenerateKey()))(t)
		proposals, annotations := proposal.New(s, keys, proposal.Deps{}, ""), annotation.New(s)
		chats := []*ent.Conversation{{ID: f.ConversationIDs[0]}, {ID: f.ConversationIDs[1]}}
		messages := []*ent.Message{{ID: id.New(id.Message), ConversationID: chats[0].ID}, {ID: id.New(id.Message), ConversationID: chats[1].ID}}
		noted := []*ent.Annotation{{ID: id.New(id.Annotation), ConversationID: chats[0].ID}, {ID: id.New(id.Annotation), ConversationID: chats[1].ID}}
		for name, c := range map[string]struct {
			run   func()
			index string
		}{
			"of conversations": {func() { check.Must(proposals.Of(f.Admin, chats, nil, paging.PageArgs{}))(t) }, "proposals_conversation"},
			"waiting": {func() {
				check.Must(proposals.Of(f.Admin, chats, []vocab.ProposalState{vocab.ProposalWaiting}, paging.PageArgs{}))(t)
			}, "proposals_conversation"},
			"of messages":  {func() { check.Must(proposals.OfMessages(f.Admin, messages))(t) }, "proposals_message"},
			"outcomes":     {func() { check.Must(proposals.Outcomes(f.Admin, 1, 2, nil, paging.PageArgs{}))(t) }, "proposals_created"},
			"annotations":  {func() { check.Must(annotations.OfConversations(f.Admin, chats))(t) }, "annotations_target"},
			"of a message": {func() { check.Must(annotations.OfMessages(f.Admin, messages))(t) }, "annotations_target"},
			"earlier":      {func() { check.Must(annotations.Earlier(f.Admin, noted))(t) }, "annotations_target"},
		} {
			statements := asked.Of(c.run)
			if len(statements) != 1 {
				t.Errorf("%s: %d statements: %v", name, len(statements), statements)
				continue
			}
			query := statements[0]
			rows := check.Must(s.Query(f.System, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?")+strings.Count(query, "$"))...))(t)
			plan := ""
			for rows.Next() {
				var node, parent, unused int
				var detail string
				check.NoError(t, rows.Scan(&node, &parent, &unused, &detail))
				plan += detail + "\n"
			}
			check.NoError(t, rows.Close())
			if !strings.Contains(plan, c.index+" ") || strings.Contains(plan, "SCAN proposals") || strings.Contains(plan, "SCAN annotations") {
				t.Errorf("%s: %s\n%s\nwant %s", name, query, plan, c.index)
			}
		}
	})
}
