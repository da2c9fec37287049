package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/notification"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const ofNotification = `id kind text count url readAt conversation { id } message { text } actor { __typename ... on User { name } }`

// notified are the notifications of a token's user that are not read, latest first.
func (a *api) notified(token string) []any {
	a.t.Helper()
	list, _ := at(a.do(token, `{ notifications(unread: true, first: 100) { nodes { `+ofNotification+` } } }`, nil), "notifications", "nodes").([]any)
	return list
}

// everTold are all notifications of a token's user, read or not.
func (a *api) everTold(token string) []any {
	a.t.Helper()
	list, _ := at(a.do(token, `{ notifications(first: 100) { nodes { id kind count conversation { id } } } }`, nil), "notifications", "nodes").([]any)
	return list
}

// told waits until a user has been told of a kind, in a conversation if one is given.
func (a *api) told(token string, kind vocab.NotificationKind, conversationID string) any {
	a.t.Helper()
	for deadline := time.After(time.Minute); ; {
		list := a.notified(token)
		for _, n := range list {
			if text(n, "kind") == string(kind) && (conversationID == "" || text(n, "conversation", "id") == conversationID) {
				return n
			}
		}
		select {
		case <-deadline:
			a.t.Fatalf("nothing of the kind %s: %v", kind, list)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func has(list []any, kind vocab.NotificationKind, conversationID string) bool {
	return slices.ContainsFunc(list, func(n any) bool {
		return text(n, "kind") == string(kind) && (conversationID == "" || text(n, "conversation", "id") == conversationID)
	})
}

// note writes a note that mentions someone.
func (a *api) note(token, conversationID, words, userID string) {
	a.t.Helper()
	if got := a.codes(token, "sendMessage", "SendMessageInput", "conversationId", conversationID, "text", words, "note", true, "mentionUserIds", []string{userID}); got != "" {
		a.t.Fatal(got)
	}
}

func (a *api) assign(token, conversationID string, userID any) {
	a.t.Helper()
	if got := a.codes(token, "assignConversation", "AssignConversationInput", "conversationId", conversationID, "userId", userID); got != "" {
		a.t.Fatal(got)
	}
}

// writes has a visitor write.
func (a *api) writes(c chat, words string) {
	a.t.Helper()
	if got := a.codes(c.visitor, "sendVisitorMessage", "SendVisitorMessageInput", "conversationId", c.conversationID, "text", words); got != "" {
		a.t.Fatal(got)
	}
}

// userOf is the id of a token's user.
func (a *api) userOf(token string) string {
	a.t.Helper()
	return text(a.do(token, `{ viewer { user { id } } }`, nil), "viewer", "user", "id")
}

// record appends an event, as the system, with rows that it is about.
func (a *api) record(inAccount string, also func(ctx context.Context, tx *store.Tx) error, e store.Event) {
	a.t.Helper()
	ctx := viewer.NewContext(a.t.Context(), viewer.System("test", inAccount))
	if err := a.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Append(ctx, e)
		if also == nil {
			return nil
		}
		return also(ctx, tx)
	}); err != nil {
		a.t.Fatal(err)
	}
}

func became(field, to string) []vocab.FieldChange {
	return []vocab.FieldChange{{Field: field, To: &to}}
}

// office is an inbox with a chat channel, the admin and an agent, Ben.
type office struct {
	*api
	site                *channel
	account, admin, ben string
	benToken            string
}

func (a *api) office() *office {
	a.t.Helper()
	o := &office{api: a, site: a.channel(), admin: a.userOf(adminToken)}
	o.account = text(a.do(adminToken, `{ viewer { account { id } } }`, nil), "viewer", "account", "id")
	o.ben, o.benToken = a.agent("Ben", o.site.inboxID)
	return o
}

// cause has something happen of which Ben is told, and returns the conversation; "": none.
func (o *office) cause(kind vocab.NotificationKind) string {
	o.t.Helper()
	switch kind {
	case vocab.NotifyNewChat:
		return o.site.chat("Hello").conversationID
	case vocab.NotifyTaskDue:
		taskID := id.New(id.Engagement)
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Engagement.Create().SetID(taskID).SetKind(vocab.EngagementIsTask).SetAuthorKind(viewer.Admin).SetAuthorID(o.admin).SetAssigneeID(o.ben).
				SetBody(vocab.EngagementBody{Task: &vocab.EngagementTask{Title: "Call Ada", Type: vocab.TaskCall}}).SetAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx)
		}, store.Event{Type: vocab.EngagementTaskDue, SubjectID: taskID})
		return ""
	case vocab.NotifyQuoteAccepted:
		quoteID := id.New(id.Quote)
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Quote.Create().SetID(quoteID).SetNumber(o.quotes()).SetContent(vocab.QuoteContent{Currency: "EUR"}).SetState(vocab.QuoteAccepted).SetOwnerID(o.ben).SetCreatedAt(tx.Now()).Exec(ctx)
		}, store.Event{Type: vocab.QuoteAcceptedEvent, SubjectID: quoteID})
		return ""
	case vocab.NotifyTokenCreated:
		o.record(o.account, nil, store.Event{Type: vocab.TokenCreated, SubjectID: id.New(id.APIToken), UserID: o.ben, Changes: became("user", o.ben)})
		return ""
	case vocab.NotifyWebhookPaused:
		o.record(o.account, nil, store.Event{Type: vocab.WebhookEndpointPaused, SubjectID: id.New(id.WebhookEndpoint), Changes: became("pauseReason", "GONE")})
		return ""
	case vocab.NotifyChannelError:
		o.record(o.account, nil, store.Event{Type: vocab.ChannelStateChanged, InboxID: o.site.inboxID, SubjectID: id.New(id.Channel), Changes: became("state", "ERROR")})
		return ""
	}
	return o.causeIn(kind)
}

// quotes counts up.
func (o *office) quotes() int {
	o.channels += 100
	return o.channels
}

// causeIn is cause for what happens in a conversation that is there already.
func (o *office) causeIn(kind vocab.NotificationKind) string {
	o.t.Helper()
	c := o.site.chat("Where is my parcel?")
	in := store.Event{InboxID: o.site.inboxID, ConversationID: c.conversationID, Revision: 1}
	switch kind {
	case vocab.NotifyNewEmail:
		mail := id.New(id.Conversation)
		in.Type, in.ConversationID = vocab.ConversationCreated, mail
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			like, err := tx.Client.Conversation.Get(ctx, c.conversationID)
			if err != nil {
				return err
			}
			return tx.Client.Conversation.Create().SetID(mail).SetInboxID(like.InboxID).SetChannelID(like.ChannelID).SetKind(vocab.Email).SetFolder(like.Folder).SetStatus(vocab.Open).
				SetOpenedAt(tx.Now()).SetLastMessageAt(tx.Now()).SetActivityAt(tx.Now()).SetVisitorActiveAt(tx.Now()).SetTags([]string{}).SetLastIncomingNumber(1).SetLastNumber(1).Exec(ctx)
		}, in)
		return mail
	case vocab.NotifyAssigned:
		o.assign(adminToken, c.conversationID, o.ben)
	case vocab.NotifyReply:
		o.assign(o.benToken, c.conversationID, o.ben)
		o.writes(c, "Hello?")
	case vocab.NotifyMention:
		o.note(adminToken, c.conversationID, "@Ben, please look", o.ben)
	case vocab.NotifyProposalWaiting:
		o.assign(o.benToken, c.conversationID, o.ben)
		in.Type, in.SubjectID = vocab.ProposalCreatedEvent, id.New(id.Proposal)
		o.record(o.account, nil, in)
	case vocab.NotifyDeliveryFailed:
		o.say(o.benToken, c.conversationID, "It is on its way")
		in.Type, in.Changes = vocab.MessageDeliveryChanged, became("delivery", "FAILED")
		in.MessageID = text(o.do(o.benToken, `query($id: ID!) { conversation(id: $id) { lastMessage { id } } }`, map[string]any{"id": c.conversationID}), "conversation", "lastMessage", "id")
		o.record(o.account, nil, in)
	case vocab.NotifyEscalated:
		in.Type = vocab.ConversationEscalated
		o.record(o.account, nil, in)
	case vocab.NotifyMeetingLink:
		item := id.New(id.LibraryItem)
		in.Type, in.SubjectID = vocab.LibraryLinkClicked, item
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			if err := tx.Client.LibraryItem.Create().SetID(item).SetKind(vocab.MeetingLinkItem).SetName("Talk").SetNameKey("talk " + item).SetOwnerID(o.ben).
				SetUsableBy(vocab.LibraryEveryone).SetEditableBy(vocab.LibraryEveryone).SetShownTo("EVERYONE").SetContent(vocab.LibraryContent{}).
				SetUpdatedAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
			share := id.New(id.LibraryShare)
			return tx.Client.LibraryShare.Create().SetID(share).SetInboxID(in.InboxID).SetConversationID(in.ConversationID).SetItemID(item).SetLastOpenedAt(tx.Now()).
				SetMessageID(id.New(id.Message)).SetSenderID(o.ben).SetTitle("Talk").SetToken(share).SetURL("https://example.com").SetCreatedAt(tx.Now()).Exec(ctx)
		}, in)
	case vocab.NotifyDocumentOpened:
		in.Type, in.SubjectID = vocab.DocumentOpened, id.New(id.LibraryShare)
		o.record(o.account, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.LibraryShare.Create().SetID(in.SubjectID).SetInboxID(in.InboxID).SetConversationID(in.ConversationID).SetItemID(id.New(id.LibraryItem)).
				SetMessageID(id.New(id.Message)).SetSenderID(o.ben).SetTitle("Prices").SetToken(in.SubjectID).SetURL("https://example.com").SetCreatedAt(tx.Now()).Exec(ctx)
		}, in)
	default:
		o.t.Fatalf("the test has no cause of %s", kind)
	}
	return c.conversationID
}

// passed waits until all that happened before has been handled: the admin is told of what
// comes after it.
func (o *office) passed(conversationID string) {
	o.t.Helper()
	o.do(adminToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
	if conversationID == "" {
		o.record(o.account, nil, store.Event{Type: vocab.TokenCreated, SubjectID: id.New(id.APIToken), UserID: o.admin, Changes: became("user", o.admin)})
		o.told(adminToken, vocab.NotifyTokenCreated, "")
		return
	}
	o.note(o.benToken, conversationID, "@Admin", o.admin)
	o.told(adminToken, vocab.NotifyMention, conversationID)
}

func (o *office) prefers(kind vocab.NotificationKind, medium vocab.NotificationMedium, inboxID, on any) string {
	o.t.Helper()
	return o.codes(o.benToken, "updateNotificationPreferences", "UpdateNotificationPreferencesInput", "kind", kind, "medium", medium, "inboxId", inboxID, "on", on)
}

// NT-7: each kind reaches whom it is for by default, and not those who turned it off, for all
// inboxes or for one; what is chosen for an inbox wins.
func TestKindsOfNotifications(t *testing.T) {
	t.Parallel()
	eachAPI(t, clock.System{}, func(t *testing.T, a *api) {
		o := a.office()
		if got := a.codes(adminToken, "updateUser", "UpdateUserInput", "userId", o.ben, "role", "ADMIN"); got != "" {
			t.Fatal(got)
		}
		for _, kind := range notification.Kinds {
			if !slices.Contains(kind.On, vocab.NotifyInApp) {
				continue // the digest, by mail alone
			}
			o.told(o.benToken, kind.Name, o.cause(kind.Name))
			a.do(o.benToken, `mutation { markNotificationsRead(input: {which: {all: true}}) { unreadCount userErrors { message } } }`, nil)
			wanted := func(what string, want bool) {
				t.Helper()
				before := len(a.everTold(o.benToken))
				conversationID := o.cause(kind.Name)
				if want {
					o.told(o.benToken, kind.Name, conversationID)
					return
				}
				o.passed(conversationID)
				list := a.everTold(o.benToken)
				if has(list[:len(list)-before], kind.Name, conversationID) {
					t.Errorf("%s, %s: Ben was told", kind.Name, what)
				}
			}
			if kind.Fixed {
				if got := o.prefers(kind.Name, vocab.NotifyInApp, nil, false); got != "INVALID" {
					t.Errorf("%s was turned off: %q", kind.Name, got)
				}
				continue
			}
			if got := o.prefers(kind.Name, vocab.NotifyInApp, nil, false); got != "" {
				t.Fatal(got)
			}
			wanted("off", false)
			if !kind.OfInbox {
				if got := o.prefers(kind.Name, vocab.NotifyInApp, o.site.inboxID, true); got != "INVALID" {
					t.Errorf("%s has a preference of an inbox: %q", kind.Name, got)
				}
				continue
			}
			if got := o.prefers(kind.Name, vocab.NotifyInApp, o.site.inboxID, true); got != "" {
				t.Fatal(got)
			}
			wanted("on in the inbox", true)
		}
		if got := o.prefers(vocab.NotifyReply, vocab.NotifyInApp, id.New(id.Inbox), false); got != "NOT_FOUND" {
			t.Errorf("a preference for an inbox that is not there: %q", got)
		}
	})
}

// NT-1, NT-8: one is told of what others do, folded, live, with its text and address, until
// one reads the conversation; not of what one did oneself, or looks at, or may not see.
func TestNotificationsStory(t *testing.T) {
	t.Parallel()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		a := serveTest(t, db.Open(t, clock.System{}), func(s *serverSettings) { s.ConversationURL = "https://inbox.example.com/c/{id}" })
		o := a.office()
		live := a.listen(o.benToken, `subscription { notifications { sequence unreadCount notification { kind count text readAt } } }`, nil)
		if first := a.hear(live); at(first, "notifications", "notification") != nil {
			t.Fatalf("the first word is %v", first)
		}
		hears := func(want string) {
			t.Helper()
			a.hears(live, want, func(data map[string]any) any {
				n := at(data, "notifications", "notification")
				return fmt.Sprint(at(data, "notifications", "unreadCount"), " ", text(n, "kind"), " ", at(n, "count"), " ", text(n, "text"))
			})
		}
		c := o.site.chat("Where is my parcel?")
		title := text(a.do(o.benToken, `query($id: ID!) { conversation(id: $id) { title } }`, map[string]any{"id": c.conversationID}), "conversation", "title")
		hears("1 NEW_CHAT 1 New chat with " + title + ": Where is my parcel?")
		a.assign(adminToken, c.conversationID, o.ben)
		hears("2 ASSIGNED 1 Admin assigned you: " + title + ".")
		a.writes(c, "Hello?")
		hears("3 REPLY 1 Reply in " + title + ": Hello?")
		a.writes(c, "Anyone?")
		hears("3 REPLY 2 2 replies in " + title + ", the last one: Anyone?")
		n := o.told(o.benToken, vocab.NotifyReply, c.conversationID)
		if text(n, "url") != "https://inbox.example.com/c/"+c.conversationID || text(n, "message", "text") != "Anyone?" || text(n, "actor", "__typename") != "Visitor" {
			t.Errorf("the reply is told as %v", n)
		}
		o.readsAndLooks(t, c)
		o.follows(t, c)
		o.leaves(t, c, live)
	})
}

// readsAndLooks has Ben read what he was told of, and then look at the conversation.
func (o *office) readsAndLooks(t *testing.T, c chat) {
	t.Helper()
	o.do(o.benToken, `mutation($in: MarkConversationReadInput!) { markConversationRead(input: $in) { userErrors { message } } }`, input("conversationId", c.conversationID))
	for deadline := time.After(time.Minute); len(o.notified(o.benToken)) > 0; {
		select {
		case <-deadline:
			t.Fatalf("he read it, and has %v", o.notified(o.benToken))
		case <-time.After(10 * time.Millisecond):
		}
	}
	look := o.listen(o.benToken, `subscription($id: ID!) { conversationPresence(conversationId: $id) { viewing } }`, map[string]any{"id": c.conversationID})
	o.hear(look)
	before := fmt.Sprint(o.everTold(o.benToken))
	o.writes(c, "Are you there?")
	o.passed(c.conversationID)
	if list := o.everTold(o.benToken); fmt.Sprint(list) != before {
		t.Errorf("he looks at it, and is told %v", list)
	}
	look.cut()
	o.assign(o.benToken, c.conversationID, nil)
	o.assign(o.benToken, c.conversationID, o.ben)
	o.note(o.benToken, c.conversationID, "@me", o.ben)
	o.passed(c.conversationID)
	if list := o.everTold(o.benToken); fmt.Sprint(list) != before {
		t.Errorf("he did it himself, and is told %v", list)
	}
}

// follows has the admin follow the conversation, and no longer.
func (o *office) follows(t *testing.T, c chat) {
	t.Helper()
	followed := func() any {
		return at(o.do(adminToken, `query($id: ID!) { conversation(id: $id) { followed } }`, map[string]any{"id": c.conversationID}), "conversation", "followed")
	}
	o.codes(adminToken, "followConversation", "FollowConversationInput", "conversationId", c.conversationID)
	if followed() != true {
		t.Error("the admin does not follow")
	}
	o.writes(c, "I wait")
	o.told(adminToken, vocab.NotifyReply, c.conversationID)
	o.codes(adminToken, "unfollowConversation", "UnfollowConversationInput", "conversationId", c.conversationID)
	o.passed(c.conversationID)
	o.writes(c, "Still")
	o.passed(c.conversationID)
	if list := o.notified(adminToken); followed() != false || has(list, vocab.NotifyReply, c.conversationID) {
		t.Errorf("the admin no longer follows, and is told %v", list)
	}
	if got := o.codes(o.benToken, "followConversation", "FollowConversationInput", "conversationId", id.New(id.Conversation)); got != "NOT_FOUND" {
		t.Errorf("a conversation that is not there: %q", got)
	}
}

// leaves has Ben lose the inbox: he is told nothing, sees nothing of what he was told, and
// hears that nothing is left.
func (o *office) leaves(t *testing.T, c chat, live *socket) {
	t.Helper()
	o.writes(c, "And still")
	o.told(o.benToken, vocab.NotifyReply, c.conversationID)
	o.dismiss(o.site.inboxID, o.ben)
	if list := o.notified(o.benToken); len(list) > 0 {
		t.Errorf("he is no member, and sees %v", list)
	}
	if got := at(o.do(o.benToken, `{ unreadNotificationCount }`, nil), "unreadNotificationCount"); fmt.Sprint(got) != "0" {
		t.Errorf("he is no member, and has %v unread", got)
	}
	o.hears(live, "0", func(data map[string]any) any { return at(data, "notifications", "unreadCount") })
}
