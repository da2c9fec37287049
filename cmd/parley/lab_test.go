package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2/ast"

	"parley/ent"
	"parley/ent/event"
	"parley/graph"
	"parley/graph/subscription"
	"parley/internal/attachment/blob"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// lab is the whole API without HTTP, so that a test can ask thousands of things
// in the name of anyone.
type lab struct {
	t      *testing.T
	store  *store.Store
	schema *ast.Schema
	exec   graphql.GraphExecutor
}

// eachLab runs the test on each database. Its background work is not done.
func eachLab(t *testing.T, test func(t *testing.T, l *lab)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) { test(t, openLab(t, db.Open(t, clock.System{}))) })
}

func openLab(t *testing.T, st *store.Store) *lab {
	t.Helper()
	keys, err := secret.Parse(secret.GenerateKey())
	ok(t, err)
	blobs, err := blob.Open(t.Context(), "mem://", "")
	ok(t, err)
	log := slog.New(slog.DiscardHandler)
	settings := &serverSettings{
		emailSettings: emailSettings{MailDomain: "in.example.com", MaxFileBytes: 1 << 20, MaxDocumentBytes: 2 << 20, MaxMailBytes: 8 << 20, MicrosoftTenant: "common"},
		PublicURL:     "https://parley.example.com", Federation: "on",
	}
	a, err := compose(&storage{store: st, keys: keys, blobs: blobs, dataDir: t.TempDir()}, settings, log)
	ok(t, err)
	live, err := a.connect(t.Context(), "", log)
	ok(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { live.feed.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
		ok(t, live.bus.Close())
	})
	limits := graph.DefaultLimits()
	limits.Complexity, limits.Depth, limits.Tokens = 1<<30, 30, 1<<20
	schema, err := a.schema(live, limits, log, settings.features()...)
	ok(t, err)
	srv := handler.New(schema)
	graph.Install(srv, limits, log)
	srv.Use(graph.Batches{})
	l := &lab{t: t, store: st, schema: schema.Schema()}
	srv.AddTransport(tap{l})
	srv.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	return l
}

// tap is a transport that only hands the server's executor out.
type tap struct{ lab *lab }

func (tap) Supports(*http.Request) bool { return true }

func (t tap) Do(_ http.ResponseWriter, _ *http.Request, exec graphql.GraphExecutor) {
	t.lab.exec = subscription.Share(exec)
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// reply is what an operation answered with.
type reply struct {
	Data   map[string]any
	Errors []struct {
		Message    string
		Extensions map[string]any
	}
	raw string
}

// codes are the codes of the errors, and of all userErrors in the data.
func (r *reply) codes() []string {
	var codes []string
	for _, e := range r.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	for _, payload := range r.Data {
		problems, _ := at(payload, "userErrors").([]any)
		for _, problem := range problems {
			codes = append(codes, text(problem, "code"))
		}
	}
	return codes
}

// opened is the answer of a subscription that is not refused.
const opened = `{"data":{"opened":true}}`

// run runs a document. Of a subscription it only tries whether it begins.
func (l *lab) run(ctx context.Context, document string) *reply {
	l.t.Helper()
	return l.answer(ctx, document, false)
}

// first returns the first answer of a subscription that has one at once.
func (l *lab) first(ctx context.Context, document string) *reply {
	l.t.Helper()
	return l.answer(ctx, document, true)
}

func (l *lab) answer(ctx context.Context, document string, waits bool) *reply {
	l.t.Helper()
	ctx, cancel := context.WithCancel(graphql.StartOperationTrace(ctx))
	defer cancel()
	params := &graphql.RawParams{Query: document, Variables: map[string]any{}}
	if strings.Contains(document, "$file: Upload!") {
		params.Variables["file"] = graphql.Upload{File: strings.NewReader("A file"), Filename: "a.txt", Size: 6, ContentType: "text/plain"}
	}
	op, faults := l.exec.CreateOperationContext(ctx, params)
	var response *graphql.Response
	if faults != nil {
		response = l.exec.DispatchError(graphql.WithOperationContext(ctx, op), faults)
	} else {
		answer, inner := l.exec.DispatchOperation(ctx, op)
		if op.Operation.Operation == ast.Subscription && !waits {
			cancel() // one that is refused says so all the same
		}
		response = answer(inner)
		if op.Operation.Operation == ast.Subscription && !waits && response != nil && len(response.Errors) == 0 {
			response = nil // a snapshot that was faster than the end
		}
	}
	raw := []byte(opened)
	if response != nil {
		var err error
		raw, err = json.Marshal(response)
		ok(l.t, err)
	}
	got := &reply{raw: string(raw)}
	ok(l.t, json.Unmarshal(raw, got))
	return got
}

// world is an account with an object of each kind: one that the first agent may
// see, and where objects belong to an inbox or to a user, one that they may not.
type world struct {
	*testkit.Fixture
	own, other map[string]string
}

// world makes an account.
func (l *lab) world() *world {
	l.t.Helper()
	w := &world{testkit.Account(l.t, l.store), map[string]string{}, map[string]string{}}
	w.own = map[string]string{
		id.Account: w.AccountID, id.User: w.AgentIDs[0], id.Inbox: w.InboxIDs[0], id.Channel: w.ChannelIDs[0], id.Contact: w.ContactID,
		id.Visitor: w.VisitorIDs[0], id.Conversation: w.ConversationIDs[0],
	}
	w.other = map[string]string{
		id.Inbox: w.InboxIDs[1], id.Channel: w.ChannelIDs[1], id.Visitor: w.VisitorIDs[2], id.Conversation: w.ConversationIDs[2],
	}
	w.Write(w.System, w.fillAccount)
	w.Write(w.System, w.fillInboxes)
	for _, ids := range []map[string]string{w.own, w.other} {
		logged, err := l.store.Client(w.System).Event.Query().Where(event.ConversationID(ids[id.Conversation])).Only(w.System)
		ok(l.t, err)
		ids[id.Event] = logged.ID
	}
	return w
}

// make gives an object of the account an id.
func (w *world) make(kind string) string {
	w.own[kind] = id.New(kind)
	return w.own[kind]
}

// hide gives an object that the callers do not see an id.
func (w *world) hide(kind string) string {
	w.other[kind] = id.New(kind)
	return w.other[kind]
}

// item is an item of the library.
func (w *world) item(c *ent.Client, itemID, owner string, usableBy vocab.LibraryAudience, shownTo string) *ent.LibraryItemCreate {
	return c.LibraryItem.Create().SetID(itemID).SetKind(vocab.SnippetItem).SetName("Hours").SetNameKey("hours").SetOwnerID(owner).SetUsableBy(usableBy).
		SetEditableBy(vocab.LibraryEveryone).SetShownTo(shownTo).SetContent(vocab.LibraryContent{Markdown: "We are here from 9 to 5."}).
		SetUpdatedAt(w.Store.Now()).SetCreatedAt(w.Store.Now())
}

// fillAccount makes what belongs to the account and to users.
func (w *world) fillAccount(ctx context.Context, tx *store.Tx) error {
	c, now := tx.Client, w.Store.Now()
	own := id.New(id.PersonalMailbox)
	w.own[id.PersonalMailbox], w.other[id.PersonalMailbox] = own, id.New(id.PersonalMailbox)
	return all(
		ctx,
		c.Team.Create().SetID(w.make(id.Team)).SetName("Night").SetCreatedAt(now),
		c.TeamMember.Create().SetID(id.New("member")).SetTeamID(w.own[id.Team]).SetUserID(w.AgentIDs[0]),
		c.Integration.Create().SetID(w.make(id.Integration)).SetName("Shop").SetInboxIds([]string{w.InboxIDs[0]}).SetCreatedAt(now),
		c.Bot.Create().SetID(w.make(id.Bot)).SetName("Bot").SetCreatedAt(now),
		c.ApiToken.Create().SetID(w.make(id.APIToken)).SetHash([]byte(w.own[id.APIToken])).SetName("T").SetUserID(w.AgentIDs[0]).
			SetScopes([]string{"*"}).SetExpiresAt(clock.Never).SetCreatedAt(now),
		c.WebhookEndpoint.Create().SetID(w.make(id.WebhookEndpoint)).SetIntegrationID(w.own[id.Integration]).SetName("Sync").SetURL("https://example.com/hook").
			SetTypes([]vocab.EventType{}).SetInboxIds([]string{}).SetChangedFields([]string{}).SetScopes([]string{"read"}).SetSecret("sealed").SetState(vocab.WebhookActive).SetCreatedAt(now),
		c.WebhookDelivery.Create().SetID(w.make(id.WebhookDelivery)).SetEndpointID(w.own[id.WebhookEndpoint]).SetSequence(1).SetEventType(vocab.ConversationCreated).
			SetConversationID(w.ConversationIDs[0]).SetState(vocab.WebhookDelivered).SetReady(false).SetFinishedAt(now).SetCreatedAt(now),
		c.SlackWorkspace.Create().SetID(w.make(id.SlackWorkspace)).SetTeamID("T1").SetName("Acme").SetBotUserID("U1").SetToken("sealed").SetIntegrationID(w.own[id.Integration]).
			SetState(vocab.SlackConnected).SetConnectedBy(w.AdminID).SetCreatedAt(now),
		c.IdentityProvider.Create().SetID(w.make(id.IdentityProvider)).SetName("Example").SetIssuer("https://login.example.com").SetClientID("parley").SetCreatedAt(now),
		c.AuditEntry.Create().SetID(w.make(id.AuditEntry)).SetNumber(1_000_000).SetAction(vocab.AuditExported).SetAt(now).SetActorKind(viewer.Admin).SetActorID(w.AdminID).
			SetDetail("contacts.csv").SetChanges([]vocab.FieldChange{}),
		c.OauthApp.Create().SetID(w.make(id.OauthApp)).SetName("Pocket").SetClientID("client_x").SetRedirectHosts([]string{"app.example"}).SetCreatedAt(now),
		c.Session.Create().SetID(w.make(id.UserSession)).SetUserID(w.AgentIDs[0]).SetHash([]byte(w.own[id.UserSession])).SetExpiresAt(clock.Never).
			SetAppID(w.own[id.OauthApp]).SetLastSeenAt(now).SetCreatedAt(now),
		c.Session.Create().SetID(w.hide(id.UserSession)).SetUserID(w.AgentIDs[1]).SetHash([]byte(w.other[id.UserSession])).SetExpiresAt(clock.Never).
			SetLastSeenAt(now).SetCreatedAt(now),
		c.ContactList.Create().SetID(w.make(id.ContactList)).SetName("VIP").SetSize(1).SetCreatedAt(now),
		c.ContactListMember.Create().SetID(id.New("member")).SetListID(w.own[id.ContactList]).SetContactID(w.ContactID),
		c.SubscriptionType.Create().SetID(w.make(id.SubscriptionType)).SetName("News").SetCreatedAt(now),
		c.Property.Create().SetID(w.make(id.Property)).SetObject(vocab.PropertyOfContact).SetName("plan").SetLabel("Plan").
			SetKind(vocab.TextProperty).SetOptions([]vocab.PropertyOption{}).SetCreatedAt(now),
		c.PropertyValue.Create().SetID(id.New("value")).SetPropertyID(w.own[id.Property]).SetObject(vocab.PropertyOfContact).SetRecordID(w.ContactID).
			SetText("Gold").SetTextKey("gold"),
		c.Company.Create().SetID(w.make(id.Company)).SetName("Example").SetCreatedAt(now),
		c.Erasure.Create().SetID(w.make(id.Erasure)).SetContactID(id.New(id.Contact)).SetCounts(map[string]int{"contacts": 1}).SetActorKind(viewer.Admin).
			SetActorID(w.AdminID).SetCreatedAt(now),
		c.Contact.UpdateOneID(w.ContactID).SetCompanyID(w.own[id.Company]),
		c.Engagement.Create().SetID(w.make(id.Engagement)).SetInboxID(w.InboxIDs[0]).SetConversationID(w.ConversationIDs[0]).SetContactID(w.ContactID).
			SetKind(vocab.EngagementIsTask).SetBody(vocab.EngagementBody{Task: &vocab.EngagementTask{Title: "Call", Type: vocab.TaskCall}}).
			SetTaskProgress(vocab.TaskIsOpen).SetAuthorKind(viewer.Agent).SetAuthorID(w.AgentIDs[0]).SetAt(now).SetCreatedAt(now),
		c.Tag.Create().SetID(w.make(id.Tag)).SetName("Refund").SetFolded("refund").SetCreatedAt(now),
		w.item(c, w.make(id.LibraryItem), w.AgentIDs[0], vocab.LibraryEveryone, "EVERYONE"),
		w.item(c, w.hide(id.LibraryItem), w.AgentIDs[1], vocab.LibraryOwner, w.AgentIDs[1]),
		c.Pipeline.Create().SetID(w.make(id.Pipeline)).SetObject(vocab.TicketPipeline).SetName("Repairs").SetFolded("repairs").SetPosition(2).SetCreatedAt(now),
		c.PipelineStage.Create().SetID(w.make(id.PipelineStage)).SetPipelineID(w.own[id.Pipeline]).SetName("New").SetFolded("new").SetPosition(1).
			SetKind(vocab.StageOpen).SetCreatedAt(now),
		c.RecordCounter.Create().SetID(w.AccountID).SetTickets(2).SetQuotes(2),
		c.Ticket.Create().SetID(w.make(id.Ticket)).SetNumber(1).SetSubject("Parcel").SetPipelineID(w.own[id.Pipeline]).SetStageID(w.own[id.PipelineStage]).
			SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetContactID(w.ContactID).SetConversationID(w.ConversationIDs[0]).SetCreatedAt(now),
		c.Deal.Create().SetID(w.make(id.Deal)).SetName("Parcels").SetPipelineID(w.own[id.Pipeline]).SetStageID(w.own[id.PipelineStage]).
			SetStageKind(vocab.StageOpen).SetContactID(w.ContactID).SetConversationID(w.ConversationIDs[0]).SetCreatedAt(now),
		w.quote(c, w.make(id.Quote), 1, w.ConversationIDs[0], w.ContactID),
		c.ImageSender.Create().SetID(id.New(id.ImageSender)).SetUserID(w.AgentIDs[0]).SetAddress("news@example.net").SetCreatedAt(now),
		c.ImageSender.Create().SetID(w.make(id.ImageSender)).SetUserID(w.AdminID).SetAddress("news@example.net").SetCreatedAt(now),
		c.PushSubscription.Create().SetID(id.New(id.PushSubscription)).SetUserID(w.AgentIDs[0]).SetTokenID(id.New(id.UserSession)).SetEndpointHash(w.AgentIDs[0]).
			SetHost("push.example.net").SetSealed("s").SetCreatedAt(now),
		c.PushSubscription.Create().SetID(w.make(id.PushSubscription)).SetUserID(w.AdminID).SetTokenID(id.New(id.UserSession)).SetEndpointHash(w.AdminID).
			SetHost("push.example.net").SetSealed("s").SetCreatedAt(now),
		c.Notification.Create().SetID(id.New(id.Notification)).SetUserID(w.AgentIDs[0]).SetKind(vocab.NotifyTokenCreated).
			SetFirstSequence(1).SetLastSequence(1).SetSequence(1).SetUpdatedAt(now).SetCreatedAt(now),
		c.Notification.Create().SetID(w.make(id.Notification)).SetUserID(w.AdminID).SetKind(vocab.NotifyTokenCreated).
			SetFirstSequence(1).SetLastSequence(1).SetSequence(1).SetUpdatedAt(now).SetCreatedAt(now),
		c.PersonalMailbox.Create().SetID(own).SetUserID(w.AgentIDs[0]).SetAddress("ben@example.com").SetProvider(vocab.EmailIMAP).SetCreatedAt(now),
		c.PersonalMailbox.Create().SetID(w.other[id.PersonalMailbox]).SetUserID(w.AgentIDs[1]).SetAddress("cleo@example.com").
			SetProvider(vocab.EmailIMAP).SetCreatedAt(now),
	)
}

// fillInboxes makes the same objects in each inbox.
func (w *world) fillInboxes(ctx context.Context, tx *store.Tx) error {
	for _, in := range []struct {
		ids                                          map[string]string
		inbox, channel, conversation, visitor, agent string
		drafts                                       string
	}{
		{w.own, w.InboxIDs[0], w.ChannelIDs[0], w.ConversationIDs[0], w.VisitorIDs[0], w.AgentIDs[0], w.AdminID},
		{w.other, w.InboxIDs[1], w.ChannelIDs[1], w.ConversationIDs[2], w.VisitorIDs[2], w.AgentIDs[1], w.AdminID},
	} {
		for _, kind := range []string{id.Message, id.Attachment, id.TargetedMessage, id.SavedView, id.Task, id.Consent, id.PageView, id.Session, id.Draft, id.RoutingDecision, id.MessageRevision, id.LibraryShare, id.AgentRun, id.Proposal, id.Annotation, id.SlackChannel, emailChannel, customChannel} {
			in.ids[kind] = id.New(prefixOf(kind))
		}
		c, now := tx.Client, w.Store.Now()
		if err := all(
			ctx,
			c.Message.Create().SetID(in.ids[id.Message]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetNumber(4).SetVisibleNumber(3).
				SetDirection(vocab.Outgoing).SetAuthorKind(viewer.Agent).SetAuthorID(in.agent).SetText("Answer").SetDelivery(vocab.DeliverySent).SetCreatedAt(now),
			c.Conversation.UpdateOneID(in.conversation).SetLastNumber(4).SetLastVisibleNumber(3).SetLastOutgoingNumber(4),
			c.Attachment.Create().SetID(in.ids[id.Attachment]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetUploaderKind(viewer.Agent).
				SetUploaderID(in.agent).SetFileName("a.txt").SetContentType("text/plain").SetSize(1).SetHash("1").SetBlobKey(in.ids[id.Attachment]).
				SetScan(vocab.ScanNone).SetCreatedAt(now),
			c.TargetedMessage.Create().SetID(in.ids[id.TargetedMessage]).SetInboxID(in.inbox).SetChannelID(in.channel).SetName("Welcome").
				SetState(vocab.TargetedOn).SetPosition(1).SetAudience(vocab.AudienceEveryone).SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).
				SetRules([]vocab.Targeting{}).SetWelcomeMessage("Hello").SetPublishedAt(now).SetCreatedAt(now),
			c.TargetedMessageVersion.Create().SetID(id.New("version")).SetInboxID(in.inbox).SetTargetedMessageID(in.ids[id.TargetedMessage]).SetVersion(1).
				SetContent(vocab.TargetedContent{WelcomeMessage: "Hello"}).SetCreatedAt(now),
			c.SavedView.Create().SetID(in.ids[id.SavedView]).SetInboxID(in.inbox).SetOwnerID(in.agent).SetName("Mine").SetView(vocab.ViewAll).
				SetFilter(json.RawMessage(`{}`)).SetOrderBy(vocab.ActivityDesc).SetCreatedAt(now),
			c.Task.Create().SetID(in.ids[id.Task]).SetKind(vocab.TaskBulkClose).SetState(vocab.TaskQueued).SetParams(json.RawMessage(`{}`)).SetTotal(1).
				SetProblems([]vocab.TaskProblem{}).SetActorKind(viewer.Agent).SetActorID(in.agent).SetCreatedAt(now),
			c.ConsentRecord.Create().SetID(in.ids[id.Consent]).SetInboxID(in.inbox).SetVisitorID(in.visitor).SetKind(vocab.ConsentCommunicate).
				SetBasis(vocab.BasisExplicit).SetSubscriptionTypeID(w.own[id.SubscriptionType]).SetText("Yes").SetTextVersion("1").SetGivenAt(now),
			c.MessageRevision.Create().SetID(in.ids[id.MessageRevision]).SetInboxID(in.inbox).SetConversationID(in.conversation).
				SetMessageID(in.ids[id.Message]).SetText("Anwser").SetReplacedBy(in.agent).SetCreatedAt(now),
			c.VisitorSession.Create().SetID(in.ids[id.Session]).SetInboxID(in.inbox).SetVisitorID(in.visitor).SetProof(vocab.ProofNone).SetCreatedAt(now),
			c.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(in.inbox).SetConversationID(in.conversation).SetUserID(in.agent).
				SetMarkdown("Soon").SetUpdatedAt(now).SetCreatedAt(now),
			c.Draft.Create().SetID(in.ids[id.Draft]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetUserID(in.drafts).
				SetMarkdown("Later").SetUpdatedAt(now).SetCreatedAt(now),
			c.AgentRun.Create().SetID(in.ids[id.AgentRun]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetBotID(w.own[id.Bot]).
				SetState(vocab.RunAwaitingContact).SetTurn(1).SetReason(vocab.TurnByContact).SetCreatedAt(now),
			c.Proposal.Create().SetID(in.ids[id.Proposal]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetKind(vocab.ProposedReply).
				SetState(vocab.ProposalWaiting).SetMarkdown("Yes").SetAction(json.RawMessage("null")).SetSummary("Yes").SetSources([]vocab.ProposalSource{}).
				SetBasedOnNumber(4).SetMessageID(in.ids[id.Message]).SetAuthorKind(viewer.Bot).SetAuthorID(w.own[id.Bot]).SetCreatedAt(now),
			c.Annotation.Create().SetID(in.ids[id.Annotation]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetMessageID(in.ids[id.Message]).
				SetKind("INTENT").SetValue("Refund").SetValueKey("refund").SetBasedOnNumber(4).SetAuthorKind(viewer.Agent).SetAuthorID(in.agent).SetCreatedAt(now),
			c.LibraryShare.Create().SetID(in.ids[id.LibraryShare]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetContactID(w.ContactID).
				SetItemID(w.own[id.LibraryItem]).SetMessageID(in.ids[id.Message]).SetSenderID(in.agent).SetTitle("Prices").SetToken(in.ids[id.LibraryShare]).
				SetURL("").SetCreatedAt(now),
			c.LibraryOpening.Create().SetID(id.New(id.LibraryOpening)).SetInboxID(in.inbox).SetConversationID(in.conversation).SetContactID(w.ContactID).
				SetShareID(in.ids[id.LibraryShare]).SetAgain(false).SetSeconds(5).SetOpenedAt(now),
			c.PageView.Create().SetID(in.ids[id.PageView]).SetInboxID(in.inbox).SetVisitorID(in.visitor).SetURL("https://example.com/").SetViewedAt(now),
			c.RoutingDecision.Create().SetID(in.ids[id.RoutingDecision]).SetInboxID(in.inbox).SetConversationID(in.conversation).SetDecidedAt(now).
				SetTrigger("START").SetRule(0).SetTarget("USERS").SetCandidates([]vocab.RoutingCandidate{}),
			c.Channel.Create().SetID(in.ids[emailChannel]).SetInboxID(in.inbox).SetKind(vocab.Email).SetKey("key-"+in.ids[emailChannel]).SetCreatedAt(now),
			c.EmailChannel.Create().SetID(in.ids[emailChannel]).SetInboxID(in.inbox).SetAddress("support@example.com").SetAliases([]string{}).
				SetProvider(vocab.EmailForwarding).SetState(vocab.EmailConnected).SetCreatedAt(now),
			c.SlackChannel.Create().SetID(in.ids[id.SlackChannel]).SetInboxID(in.inbox).SetWorkspaceID(w.own[id.SlackWorkspace]).SetTeamID("T1").SetSlackID("C1").SetName("support").
				SetKinds([]vocab.SlackPostKind{vocab.SlackNewChat}).SetThreadReplies(vocab.SlackAnswer).SetState(vocab.SlackChannelConnected).SetCreatedAt(now),
			c.Channel.Create().SetID(in.ids[customChannel]).SetInboxID(in.inbox).SetKind(vocab.Custom).SetKey("key-"+in.ids[customChannel]).SetCreatedAt(now),
			c.CustomChannel.Create().SetID(in.ids[customChannel]).SetInboxID(in.inbox).SetType("telegram").SetName("Bot").SetIntegrationID(w.own[id.Integration]).
				SetLive(false).SetCreatedAt(now),
		); err != nil {
			return err
		}
		if in.inbox == w.InboxIDs[1] {
			if err := w.fillElsewhere(ctx, tx); err != nil {
				return err
			}
		}
		tx.Append(ctx, store.Event{Type: vocab.MessageCreated, InboxID: in.inbox, ConversationID: in.conversation, MessageID: in.ids[id.Message]})
	}
	return nil
}

// fillElsewhere makes a contact, a ticket and a deal that only members of the other inbox see.
func (w *world) fillElsewhere(ctx context.Context, tx *store.Tx) error {
	w.other[id.Contact], w.other[id.Ticket], w.other[id.Deal] = id.New(id.Contact), id.New(id.Ticket), id.New(id.Deal)
	w.other[id.Engagement], w.other[id.Quote] = id.New(id.Engagement), id.New(id.Quote)
	c, now := tx.Client, w.Store.Now()
	return all(
		ctx,
		c.Contact.Create().SetID(w.other[id.Contact]).SetName("Hidden").SetEmail("hidden@example.net").SetCreatedAt(now),
		c.Conversation.UpdateOneID(w.ConversationIDs[2]).SetContactID(w.other[id.Contact]),
		c.Ticket.Create().SetID(w.other[id.Ticket]).SetNumber(2).SetSubject("Hidden").SetPipelineID(w.own[id.Pipeline]).SetStageID(w.own[id.PipelineStage]).
			SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetConversationID(w.ConversationIDs[2]).SetContactID(w.other[id.Contact]).SetCreatedAt(now),
		c.Deal.Create().SetID(w.other[id.Deal]).SetName("Hidden").SetPipelineID(w.own[id.Pipeline]).SetStageID(w.own[id.PipelineStage]).
			SetStageKind(vocab.StageOpen).SetConversationID(w.ConversationIDs[2]).SetContactID(w.other[id.Contact]).SetCreatedAt(now),
		w.quote(c, w.other[id.Quote], 2, w.ConversationIDs[2], w.other[id.Contact]),
		c.Engagement.Create().SetID(w.other[id.Engagement]).SetInboxID(w.InboxIDs[1]).SetConversationID(w.ConversationIDs[2]).
			SetKind(vocab.EngagementIsTask).SetBody(vocab.EngagementBody{Task: &vocab.EngagementTask{Title: "Hidden", Type: vocab.TaskCall}}).
			SetTaskProgress(vocab.TaskIsOpen).SetAuthorKind(viewer.Agent).SetAuthorID(w.AgentIDs[1]).SetAt(now).SetCreatedAt(now),
	)
}

// quote is a quote for a conversation.
func (w *world) quote(c *ent.Client, quoteID string, number int, conversationID, contactID string) *ent.QuoteCreate {
	return c.Quote.Create().SetID(quoteID).SetNumber(number).SetContent(vocab.QuoteContent{
		Title: "Parcels", Currency: "EUR", Lines: []vocab.QuoteLine{{Name: "Parcel", Quantity: "1", UnitPrice: 100, TaxPercent: "0", Interval: vocab.QuoteOnce}},
	}).SetState(vocab.QuoteDraft).SetConversationID(conversationID).SetContactID(contactID).SetCreatedAt(w.Store.Now())
}

// emailChannel is the kind of e-mail channels, whose ids are those of channels.
const emailChannel = "e-mail " + id.Channel

// customChannel is the kind of custom channels.
const customChannel = "custom " + id.Channel

// prefixOf is the prefix of a kind's ids.
func prefixOf(kind string) string { return kind[strings.LastIndex(kind, " ")+1:] }

type creation interface{ Exec(context.Context) error }

func all(ctx context.Context, creations ...creation) error {
	for _, c := range creations {
		if err := c.Exec(ctx); err != nil {
			return fmt.Errorf("%T: %w", c, err)
		}
	}
	return nil
}

// as returns the context of a kind of caller, with every scope.
func (w *world) as(kind viewer.Kind) context.Context {
	scopes := []string{viewer.ScopeAll, viewer.ScopeAct, viewer.ScopeActAs}
	machine := func(actor string) context.Context {
		return viewer.NewContext(w.System, &viewer.Viewer{
			Kind: kind, AccountID: w.AccountID, ActorID: actor, Scopes: scopes, InboxIDs: w.InboxIDs[:1], OwnContacts: true,
		})
	}
	switch kind {
	case viewer.Admin:
		return w.Admin
	case viewer.Agent:
		v := *viewer.FromContext(w.Agent(0))
		v.OwnContacts = true // AC-14: of all but admins
		return viewer.NewContext(w.Agent(0), &v)
	case viewer.Integration:
		return machine(w.own[id.Integration])
	case viewer.Bot:
		return machine(w.own[id.Bot])
	case viewer.Visitor:
		return w.Visitor(0)
	}
	return viewer.NewContext(w.System, viewer.Anonymous())
}
