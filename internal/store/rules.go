package store

import (
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// rule is what the fence knows of a type. A nil predicate refuses.
type rule struct {
	accountOwned bool
	inboxOwned   bool
	anyField     string // of types that have no account_id
	// administered: admins touch the rows of every inbox (AC-3).
	administered bool
	staff        func(*sql.Selector, *viewer.Viewer)
	visitor      func(*sql.Selector, *viewer.Viewer)
}

var rules = map[string]rule{
	ent.TypeAccount:         {anyField: "name", staff: isAccount},
	ent.TypeAccountSequence: {anyField: "sequence", staff: isAccount},
	ent.TypeUser:            {accountOwned: true, staff: inAccount},
	ent.TypeTeam:            {accountOwned: true, staff: inAccount},
	ent.TypeTeamMember:      {accountOwned: true, staff: inAccount},
	ent.TypeIntegration:     {accountOwned: true, staff: inAccount},
	ent.TypeBot:             {accountOwned: true, staff: inAccount},
	ent.TypeApiToken:        {accountOwned: true, staff: isTokenOwnersOrAdmins},
	ent.TypeSession:         {accountOwned: true, staff: isOwnersOrAdmins},
	ent.TypeContact:         {accountOwned: true, staff: visibleContact("id")},
	ent.TypeContactEmail:    {accountOwned: true, staff: visibleContact("contact_id")},
	ent.TypeContactPhone:    {accountOwned: true, staff: visibleContact("contact_id")},
	ent.TypeContactMerge:    {accountOwned: true, staff: visibleContact("into_id")},
	ent.TypeContactMove:     {accountOwned: true, staff: inAccount},
	ent.TypeContactList:     {accountOwned: true, staff: inAccount},
	ent.TypeCompany:         {accountOwned: true, staff: inAccount},
	ent.TypeCompanyDomain:   {accountOwned: true, staff: inAccount},
	ent.TypeTag:             {accountOwned: true, staff: inAccount},
	ent.TypeProperty:        {accountOwned: true, staff: inAccount},
	ent.TypePropertyValue:   {accountOwned: true, staff: visibleValue},
	ent.TypeLibraryItem:     {accountOwned: true, staff: visibleItem},
	ent.TypeLibraryFile:     {accountOwned: true, staff: visibleItemsFile},
	ent.TypeLibraryShare:    {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeLibraryOpening:  {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeTask:            {accountOwned: true, staff: inAccount},
	ent.TypeIdempotencyKey:  {accountOwned: true, staff: inAccount},
	ent.TypeEvent:           {accountOwned: true, staff: visibleEvent},
	ent.TypeAuditEntry:      {accountOwned: true, staff: adminsOnly},

	ent.TypeSubscriptionType:  {accountOwned: true, staff: inAccount},
	ent.TypeConsentRecord:     {accountOwned: true, staff: visibleConsent},
	ent.TypeContactListMember: {accountOwned: true, staff: visibleContact("contact_id")},
	ent.TypeContactListTimer:  {accountOwned: true, staff: visibleContact("contact_id")},
	ent.TypeRoutingTurn:       {accountOwned: true, staff: inAccount},
	ent.TypeVisitorRate:       {accountOwned: true, staff: inAccount},

	ent.TypeSavedView:   {accountOwned: true, staff: visibleView},
	ent.TypeImageSender: {accountOwned: true, staff: isOwnersOwn},

	ent.TypeWebhookEndpoint: {accountOwned: true, staff: endpointOfAdmins},
	ent.TypeWebhookDelivery: {accountOwned: true, staff: ofAdmins},
	ent.TypeWebhookAttempt:  {accountOwned: true, staff: ofAdmins},

	ent.TypeSlackWorkspace: {accountOwned: true, staff: inAccount},
	ent.TypeSlackChannel:   {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},

	ent.TypeNotification:     {accountOwned: true, staff: ownNotification},
	ent.TypePushSubscription: {accountOwned: true, staff: isOwnersOwn},

	ent.TypeInbox:           {accountOwned: true, staff: isInbox},
	ent.TypeInboxUser:       {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeInboxTeam:       {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeChannel:         {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox, visitor: isOwnChannel},
	ent.TypeTargetedMessage: {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox, visitor: inOwnChannel},

	ent.TypeTargetedMessageVersion: {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeTargetedMessageCount:   {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeTargetedMessageView:    {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypePageView:               {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeRoutingDecision:        {accountOwned: true, inboxOwned: true, staff: inInbox},

	ent.TypeVisitor:         {accountOwned: true, inboxOwned: true, staff: inInbox, visitor: isSelf},
	ent.TypeVisitorSession:  {accountOwned: true, inboxOwned: true, staff: inInbox, visitor: ofSelf},
	ent.TypeBlock:           {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeConversation:    {accountOwned: true, inboxOwned: true, staff: inInbox, visitor: ownConversation},
	ent.TypeMessage:         {accountOwned: true, inboxOwned: true, staff: inInbox, visitor: visibleMessage},
	ent.TypeMessageRevision: {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeDraft:           {accountOwned: true, inboxOwned: true, staff: ownInInbox},
	ent.TypeAgentRun:        {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeAgentStep:       {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeProposal:        {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeAnnotation:      {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeFlowRun:         {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeBotFlow:         {accountOwned: true, staff: inAccount},
	ent.TypeBotStepCount:    {accountOwned: true, staff: inAccount},
	ent.TypeRating:          {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeReadPosition:    {accountOwned: true, inboxOwned: true, staff: inInbox},

	ent.TypeEmailChannel:    {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeCustomChannel:   {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeChannelSender:   {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeChannelMessage:  {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeChannelFile:     {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeChannelMark:     {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeChannelReaction: {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeChannelAddress:  {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypeEmailConnection: {accountOwned: true, inboxOwned: true, administered: true, staff: inAdministeredInbox},
	ent.TypePersonalMailbox: {accountOwned: true, staff: isOwnersOrAdmins},
	ent.TypeInboundMail:     {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeEmail:           {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeEmailReference:  {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeParticipant:     {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypeAttachment:      {accountOwned: true, inboxOwned: true, staff: inInbox, visitor: visibleAttachment},
	ent.TypeForgottenBlob:   {accountOwned: true, staff: inAccount},
	ent.TypeTicket:          {accountOwned: true, staff: visibleRecord},
	ent.TypeDeal:            {accountOwned: true, staff: visibleRecord},
	ent.TypeRecordContact:   {accountOwned: true, staff: visibleContact("contact_id")},
	ent.TypeQuote:           {accountOwned: true, staff: visibleRecord},
	ent.TypeQuoteVersion:    {accountOwned: true, staff: visibleOfQuote},
	ent.TypeQuoteView:       {accountOwned: true, staff: visibleOfQuote},
	ent.TypeQuoteLogo:       {accountOwned: true, staff: visibleLogo},
	ent.TypeContactImport:   {accountOwned: true, staff: inAccount},
	ent.TypeErasure:         {accountOwned: true, staff: inAccount},
	ent.TypeContactExport:   {accountOwned: true, staff: inAccount},
	ent.TypeEngagement:      {accountOwned: true, staff: visibleEngagement},
	ent.TypeAssociation:     {accountOwned: true, inboxOwned: true, staff: inInbox},
	ent.TypePipeline:        {accountOwned: true, staff: inAccount},
	ent.TypePipelineStage:   {accountOwned: true, staff: inAccount},
	ent.TypeRecordCounter:   {accountOwned: true, staff: inAccount},

	ent.TypeIdentityProvider:   {accountOwned: true, staff: inAccount},
	ent.TypeOauthApp:           {accountOwned: true, staff: inAccount},
	ent.TypeEngagementRevision: {accountOwned: true, staff: visibleEngagementRevision},
}

func isAccount(s *sql.Selector, v *viewer.Viewer) { s.Where(sql.EQ(s.C("id"), v.AccountID)) }

func inAccount(s *sql.Selector, v *viewer.Viewer) { s.Where(sql.EQ(s.C("account_id"), v.AccountID)) }

// adminsOnly: what an account answers for is seen by its admins (AC-17).
func adminsOnly(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.Admin && v.Kind != viewer.SystemKind {
		s.Where(sql.False())
	}
}

// visibleContact: all of the account's, or those of the viewer's inboxes and of their
// making; an admin also sees those of no inbox, whom no one else could find (AC-14).
// column has the contact.
func visibleContact(column string) func(*sql.Selector, *viewer.Viewer) {
	return func(s *sql.Selector, v *viewer.Viewer) {
		inAccount(s, v)
		if where := ownContact(s, v, column); where != nil {
			s.Where(where)
		}
	}
}

// ownContact is what visibleContact asks beside the account; nil: nothing.
func ownContact(s *sql.Selector, v *viewer.Viewer, column string) *sql.Predicate {
	if v.Kind == viewer.SystemKind || !v.OwnContacts {
		return nil
	}
	of := func(where ...*sql.Predicate) *sql.Predicate {
		used := sql.Table("contact_inboxes")
		where = append(where, sql.EQ(used.C("contact_id"), sql.Expr(s.C(column))))
		return sql.Exists(sql.Dialect(s.Dialect()).Select(used.C("contact_id")).From(used).Where(sql.And(where...)))
	}
	// A contact that someone made by hand stands there with that one's id too.
	mine := of(oneOf(sql.Table("contact_inboxes").C("inbox_id"), append(slices.Clone(v.InboxIDs), v.ActorID)))
	if v.Kind == viewer.Admin {
		return sql.Or(mine, sql.Not(of(sql.HasPrefix(sql.Table("contact_inboxes").C("inbox_id"), id.Inbox+"_"))))
	}
	return mine
}

// visibleConsent: members of the inbox in which it was given; one that was recorded
// without an inbox is seen with its contact (AC-14).
func visibleConsent(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	s.Where(sql.Or(sql.EQ(s.C("inbox_id"), ""), oneOf(s.C("inbox_id"), v.InboxIDs)))
	if where := ownContact(s, v, "contact_id"); where != nil {
		s.Where(sql.Or(sql.EQ(s.C("contact_id"), ""), where))
	}
}

// visibleOfQuote: a version of a quote, and a view of it, is seen with it (CO-7).
func visibleOfQuote(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(ofVisibleQuote(s, v))
	}
}

// visibleLogo: the logo of a quote is seen with it, and the one that new quotes take by all.
func visibleLogo(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.Or(sql.IsNull(s.C("quote_id")), ofVisibleQuote(s, v)))
	}
}

func ofVisibleQuote(s *sql.Selector, v *viewer.Viewer) *sql.Predicate {
	t := sql.Table("quotes")
	of := sql.Dialect(s.Dialect()).Select(t.C("id")).From(t).Where(sql.EQ(t.C("id"), sql.Expr(s.C("quote_id"))))
	visibleRecord(of, v)
	return sql.Exists(of)
}

// visibleRecord: a ticket, deal or quote that was made for a conversation is seen with it, since
// its text is the mail's; any other with its contact (AC-14).
func visibleRecord(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	others := sql.IsNull(s.C("conversation_id"))
	if where := ownContact(s, v, "contact_id"); where != nil {
		others = sql.And(others, sql.Or(sql.EQ(s.C("contact_id"), ""), where))
	}
	of := sql.Table("conversations")
	s.Where(sql.Or(others, sql.Exists(sql.Dialect(s.Dialect()).Select(of.C("id")).From(of).Where(sql.And(
		sql.EQ(of.C("id"), sql.Expr(s.C("conversation_id"))), oneOf(of.C("inbox_id"), v.InboxIDs),
	)))))
}

// visibleEngagement: members of the inbox of its conversation; one without is seen with its
// contact, and with the ticket or deal that it is about (CR-8, AC-14).
func visibleEngagement(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	others := []*sql.Predicate{sql.EQ(s.C("inbox_id"), "")}
	if where := ownContact(s, v, "contact_id"); where != nil {
		others = append(others, sql.Or(sql.EQ(s.C("contact_id"), ""), where))
	}
	for column, table := range map[string]string{"ticket_id": "tickets", "deal_id": "deals"} {
		t := sql.Table(table)
		record := sql.Dialect(s.Dialect()).Select(t.C("id")).From(t).Where(sql.EQ(t.C("id"), sql.Expr(s.C(column))))
		visibleRecord(record, v)
		others = append(others, sql.Or(sql.EQ(s.C(column), ""), sql.Exists(record)))
	}
	s.Where(sql.Or(oneOf(s.C("inbox_id"), v.InboxIDs), sql.And(others...)))
}

// visibleEngagementRevision: what an engagement said is seen with it.
func visibleEngagementRevision(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	t := sql.Table("engagements")
	of := sql.Dialect(s.Dialect()).Select(t.C("id")).From(t).Where(sql.EQ(t.C("id"), sql.Expr(s.C("engagement_id"))))
	visibleEngagement(of, v)
	s.Where(sql.Exists(of))
}

// visibleValue: what a contact, conversation, ticket or deal has of a property is seen with it
// (CR-11); other records are the account's.
func visibleValue(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	if where := ownContact(s, v, "record_id"); where != nil {
		s.Where(sql.Or(sql.NEQ(s.C("object"), string(vocab.PropertyOfContact)), where))
	}
	for _, of := range []struct {
		object  vocab.PropertyObject
		table   string
		visible func(*sql.Selector, *viewer.Viewer)
	}{{vocab.PropertyOfConversation, "conversations", inInbox}, {vocab.PropertyOfTicket, "tickets", visibleRecord}, {vocab.PropertyOfDeal, "deals", visibleRecord}} {
		t := sql.Table(of.table)
		record := sql.Dialect(s.Dialect()).Select(t.C("id")).From(t).Where(sql.EQ(t.C("id"), sql.Expr(s.C("record_id"))))
		of.visible(record, v)
		s.Where(sql.Or(sql.NEQ(s.C("object"), string(of.object)), sql.Exists(record)))
	}
}

// visibleItem: an item of the library goes to everyone, to the users of a team, or to its
// owner alone; those of teams to admins too (CO-1).
func visibleItem(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	of := sql.Table("team_members")
	teams := sql.In(s.C("shown_to"), sql.Dialect(s.Dialect()).Select(of.C("team_id")).From(of).Where(sql.And(
		sql.EQ(of.C("account_id"), v.AccountID), sql.EQ(of.C("user_id"), v.ActorID),
	)))
	if v.Kind == viewer.Admin {
		teams = sql.HasPrefix(s.C("shown_to"), id.Team+"_")
	}
	s.Where(sql.Or(sql.In(s.C("shown_to"), string(vocab.LibraryEveryone), v.ActorID), teams))
}

// visibleItemsFile: a file of the library is seen with its item.
func visibleItemsFile(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	t := sql.Table("library_items")
	item := sql.Dialect(s.Dialect()).Select(t.C("id")).From(t).Where(sql.EQ(t.C("id"), sql.Expr(s.C("item_id"))))
	visibleItem(item, v)
	s.Where(sql.Exists(item))
}

// inInbox: members alone, and Parley's own work.
func inInbox(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(oneOf(s.C("inbox_id"), v.InboxIDs))
		ofOwnChannel(s, v)
	}
}

// inAdministeredInbox: members, and admins, who do not see what is left of a
// deleted inbox (IB-3).
func inAdministeredInbox(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	switch v.Kind {
	case viewer.SystemKind:
	case viewer.Admin:
		there := sql.Table("inboxes")
		s.Where(sql.In(s.C("inbox_id"), sql.Dialect(s.Dialect()).Select(there.C("id")).From(there).Where(sql.And(
			sql.EQ(there.C("account_id"), v.AccountID), sql.EQ(there.C("deleted_at"), 0),
		))))
	default:
		s.Where(oneOf(s.C("inbox_id"), v.InboxIDs))
	}
}

// isInbox hides deleted inboxes from everyone but Parley's own work (IB-3).
func isInbox(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.EQ(s.C("deleted_at"), 0))
	}
	if !v.AllInboxes() {
		s.Where(oneOf(s.C("id"), v.InboxIDs))
	}
}

// forAdmins are the types of events that are private to a user, and yet reach admins.
var forAdmins = func() (types []any) {
	for _, t := range vocab.EventsForAdmins() {
		types = append(types, string(t))
	}
	return types
}()

// visibleEvent: events of inboxes go to their members; admins also get what
// concerns an inbox but no conversation (AC-3), users' own mailboxes (AC-10) and
// tokens (AC-13). Read positions are private.
func visibleEvent(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind == viewer.SystemKind {
		return
	}
	inbox := []*sql.Predicate{sql.EQ(s.C("inbox_id"), ""), oneOf(s.C("inbox_id"), v.InboxIDs)}
	if v.Kind == viewer.Admin {
		inbox = append(inbox, sql.EQ(s.C("conversation_id"), ""))
	}
	private := sql.In(s.C("user_id"), "", v.ActorID)
	if v.Kind == viewer.Admin {
		private = sql.Or(private, sql.In(s.C("type"), forAdmins...))
	}
	s.Where(sql.And(sql.Or(inbox...), private))
}

// visibleView: a saved view goes to the members of its inbox, a private one to
// its owner alone, while they are one of them (IN-19).
func visibleView(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.And(
			sql.Or(sql.EQ(s.C("inbox_id"), ""), oneOf(s.C("inbox_id"), v.InboxIDs)),
			sql.In(s.C("private_to"), "", v.ActorID),
		))
	}
}

// isOwnersOwn: what a user keeps for themselves alone.
func isOwnersOwn(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.EQ(s.C("user_id"), v.ActorID))
	}
}

// ownNotification: what a user was told; of an inbox only while they are a member (NT-1).
func ownNotification(s *sql.Selector, v *viewer.Viewer) {
	isOwnersOwn(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.Or(sql.EQ(s.C("inbox_id"), ""), oneOf(s.C("inbox_id"), v.InboxIDs)))
	}
}

// ownInInbox: what a user keeps for themselves, while they are a member.
func ownInInbox(s *sql.Selector, v *viewer.Viewer) {
	inInbox(s, v)
	isOwnersOwn(s, v)
}

// ofAdmins: what only admins see.
func ofAdmins(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	if !v.AllInboxes() {
		s.Where(sql.ExprP("1 = 0"))
	}
}

// endpointOfAdmins: webhook endpoints, which only admins see until they are deleted (NT-4).
func endpointOfAdmins(s *sql.Selector, v *viewer.Viewer) {
	ofAdmins(s, v)
	if v.Kind != viewer.SystemKind {
		s.Where(sql.EQ(s.C("deleted_at"), 0))
	}
}

// isOwnersOrAdmins: what a user keeps for themselves, and admins see (AC-10).
func isOwnersOrAdmins(s *sql.Selector, v *viewer.Viewer) {
	if v.Kind == viewer.Admin {
		inAccount(s, v)
		return
	}
	isOwnersOwn(s, v)
}

// isTokenOwnersOrAdmins: a token is seen by whom it belongs to, and by admins (AC-13).
func isTokenOwnersOrAdmins(s *sql.Selector, v *viewer.Viewer) {
	inAccount(s, v)
	switch v.Kind {
	case viewer.SystemKind, viewer.Admin:
	case viewer.Integration:
		s.Where(sql.EQ(s.C("integration_id"), v.ActorID))
	case viewer.Bot:
		s.Where(sql.EQ(s.C("bot_id"), v.ActorID))
	default:
		s.Where(sql.EQ(s.C("user_id"), v.ActorID))
	}
}

// oneOf is sql.In over ids; none: nothing.
func oneOf(column string, ids []string) *sql.Predicate {
	if len(ids) == 0 {
		return sql.False()
	}
	args := make([]any, len(ids))
	for i, v := range ids {
		args[i] = v
	}
	return sql.In(column, args...)
}
