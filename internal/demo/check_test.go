package demo_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entevent "parley/ent/event"
	entmessage "parley/ent/message"
	"parley/ent/user"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/demo"
	"parley/internal/paging"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// checker holds a set to the rules.
type checker struct {
	*testing.T
	store         *store.Store
	ctx           context.Context
	result        demo.Result
	users         map[string]*ent.User
	conversations []*ent.Conversation
	messages      map[string][]*ent.Message // by conversation
	byID          map[string]*ent.Message
	events        []*ent.Event // of the set
	told          map[string][]*ent.Event
	first         int64
}

// newChecker reads a set whose events begin with the given sequence number.
func newChecker(t *testing.T, s *store.Store, r demo.Result, first int64) *checker {
	t.Helper()
	c := &checker{T: t, store: s, result: r, first: first, users: map[string]*ent.User{}, messages: map[string][]*ent.Message{}, byID: map[string]*ent.Message{}, told: map[string][]*ent.Event{}}
	c.ctx = viewer.NewContext(t.Context(), viewer.System("test", r.AccountID))
	client := s.Client(c.ctx)
	var err error
	must := func() {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	list, err := client.User.Query().Where(user.EmailHasSuffix(".example")).All(c.ctx)
	must()
	for _, u := range list {
		c.users[u.ID] = u
	}
	c.conversations, err = client.Conversation.Query().Where(entconversation.InboxIDIn(r.InboxIDs...)).Order(entconversation.ByOpenedAt()).All(c.ctx)
	must()
	all, err := client.Message.Query().Where(entmessage.InboxIDIn(r.InboxIDs...)).Order(entmessage.ByNumber()).All(c.ctx)
	must()
	for _, m := range all {
		c.messages[m.ConversationID] = append(c.messages[m.ConversationID], m)
		c.byID[m.ID] = m
	}
	c.events, err = client.Event.Query().Where(entevent.SequenceGTE(first)).Order(entevent.BySequence()).All(c.ctx)
	must()
	for _, e := range c.events {
		c.told[e.ConversationID] = append(c.told[e.ConversationID], e)
	}
	return c
}

func (c *checker) all() {
	c.Helper()
	c.log()
	for _, one := range c.conversations {
		c.numbers(one)
		c.replay(one)
		c.texts(one)
	}
	c.people()
	c.blocks()
	c.readPositions()
	c.documents()
	c.findable()
}

// log: gapless numbers in the order of time (NT-3), and what the result says.
func (c *checker) log() {
	c.Helper()
	for i, e := range c.events {
		if e.Sequence != c.first+int64(i) {
			c.Fatalf("event %d has the number %d", c.first+int64(i), e.Sequence)
		}
		if i > 0 && e.OccurredAt < c.events[i-1].OccurredAt || e.OccurredAt > c.store.Now() {
			c.Fatalf("event %d: %s at %s", e.Sequence, e.Type, e.OccurredAt)
		}
	}
	head, err := c.store.Client(c.ctx).AccountSequence.Get(c.ctx, c.result.AccountID)
	if err != nil || head.Sequence != c.events[len(c.events)-1].Sequence {
		c.Errorf("the log's head is %v, %v", head, err)
	}
	got := demo.Result{Conversations: len(c.conversations), Messages: len(c.byID), Events: len(c.events)}
	want := demo.Result{Conversations: c.result.Conversations, Messages: c.result.Messages, Events: c.result.Events}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		c.Errorf("there are %+v, not %+v", got, want)
	}
}

// numbers: gapless, those of visitors too; what the row carries of its messages.
func (c *checker) numbers(one *ent.Conversation) {
	c.Helper()
	visible, incoming := 0, 0
	var last *ent.Message
	for i, m := range c.messages[one.ID] {
		if m.Number != i+1 || i > 0 && m.CreatedAt < c.messages[one.ID][i-1].CreatedAt || m.InboxID != one.InboxID {
			c.Errorf("%s: message %d has the number %d", one.ID, i+1, m.Number)
		}
		if m.Direction == vocab.Incoming {
			incoming = m.Number
		}
		if m.Direction == vocab.Note {
			if m.VisibleNumber != 0 {
				c.Errorf("%s: visitors see note %d", one.ID, m.Number)
			}
			continue
		}
		if visible++; m.VisibleNumber != visible {
			c.Errorf("%s: visible number %d in place of %d", one.ID, m.VisibleNumber, visible)
		}
		last = m
	}
	if n := len(c.messages[one.ID]); n < 1 || n > 12 || one.LastNumber != n || one.LastVisibleNumber != visible || one.LastIncomingNumber != incoming || one.VisitorReadNumber > visible {
		c.Errorf("%s: wrong numbers: %v", one.ID, one)
	}
	if one.LastMessageAt != last.CreatedAt || one.Preview != conversation.Preview(last.Text) || one.OpenedAt > last.CreatedAt {
		c.Errorf("%s: wrong last message: %v", one.ID, one)
	}
	filed := *one
	conversation.File(&filed)
	if filed.Folder != one.Folder || filed.InBots != one.InBots || filed.EverAssigned != one.EverAssigned {
		c.Errorf("%s: filed under %s, not %s: %v", one.ID, one.Folder, filed.Folder, one)
	}
}

// replay comes to the conversation's state by its events alone.
func (c *checker) replay(one *ent.Conversation) {
	c.Helper()
	state := map[string]string{"status": "OPEN", "botState": "NONE"}
	if one.BotID != "" {
		state["botState"] = "ACTIVE"
	}
	waiting, revision, assigned := one.OpenedAt, 0, false
	var edited, deleted, heard int
	for _, e := range c.told[one.ID] {
		if e.Type == vocab.ConversationRead {
			continue
		}
		if e.Revision != revision && e.Revision != revision+1 {
			c.Errorf("%s: revision %d after %d", one.ID, e.Revision, revision)
		}
		revision = e.Revision
		for _, change := range e.Changes {
			if was, told := state[change.Field], text(change.From); told != was {
				c.Errorf("%s: %s went from %q, not %q", one.ID, change.Field, told, was)
			}
			state[change.Field] = text(change.To)
		}
		assigned = assigned || state["assignee"] != ""
		switch e.Type {
		case vocab.MessageCreated:
			m := c.byID[e.MessageID]
			heard++
			switch {
			case m.Direction == vocab.Outgoing:
				waiting = clock.Never
			case m.Direction == vocab.Incoming && waiting == clock.Never:
				waiting = m.CreatedAt
			}
		case vocab.MessageUpdated:
			edited++
		case vocab.MessageDeleted:
			deleted++
		case vocab.ConversationClosed:
			waiting = clock.Never
		}
	}
	got := fmt.Sprintln(state["status"], state["assignee"], state["assignedTeam"], state["botState"], state["deletedAt"], state["snoozedUntil"], assigned, revision, heard, waiting)
	want := fmt.Sprintln(one.Status, one.AssigneeID, one.AssignedTeamID, one.BotState, one.DeletedAt, one.SnoozedUntil, one.EverAssigned, one.Revision, one.LastNumber, one.WaitingSince)
	if got != want || (state["filtered"] != "") != (one.Filtered != 0) || (one.Status == vocab.Closed) != one.ClosedAt.IsSet() {
		c.Errorf("%s: its events tell\n%s, its row\n%s", one.ID, got, want)
	}
	for _, m := range c.messages[one.ID] {
		if m.EditedAt.IsSet() {
			edited--
		}
		if m.DeletedAt.IsSet() {
			deleted--
		}
	}
	if edited != 0 || deleted != 0 {
		c.Errorf("%s: %d edited and %d deleted messages too many", one.ID, edited, deleted)
	}
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// texts are what the use cases would have kept, and no blank is left open.
func (c *checker) texts(one *ent.Conversation) {
	c.Helper()
	for _, m := range c.messages[one.ID] {
		if clean, err := richtext.Clean(m.Text); err != nil || clean != m.Text || strings.ContainsAny(m.Text+one.Subject, "{}") {
			c.Errorf("text %q is not clean: %v", m.Text, err)
		}
		if (m.Text == "") != m.DeletedAt.IsSet() {
			c.Errorf("text %q, deleted at %q", m.Text, m.DeletedAt)
		}
		if m.HTML != "" && (richtext.Sanitize(m.HTML) != m.HTML || richtext.Text(m.HTML) != m.Text) {
			c.Errorf("HTML %q would be\n%q with the text\n%q, not\n%q", m.HTML, richtext.Sanitize(m.HTML), richtext.Text(m.HTML), m.Text)
		}
	}
}

// people: only members have, write in, read and are mentioned in conversations
// (AC-3); contacts and visitors exist.
func (c *checker) people() {
	c.Helper()
	client := c.store.Client(c.ctx)
	members := map[string]bool{}
	for _, u := range c.users {
		v, err := account.New(c.store).ViewerOf(c.ctx, c.result.AccountID, u.ID, "")
		if err != nil {
			c.Fatal(err)
		}
		for _, inbox := range v.InboxIDs {
			members[inbox+u.ID] = true
		}
	}
	known := map[string]bool{"": true}
	contacts, err := client.Contact.Query().All(c.ctx)
	if err != nil {
		c.Fatal(err)
	}
	for _, one := range contacts {
		known[one.ID] = true
		if one.Email != strings.ToLower(one.Email) || one.Name == "" {
			c.Errorf("contact %v", one)
		}
	}
	visitors, err := client.Visitor.Query().All(c.ctx)
	if err != nil {
		c.Fatal(err)
	}
	for _, one := range visitors {
		known[one.ID] = true
	}
	for _, one := range c.conversations {
		if !known[one.ContactID] || !known[one.VisitorID] || one.ContactID+one.VisitorID == "" || (one.Kind == vocab.Chat) != (one.VisitorID != "") || (one.Kind == vocab.Email) != (one.Subject != "") {
			c.Errorf("%s is with nobody, or has a wrong subject: %v", one.ID, one)
		}
		if one.AssigneeID != "" && !members[one.InboxID+one.AssigneeID] {
			c.Errorf("%s: the assignee is no member", one.ID)
		}
		for _, m := range c.messages[one.ID] {
			who := append(slices.Clone(m.Mentions), m.AuthorID)
			for _, u := range who {
				if c.users[u] != nil && !members[one.InboxID+u] {
					c.Errorf("%s: somebody in it is no member", one.ID)
				}
			}
		}
	}
}

// blocks: what a blocked sender writes is filtered, and nothing else is for
// that reason (IN-10).
func (c *checker) blocks() {
	c.Helper()
	list, err := c.store.Client(c.ctx).Block.Query().All(c.ctx)
	if err != nil {
		c.Fatal(err)
	}
	since := map[string]clock.Micros{}
	for _, b := range list {
		since[b.ChannelID+b.Sender] = b.CreatedAt
	}
	for _, one := range c.conversations {
		at, blocked := since[one.ChannelID+cmp.Or(one.ContactID, one.VisitorID)]
		here := slices.ContainsFunc(c.told[one.ID], func(e *ent.Event) bool { return e.Type == vocab.ContactBlocked })
		if one.Filtered.Has(vocab.ReasonBlockedSender) != (here || blocked && one.LastMessageAt > at) || here && !blocked {
			c.Errorf("%s: blocked %v since %s, opened at %s, filtered as %v", one.ID, blocked, at, one.OpenedAt, one.Filtered.List())
		}
	}
}

// readPositions are where the last event of each reader tells (IN-15).
func (c *checker) readPositions() {
	c.Helper()
	list, err := c.store.Client(c.ctx).ReadPosition.Query().All(c.ctx)
	if err != nil {
		c.Fatal(err)
	}
	stored := map[string]string{}
	for _, p := range list {
		stored[p.ConversationID+p.UserID] = fmt.Sprint(p.Number)
	}
	told := map[string]string{}
	for _, e := range c.events {
		if e.Type == vocab.ConversationRead {
			told[e.ConversationID+e.UserID] = text(e.Changes[0].To)
		}
	}
	for key, number := range told {
		if stored[key] != number {
			c.Errorf("read up to %s, stored %s", number, stored[key])
		}
	}
}

// documents: one for each message and each header (IN-5).
func (c *checker) documents() {
	c.Helper()
	list, err := c.store.Strings(c.ctx, "SELECT conversation_id || message_id FROM search_documents WHERE account_id = $1", c.result.AccountID)
	if err != nil {
		c.Fatal(err)
	}
	have := map[string]bool{}
	for _, d := range list {
		have[d] = true
	}
	for _, one := range c.conversations {
		if !have[one.ID] {
			c.Errorf("no document for the header of %s", one.ID)
		}
		for _, m := range c.messages[one.ID] {
			if !have[one.ID+m.ID] {
				c.Errorf("no document for message %s", m.ID)
			}
		}
	}
	if c.store.Postgres() {
		return
	}
	lost, err := c.store.Numbers(c.ctx, "SELECT COUNT(*) FROM search_documents d WHERE NOT EXISTS (SELECT 1 FROM search_index i WHERE i.docid = d.id)")
	if err != nil || c.first == 1 && lost[0] != 0 {
		c.Errorf("%v documents without terms, %v", lost, err)
	}
}

// findable: a search for words of a message finds it, unless it is in the trash
// (IN-5).
func (c *checker) findable() {
	c.Helper()
	ctx := bearer(c.T, c.store, c.result.AdminToken)
	views := view.New(c.store)
	tried := 0
	for i, one := range c.conversations {
		m := c.messages[one.ID][i%one.LastNumber]
		if i%10 != 0 || m.Text == "" || one.Folder == vocab.FolderTrash {
			continue
		}
		tried++
		found, err := views.Search(ctx, phraseOf(m.Text), view.Filter{InboxIDs: []string{one.InboxID}}, vocab.SearchNewest, paging.PageArgs{First: ptr(100)})
		if err != nil {
			c.Fatal(err)
		}
		hit := slices.ContainsFunc(found.Edges, func(e *paging.Edge[*view.SearchHit]) bool {
			return e.Node.Message != nil && e.Node.Message.ID == m.ID
		})
		if !hit && len(found.Edges) < 100 {
			c.Errorf("%q is not found", m.Text)
		}
	}
	if tried == 0 {
		c.Error("nothing to look for")
	}
}

// phraseOf quotes the beginning of a text, up to the end of a word. Japanese has
// a word for each character.
func phraseOf(text string) string {
	r := []rune(strings.ReplaceAll(text, `"`, " "))
	if len(r) > 28 {
		text = string(r[:28])
		if space := strings.LastIndexAny(text, " \n"); space > 0 {
			text = text[:space]
		}
	}
	return `"` + text + `"`
}

func ptr[T any](v T) *T { return &v }
