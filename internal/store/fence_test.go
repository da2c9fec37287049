package store_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
)

// visible says in SQL what viewers may touch of a type. Empty: they are refused.
type visible struct {
	table, staff, admin, visitor string
	// contact is the row's contact, whom staff may have to see too (AC-14).
	contact string
}

// ownContacts are the contacts that a viewer with OwnContacts sees.
const (
	ownContacts = "SELECT contact_id FROM conversations WHERE inbox_id IN ({inboxes}) UNION SELECT author_id FROM messages WHERE inbox_id IN ({inboxes})"
	anyContacts = "SELECT contact_id FROM conversations UNION SELECT author_id FROM messages"
)

const visibleEngagement = ofAccount + " AND (inbox_id IN ({inboxes}) OR inbox_id = '' AND (ticket_id = '' OR ticket_id IN (SELECT id FROM tickets WHERE " +
	"conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes})))))"

const (
	ofAccount  = "account_id = {account}"
	ofInboxes  = ofAccount + " AND inbox_id IN ({inboxes})"
	ownThread  = ofAccount + " AND visitor_id = {actor} AND deleted_at = 0"
	ownMessage = ofAccount + " AND direction <> 'NOTE' AND visible_number > 0 AND (conversation_id IN (SELECT id FROM conversations WHERE " + ownThread + ") OR " + seenBefore + ")"
	seenBefore = "EXISTS (SELECT 1 FROM continued_chats k JOIN conversations c ON c.id = k.conversation_id AND c.deleted_at = 0 WHERE k.visitor_id = {actor}" +
		" AND k.conversation_id = messages.conversation_id AND messages.visible_number <= k.up_to AND messages.edited_at <= k.created_at)"
	shownItem = "shown_to IN ('EVERYONE', {actor}) OR shown_to IN (SELECT team_id FROM team_members WHERE user_id = {actor})"
	ownFile   = ofAccount + " AND (message_id = '' AND uploader_id = {actor} OR message_id IN (SELECT id FROM messages WHERE " + ownMessage + "))"
)

var fenced = map[string]visible{
	"Account":         {table: "accounts", staff: "id = {account}"},
	"AccountSequence": {table: "account_sequences", staff: "id = {account}"},
	"User":            {table: "users", staff: ofAccount},
	"Team":            {table: "teams", staff: ofAccount},
	"Tag":             {table: "tags", staff: ofAccount},
	"Property":        {table: "properties", staff: ofAccount},
	"PropertyValue": {
		table: "property_values",
		staff: ofAccount + " AND (object <> 'CONVERSATION' OR record_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes})))" +
			" AND (object <> 'TICKET' OR record_id IN (SELECT id FROM tickets WHERE conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes}))))" +
			" AND (object <> 'DEAL' OR record_id IN (SELECT id FROM deals WHERE conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes}))))",
		contact: "CASE object WHEN 'CONTACT' THEN record_id WHEN 'TICKET' THEN COALESCE((SELECT t.contact_id FROM tickets t WHERE t.id = record_id AND t.conversation_id IS NULL), '')" +
			" WHEN 'DEAL' THEN COALESCE((SELECT d.contact_id FROM deals d WHERE d.id = record_id AND d.conversation_id IS NULL), '') ELSE '' END",
	},
	"LibraryItem": {table: "library_items", staff: ofAccount + " AND (" + shownItem + ")", admin: ofAccount + " AND (" + shownItem + " OR shown_to LIKE 'team_%')"},
	"LibraryFile": {
		table: "library_files", staff: ofAccount + " AND item_id IN (SELECT id FROM library_items WHERE " + shownItem + ")",
		admin: ofAccount + " AND item_id IN (SELECT id FROM library_items WHERE " + shownItem + " OR shown_to LIKE 'team_%')",
	},
	"LibraryShare":   {table: "library_shares", staff: ofInboxes},
	"LibraryOpening": {table: "library_openings", staff: ofInboxes},
	"TeamMember":     {table: "team_members", staff: ofAccount},
	"Integration":    {table: "integrations", staff: ofAccount},
	"Bot":            {table: "bots", staff: ofAccount},
	"ApiToken":       {table: "api_tokens", staff: ofAccount + " AND {actor} IN (user_id, integration_id)", admin: ofAccount},
	"Contact":        {table: "contacts", staff: ofAccount, contact: "id"},
	"ContactEmail":   {table: "contact_emails", staff: ofAccount, contact: "contact_id"},
	"ContactPhone":   {table: "contact_phones", staff: ofAccount, contact: "contact_id"},
	"ContactList":    {table: "contact_lists", staff: ofAccount},
	"Company":        {table: "companies", staff: ofAccount},
	"CompanyDomain":  {table: "company_domains", staff: ofAccount},
	"Task":           {table: "tasks", staff: ofAccount},
	"IdempotencyKey": {table: "idempotency_keys", staff: ofAccount},
	"Event": {
		table: "events",
		staff: ofAccount + " AND user_id IN ('', {actor}) AND inbox_id IN ('', {inboxes})",
		admin: ofAccount + " AND (user_id IN ('', {actor}) OR type IN ('PERSONAL_MAILBOX_CONNECTED', 'PERSONAL_MAILBOX_REMOVED', 'TOKEN_CREATED', 'TOKEN_REVOKED', 'TOKEN_ROTATED', 'TOKEN_UPDATED', 'USER_INVITED')) AND (inbox_id IN ('', {inboxes}) OR conversation_id = '')",
	},
	"AuditEntry":       {table: "audit_entries", staff: ofAccount + " AND 1 = 0", admin: ofAccount},
	"SavedView":        {table: "saved_views", staff: ofAccount + " AND private_to IN ('', {actor}) AND inbox_id IN ('', {inboxes})"},
	"ImageSender":      {table: "image_senders", staff: ofAccount + " AND user_id = {actor}"},
	"WebhookEndpoint":  {table: "webhook_endpoints", staff: ofAccount + " AND 1 = 0", admin: ofAccount + " AND deleted_at = 0"},
	"WebhookDelivery":  {table: "webhook_deliveries", staff: ofAccount + " AND 1 = 0", admin: ofAccount},
	"WebhookAttempt":   {table: "webhook_attempts", staff: ofAccount + " AND 1 = 0", admin: ofAccount},
	"SlackWorkspace":   {table: "slack_workspaces", staff: ofAccount},
	"SlackChannel":     {table: "slack_channels", staff: ofInboxes, admin: ofAccount},
	"Notification":     {table: "notifications", staff: ofAccount + " AND user_id = {actor} AND (inbox_id = '' OR inbox_id IN ({inboxes}))"},
	"Draft":            {table: "drafts", staff: ofInboxes + " AND user_id = {actor}"},
	"Inbox":            {table: "inboxes", staff: ofAccount + " AND id IN ({inboxes}) AND deleted_at = 0", admin: ofAccount + " AND deleted_at = 0"},
	"InboxUser":        {table: "inbox_users", staff: ofInboxes, admin: ofAccount},
	"InboxTeam":        {table: "inbox_teams", staff: ofInboxes, admin: ofAccount},
	"Channel":          {table: "channels", staff: ofInboxes, admin: ofAccount, visitor: ofAccount + " AND id = {channel}"},
	"TargetedMessage":  {table: "targeted_messages", staff: ofInboxes, admin: ofAccount, visitor: ofAccount + " AND channel_id = {channel}"},
	"Visitor":          {table: "visitors", staff: ofInboxes, visitor: ofAccount + " AND id = {actor}"},
	"Block":            {table: "blocks", staff: ofInboxes},
	"Conversation":     {table: "conversations", staff: ofInboxes, visitor: ownThread},
	"Message":          {table: "messages", staff: ofInboxes, visitor: ownMessage},
	"MessageRevision":  {table: "message_revisions", staff: ofInboxes},
	"ReadPosition":     {table: "read_positions", staff: ofInboxes},
	"AgentRun":         {table: "agent_runs", staff: ofInboxes},
	"AgentStep":        {table: "agent_steps", staff: ofInboxes},
	"Proposal":         {table: "proposals", staff: ofInboxes},
	"Annotation":       {table: "annotations", staff: ofInboxes},
	"FlowRun":          {table: "flow_runs", staff: ofInboxes},
	"BotFlow":          {table: "bot_flows", staff: ofAccount},
	"BotStepCount":     {table: "bot_step_counts", staff: ofAccount},
	"Rating":           {table: "ratings", staff: ofInboxes},
	"CustomChannel":    {table: "custom_channels", staff: ofInboxes, admin: ofAccount},
	"ChannelSender":    {table: "channel_senders", staff: ofInboxes},
	"ChannelMessage":   {table: "channel_messages", staff: ofInboxes},
	"ChannelFile":      {table: "channel_files", staff: ofInboxes},
	"ChannelReaction":  {table: "channel_reactions", staff: ofInboxes},
	"PushSubscription": {table: "push_subscriptions", staff: ofAccount + " AND user_id = {actor}"},

	"VisitorSession": {table: "visitor_sessions", staff: ofInboxes, visitor: ofAccount + " AND visitor_id = {actor}"},

	"SubscriptionType":       {table: "subscription_types", staff: ofAccount},
	"ConsentRecord":          {table: "consents", staff: ofAccount + " AND (inbox_id = '' OR inbox_id IN ({inboxes}))", contact: "contact_id"},
	"ContactListMember":      {table: "contact_list_members", staff: ofAccount, contact: "contact_id"},
	"RecordContact":          {table: "record_contacts", staff: ofAccount, contact: "contact_id"},
	"ContactMerge":           {table: "contact_merges", staff: ofAccount, contact: "into_id"},
	"ContactMove":            {table: "contact_moves", staff: ofAccount},
	"ContactListTimer":       {table: "contact_list_timers", staff: ofAccount, contact: "contact_id"},
	"RoutingTurn":            {table: "routing_turns", staff: ofAccount},
	"VisitorRate":            {table: "visitor_rates", staff: ofAccount},
	"TargetedMessageVersion": {table: "targeted_message_versions", staff: ofInboxes, admin: ofAccount},
	"TargetedMessageCount":   {table: "targeted_message_counts", staff: ofInboxes, admin: ofAccount},
	"TargetedMessageView":    {table: "targeted_message_views", staff: ofInboxes},
	"PageView":               {table: "page_views", staff: ofInboxes},
	"RoutingDecision":        {table: "routing_decisions", staff: ofInboxes},

	"EmailChannel":     {table: "email_channels", staff: ofInboxes, admin: ofAccount},
	"ChannelAddress":   {table: "channel_addresses", staff: ofInboxes, admin: ofAccount},
	"EmailConnection":  {table: "email_connections", staff: ofInboxes, admin: ofAccount},
	"Session":          {table: "sessions", staff: ofAccount + " AND user_id = {actor}", admin: ofAccount},
	"IdentityProvider": {table: "identity_providers", staff: ofAccount},
	"OauthApp":         {table: "oauth_apps", staff: ofAccount},
	"PersonalMailbox":  {table: "personal_mailboxes", staff: ofAccount + " AND user_id = {actor}", admin: ofAccount},
	"InboundMail":      {table: "inbound_mails", staff: ofInboxes},
	"Email":            {table: "emails", staff: ofInboxes},
	"EmailReference":   {table: "email_references", staff: ofInboxes},
	"Participant":      {table: "participants", staff: ofInboxes},
	"Attachment":       {table: "attachments", staff: ofInboxes, visitor: ownFile},
	"ForgottenBlob":    {table: "forgotten_blobs", staff: ofAccount},
	"Pipeline":         {table: "pipelines", staff: ofAccount},
	"ContactImport":    {table: "contact_imports", staff: ofAccount},
	"Erasure":          {table: "erasures", staff: ofAccount},
	"ContactExport":    {table: "contact_exports", staff: ofAccount},
	"PipelineStage":    {table: "pipeline_stages", staff: ofAccount},
	"RecordCounter":    {table: "record_counters", staff: ofAccount},
	"Association":      {table: "associations", staff: ofInboxes},
	"Engagement":       {table: "engagements", staff: visibleEngagement, contact: "CASE WHEN inbox_id = '' THEN contact_id ELSE '' END"},
	"EngagementRevision": {
		table: "engagement_revisions", staff: ofAccount + " AND engagement_id IN (SELECT id FROM engagements WHERE " + visibleEngagement + ")",
		contact: "CASE WHEN inbox_id = '' THEN (SELECT e.contact_id FROM engagements e WHERE e.id = engagement_id) ELSE '' END",
	},
	"Quote":        {table: "quotes", staff: ofAccount + " AND (" + shownQuote + ")", contact: "CASE WHEN conversation_id IS NULL THEN contact_id ELSE '' END"},
	"QuoteVersion": {table: "quote_versions", staff: ofAccount + " AND quote_id IN (SELECT id FROM quotes WHERE " + shownQuote + ")", contact: contactOfQuote},
	"QuoteView":    {table: "quote_views", staff: ofAccount + " AND quote_id IN (SELECT id FROM quotes WHERE " + shownQuote + ")", contact: contactOfQuote},
	"QuoteLogo": {
		table: "quote_logos", staff: ofAccount + " AND (quote_id IS NULL OR quote_id IN (SELECT id FROM quotes WHERE " + shownQuote + "))", contact: contactOfQuote,
	},
	"Deal": {table: "deals", staff: ofAccount + " AND (conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes})))",
		contact: "CASE WHEN conversation_id IS NULL THEN contact_id ELSE '' END"},
	"Ticket": {table: "tickets", staff: ofAccount + " AND (conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes})))",
		contact: "CASE WHEN conversation_id IS NULL THEN contact_id ELSE '' END"},
}

const (
	shownQuote     = "conversation_id IS NULL OR conversation_id IN (SELECT id FROM conversations WHERE inbox_id IN ({inboxes}))"
	contactOfQuote = "COALESCE((SELECT q.contact_id FROM quotes q WHERE q.id = quote_id AND q.conversation_id IS NULL), '')"
)

const unknownKind viewer.Kind = "NEW"

// where returns what v may touch; empty: nothing.
func (r visible) where(v *viewer.Viewer) string {
	condition := r.staff
	switch {
	case v.Kind == viewer.Visitor:
		condition = r.visitor
	case v.Kind == viewer.SystemKind && strings.Contains(r.staff, "account_id"):
		condition = ofAccount
	case v.Kind == viewer.Admin && r.admin != "":
		condition = r.admin
	case v.Kind == viewer.Anyone || v.Kind == unknownKind:
		condition = ""
	}
	if v.OwnContacts && v.IsStaff() && v.Kind != viewer.SystemKind && r.contact != "" && condition != "" {
		mine := r.contact + " IN (" + ownContacts + ")"
		if v.Kind == viewer.Admin {
			mine += " OR " + r.contact + " NOT IN (" + anyContacts + ")"
		}
		if r.contact != "id" {
			mine += " OR " + r.contact + " = ''"
		}
		condition += " AND (" + mine + ")"
	}
	inboxes := "''"
	if r.table != "events" {
		inboxes = "NULL"
	}
	for _, inbox := range v.InboxIDs {
		inboxes += ", '" + inbox + "'"
	}
	return strings.NewReplacer("{account}", "'"+v.AccountID+"'", "{actor}", "'"+v.ActorID+"'",
		"{channel}", "'"+v.ChannelID+"'", "{inboxes}", inboxes).Replace(condition)
}

var errUndo = errors.New("undo")

// AC-1, AC-3, CH-8, IN-14: of every type, each viewer reads, changes and deletes
// exactly the rows that are theirs to see.
func TestFence(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f, other := testkit.Account(t, s), testkit.Account(t, s)
		furnish(t, f)
		furnish(t, other)
		integration := &viewer.Viewer{Kind: viewer.Integration, AccountID: f.AccountID, ActorID: id.New(id.Integration), InboxIDs: f.InboxIDs[1:], Scopes: []string{"*"}}
		narrow := func(v viewer.Viewer) *viewer.Viewer { v.OwnContacts = true; return &v }
		outsider := &viewer.Viewer{Kind: viewer.Agent, AccountID: f.AccountID, ActorID: f.AgentIDs[0]}
		stranger := viewer.Anonymous()
		stranger.AccountID = f.AccountID
		for name, v := range map[string]*viewer.Viewer{
			"Admin": viewer.FromContext(f.Admin), "Agent": viewer.FromContext(f.Agent(0)), "AgentOfBoth": viewer.FromContext(f.Agent(1)),
			"System": viewer.FromContext(f.System), "Integration": integration, "AgentWithoutInbox": outsider,
			"AdminOfContacts": narrow(*viewer.FromContext(f.Admin)), "AgentOfContacts": narrow(*viewer.FromContext(f.Agent(0))),
			"IntegrationOfContacts": narrow(*integration), "OutsiderOfContacts": narrow(*outsider),
			"Visitor": viewer.FromContext(f.Visitor(0)), "OtherVisitor": viewer.FromContext(f.Visitor(1)), "VisitorElsewhere": viewer.FromContext(f.Visitor(2)),
			"Stranger": viewer.Anonymous(), "StrangerOfAccount": stranger, "UnknownKind": {Kind: unknownKind, AccountID: f.AccountID},
		} {
			t.Run(name, func(t *testing.T) { checkFence(t, s, v) })
		}
	})
}

func checkFence(t *testing.T, s *store.Store, v *viewer.Viewer) {
	ctx := viewer.NewContext(t.Context(), v)
	everywhere := viewer.NewContext(t.Context(), viewer.Everywhere("test"))
	for _, e := range entities(s.Client(ctx)) {
		rule, ok := fenced[e.name]
		if !ok {
			t.Errorf("%s: say in this test who may see it", e.name)
			continue
		}
		all, err := e.ids(everywhere)
		if err != nil || len(all) < 2 {
			t.Fatalf("%s: %d rows in two accounts; furnish makes one in each (%v)", e.name, len(all), err)
		}
		where := rule.where(v)
		if where == "" {
			checkRefused(ctx, t, s, e, all)
			continue
		}
		mine, err := s.Strings(ctx, "SELECT id FROM "+rule.table+" WHERE "+where)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(mine)
		checkReads(ctx, t, e, mine, all)
		checkWrites(ctx, t, s, e, mine, all)
	}
}

func checkRefused(ctx context.Context, t *testing.T, s *store.Store, e entity, all []string) {
	if _, err := e.ids(ctx); err == nil {
		t.Errorf("%s: a viewer without a rule read it", e.name)
	}
	for _, write := range []func(context.Context, entity) error{
		func(ctx context.Context, e entity) error { return e.create(ctx) },
		func(ctx context.Context, e entity) error { return e.updateOne(ctx, all[0]) },
		func(ctx context.Context, e entity) error { return e.deleteOne(ctx, all[0]) },
		func(ctx context.Context, e entity) error { _, err := e.deleteAll(ctx, all); return err },
		func(ctx context.Context, e entity) error { _, err := e.touchAll(ctx, all); return err },
	} {
		if err := inTx(ctx, s, e, write); err == nil || !strings.Contains(err.Error(), "may not touch") {
			t.Errorf("%s: a viewer without a rule wrote it (%v)", e.name, err)
		}
	}
}

// inTx runs write with the transaction's client for e's type and undoes it.
func inTx(ctx context.Context, s *store.Store, e entity, write func(context.Context, entity) error) error {
	var result error
	err := s.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		inner := entity{name: e.name, client: reflect.ValueOf(tx.Client).Elem().FieldByName(e.name)}
		result = write(ctx, inner)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return fmt.Errorf("transaction: %w", err)
	}
	return result
}

func checkReads(ctx context.Context, t *testing.T, e entity, mine, all []string) {
	ids, err := e.ids(ctx)
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	if diff := cmp.Diff(mine, ids, cmp.Transformer("nil", func(l []string) []string { return append([]string{}, l...) })); diff != "" {
		t.Errorf("%s: ids (-want +got):\n%s", e.name, diff)
	}
	if n, err := e.count(ctx); err != nil || int(n) != len(mine) {
		t.Errorf("%s: counted %d, want %d (%v)", e.name, n, len(mine), err)
	}
	if n, err := e.all(ctx); err != nil || n != len(mine) {
		t.Errorf("%s: All gave %d, want %d (%v)", e.name, n, len(mine), err)
	}
	if some, err := e.exist(ctx); err != nil || some != (len(mine) > 0) {
		t.Errorf("%s: Exist is %v, want %v (%v)", e.name, some, len(mine) > 0, err)
	}
	for _, id := range all {
		if err := e.get(ctx, id); slices.Contains(mine, id) != (err == nil) || err != nil && !ent.IsNotFound(err) {
			t.Errorf("%s: Get %s, visible: %v: %v", e.name, id, slices.Contains(mine, id), err)
		}
	}
}

// checkNoWrites: visitors change nothing by themselves, not even what they see.
func checkNoWrites(ctx context.Context, t *testing.T, s *store.Store, e entity, all []string) {
	for name, write := range map[string]func(entity, context.Context) (int64, error){
		"update": func(e entity, ctx context.Context) (int64, error) { return e.touchAll(ctx, all) },
		"delete": func(e entity, ctx context.Context) (int64, error) { return e.deleteAll(ctx, all) },
	} {
		err := inTx(ctx, s, e, func(ctx context.Context, e entity) error {
			_, err := write(e, ctx)
			return err
		})
		if err == nil {
			t.Errorf("%s: a visitor's %s went through", e.name, name)
		}
	}
}

func checkWrites(ctx context.Context, t *testing.T, s *store.Store, e entity, mine, all []string) {
	if viewer.FromContext(ctx).Kind == viewer.Visitor {
		checkNoWrites(ctx, t, s, e, all)
		return
	}
	hidden := slices.DeleteFunc(slices.Clone(all), func(id string) bool { return slices.Contains(mine, id) })
	touched := func(write func(entity, context.Context) (int64, error)) {
		t.Helper()
		err := inTx(ctx, s, e, func(ctx context.Context, e entity) error {
			n, err := write(e, ctx)
			if err == nil && n != 0 {
				err = fmt.Errorf("touched %d hidden rows", n)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
	}
	touched(func(e entity, ctx context.Context) (int64, error) { return e.deleteAll(ctx, hidden) })
	touched(func(e entity, ctx context.Context) (int64, error) { return e.touchAll(ctx, hidden) })
	for _, id := range hidden[:min(3, len(hidden))] {
		for _, write := range []func(context.Context, entity) error{
			func(ctx context.Context, e entity) error { return e.updateOne(ctx, id) },
			func(ctx context.Context, e entity) error { return e.deleteOne(ctx, id) },
		} {
			if err := inTx(ctx, s, e, write); !ent.IsNotFound(err) {
				t.Errorf("%s: changing the hidden %s gave %v, want not found", e.name, id, err)
			}
		}
	}
	err := inTx(ctx, s, e, func(ctx context.Context, e entity) error {
		if n, err := e.touchAll(ctx, all); err != nil || int(n) != len(mine) {
			return fmt.Errorf("an update of all rows met %d, want %d (%w)", n, len(mine), err)
		}
		return nil
	})
	if err != nil {
		t.Errorf("%s: %v", e.name, err)
	}
}

// Without a viewer nothing can be read or written, of any type.
func TestFenceNeedsViewer(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		f := testkit.Account(t, s)
		if err := s.WithTx(t.Context(), func(context.Context, *store.Tx) error { return nil }); err == nil {
			t.Error("a transaction began without a viewer")
		}
		nobody := func(ctx context.Context) context.Context { return viewer.NewContext(ctx, nil) }
		for _, e := range entities(s.Client(f.System)) {
			if _, err := e.ids(t.Context()); err == nil {
				t.Errorf("%s was read without a viewer", e.name)
			}
			for _, write := range []func(context.Context, entity) error{
				func(ctx context.Context, e entity) error { return e.create(nobody(ctx)) },
				func(ctx context.Context, e entity) error { return e.updateOne(nobody(ctx), "x") },
				func(ctx context.Context, e entity) error {
					_, err := e.deleteAll(nobody(ctx), []string{"x"})
					return err
				},
			} {
				if err := inTx(f.System, s, e, write); err == nil || !strings.Contains(err.Error(), "no viewer") {
					t.Errorf("%s was written without a viewer (%v)", e.name, err)
				}
			}
		}
	})
}
