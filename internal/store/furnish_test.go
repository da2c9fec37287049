package store_test

import (
	"context"
	"testing"

	"parley/ent"
	"parley/ent/message"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// furnish gives the account a row of each type that its fixture lacks, and
// rows that only some viewers see: a deleted inbox, a conversation in the trash,
// a private event.
func furnish(t *testing.T, f *testkit.Fixture) {
	t.Helper()
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishAccount(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishInboxes(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishTrash(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishViews(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishLibrary(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishChat(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishMail(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishFiles(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error { return furnishValues(ctx, tx, f) })
	f.Write(f.System, func(ctx context.Context, tx *store.Tx) error {
		for _, e := range []store.Event{
			{Type: vocab.AccountUpdated},
			{Type: vocab.PersonalMailboxConnected, UserID: f.AgentIDs[0]},
			{Type: vocab.ChannelUpdated, InboxID: f.InboxIDs[0]},
			{Type: vocab.ChannelUpdated, InboxID: f.InboxIDs[1]},
			{Type: vocab.ConversationClosed, InboxID: f.InboxIDs[0], ConversationID: f.ConversationIDs[0]},
			{Type: vocab.ConversationClosed, InboxID: f.InboxIDs[1], ConversationID: f.ConversationIDs[2]},
			{Type: vocab.ConversationRead, InboxID: f.InboxIDs[0], ConversationID: f.ConversationIDs[0], UserID: f.AgentIDs[0]},
		} {
			tx.Append(ctx, e)
		}
		return nil
	})
}

func furnishAccount(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now := tx.Client, tx.Now()
	team, endpoint, delivery := id.New(id.Team), id.New(id.WebhookEndpoint), id.New(id.WebhookDelivery)
	return all(
		c.Team.Create().SetID(team).SetName("Team").SetCreatedAt(now).Exec,
		c.TeamMember.Create().SetID(id.New("teammember")).SetTeamID(team).SetUserID(f.AgentIDs[0]).Exec,
		c.InboxTeam.Create().SetID(id.New("inboxteam")).SetTeamID(team).SetInboxID(f.InboxIDs[1]).Exec,
		c.Inbox.Create().SetID(id.New(id.Inbox)).SetName("Deleted").SetDeletedAt(now).SetCreatedAt(now).Exec,
		c.Integration.Create().SetID(id.New(id.Integration)).SetName("CRM").SetInboxIds([]string{}).SetCreatedAt(now).Exec,
		c.Bot.Create().SetID(id.New(id.Bot)).SetName("Bot").SetCreatedAt(now).Exec,
		c.ApiToken.Create().SetID(id.New(id.APIToken)).SetHash([]byte(id.New("hash"))).SetName("Token").SetScopes([]string{"*"}).
			SetExpiresAt(clock.Never).SetCreatedAt(now).Exec,
		c.WebhookEndpoint.Create().SetID(endpoint).SetIntegrationID(id.New(id.Integration)).SetName("Sync").SetURL("https://example.com/hook").SetTypes([]vocab.EventType{}).
			SetInboxIds([]string{}).SetChangedFields([]string{}).SetScopes([]string{"read"}).SetSecret("sealed").SetState(vocab.WebhookActive).SetCreatedAt(now).Exec,
		c.WebhookDelivery.Create().SetID(delivery).SetEndpointID(endpoint).SetSequence(1).SetConversationID(f.ConversationIDs[0]).SetState(vocab.WebhookPending).SetReady(true).SetCreatedAt(now).Exec,
		c.WebhookAttempt.Create().SetID(id.New("attempt")).SetDeliveryID(delivery).SetConversationID(f.ConversationIDs[0]).SetAt(now).SetDurationMs(1).Exec,
		c.SlackWorkspace.Create().SetID(id.New(id.SlackWorkspace)).SetTeamID("T1").SetName("Acme").SetBotUserID("U1").SetToken("sealed").SetIntegrationID(id.New(id.Integration)).SetState(vocab.SlackConnected).SetCreatedAt(now).Exec,
		c.IdentityProvider.Create().SetID(id.New(id.IdentityProvider)).SetName("Example").SetIssuer("https://login.example.com").SetClientID("parley").SetCreatedAt(now).Exec,
		c.AuditEntry.Create().SetID(id.New(id.AuditEntry)).SetNumber(1000).SetAction(vocab.AuditExported).SetAt(now).SetActorKind(viewer.Admin).SetChanges([]vocab.FieldChange{}).Exec,
		c.OauthApp.Create().SetID(id.New(id.OauthApp)).SetName("Pocket").SetClientID("client_x").SetCreatedAt(now).Exec,
		c.Session.Create().SetID(id.New(id.UserSession)).SetUserID(f.AgentIDs[0]).SetHash([]byte(id.New("hash"))).SetExpiresAt(clock.Never).SetCreatedAt(now).Exec,
		c.Session.Create().SetID(id.New(id.UserSession)).SetUserID(f.AgentIDs[1]).SetHash([]byte(id.New("hash"))).SetExpiresAt(clock.Never).SetCreatedAt(now).Exec,
		c.Tag.Create().SetID(id.New(id.Tag)).SetName("vip").SetFolded("vip").SetCreatedAt(now).Exec,
		c.ContactList.Create().SetID(id.New(id.ContactList)).SetName("Customers").SetCreatedAt(now).Exec,
		c.IdempotencyKey.Create().SetID(id.New("key")).SetActorID(f.AdminID).SetMutation("m").SetKey("k").
			SetInputHash([]byte{1}).SetResult([]string{}).SetCreatedAt(now).Exec,
		c.Task.Create().SetID(id.New(id.Task)).SetKind(vocab.TaskBulkClose).SetState(vocab.TaskQueued).SetParams([]byte("{}")).
			SetTotal(1).SetProblems([]vocab.TaskProblem{}).SetActorKind(viewer.Admin).SetActorID(f.AdminID).SetCreatedAt(now).Exec,
		c.ContactImport.Create().SetID(id.New(id.Task)).SetFileName("contacts.csv").SetColumns([]byte("[]")).SetCreatedAt(now).Exec,
		c.Erasure.Create().SetID(id.New(id.Erasure)).SetContactID(id.New(id.Contact)).SetCounts(map[string]int{}).SetActorKind(viewer.Admin).SetActorID(f.AdminID).SetCreatedAt(now).Exec,
		c.ContactExport.Create().SetID(id.New("export")).SetFilter([]byte("{}")).SetFormat(vocab.ExportCSV).SetActorKind(viewer.Admin).SetActorID(f.AdminID).SetCreatedAt(now).Exec,
	)(ctx)
}

func furnishInboxes(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now := tx.Client, tx.Now()
	for i := range f.InboxIDs {
		conversation := f.ConversationIDs[2*i]
		err := all(
			c.TargetedMessage.Create().SetID(id.New(id.TargetedMessage)).SetInboxID(f.InboxIDs[i]).SetChannelID(f.ChannelIDs[i]).
				SetName("Welcome").SetState(vocab.TargetedOn).SetPosition(1).SetAudience(vocab.AudienceEveryone).
				SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).SetRules([]vocab.Targeting{}).
				SetWelcomeMessage("Hello").SetCreatedAt(now).Exec,
			c.Block.Create().SetID(id.New(id.Block)).SetInboxID(f.InboxIDs[i]).SetChannelID(f.ChannelIDs[i]).SetKind(vocab.Chat).
				SetSender("someone").SetBlockedBy(f.AdminID).SetCreatedAt(now).Exec,
			c.ReadPosition.Create().SetID(id.New("read")).SetInboxID(f.InboxIDs[i]).SetConversationID(conversation).
				SetUserID(f.AgentIDs[1]).SetNumber(1).Exec,
			c.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(f.InboxIDs[i]).SetConversationID(conversation).SetUserID(f.AgentIDs[0]).SetUpdatedAt(now).SetCreatedAt(now).Exec,
			c.Draft.Create().SetID(id.New(id.Draft)).SetInboxID(f.InboxIDs[i]).SetConversationID(conversation).SetUserID(f.AgentIDs[1]).SetUpdatedAt(now).SetCreatedAt(now).Exec,
			c.MessageRevision.Create().SetID(id.New("revision")).SetInboxID(f.InboxIDs[i]).SetConversationID(conversation).
				SetMessageID(id.New(id.Message)).SetReplacedBy(f.AgentIDs[1]).SetCreatedAt(now).Exec,
		)(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// furnishLibrary makes items of each audience, with a file each, and links by which one
// was sent in both inboxes.
func furnishLibrary(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now, team := tx.Client, tx.Now(), id.New(id.Team)
	if err := all(
		c.Team.Create().SetID(team).SetName("Writers").SetCreatedAt(now).Exec,
		c.TeamMember.Create().SetID(id.New("teammember")).SetTeamID(team).SetUserID(f.AgentIDs[0]).Exec,
	)(ctx); err != nil {
		return err
	}
	last := ""
	for shownTo, usableBy := range map[string]vocab.LibraryAudience{
		"EVERYONE": vocab.LibraryEveryone, team: vocab.LibraryTeam, f.AgentIDs[0]: vocab.LibraryOwner, f.AgentIDs[1]: vocab.LibraryOwner, f.AdminID: vocab.LibraryOwner,
	} {
		last = id.New(id.LibraryItem)
		if err := all(
			c.LibraryItem.Create().SetID(last).SetKind(vocab.SnippetItem).SetName("Hours").SetNameKey("hours").SetOwnerID(f.AgentIDs[0]).
				SetUsableBy(usableBy).SetEditableBy(vocab.LibraryOwner).SetShownTo(shownTo).SetContent(vocab.LibraryContent{}).SetUpdatedAt(now).SetCreatedAt(now).Exec,
			c.LibraryFile.Create().SetID(id.New(id.Attachment)).SetItemID(last).SetPosition(1).SetFileName("a").SetContentType("text/plain").SetSize(1).
				SetHash("1").SetBlobKey(last).SetScan(vocab.ScanNone).SetCreatedAt(now).Exec,
		)(ctx); err != nil {
			return err
		}
	}
	if err := all(
		c.BotFlow.Create().SetID(id.New("flow")).SetBotID(last).SetVersion(1).SetFlow(vocab.Flow{}).SetCreatedAt(now).Exec,
		c.BotStepCount.Create().SetID(id.New("count")).SetBotID(last).SetVersion(1).SetStepID("hi").Exec,
	)(ctx); err != nil {
		return err
	}
	for i, inbox := range f.InboxIDs {
		if err := c.LibraryShare.Create().SetID(id.New(id.LibraryShare)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetItemID(last).
			SetMessageID(id.New(id.Message)).SetSenderID(f.AgentIDs[1]).SetToken(id.New("token")).SetURL("https://example.com").SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		run := id.New(id.AgentRun)
		if err := c.AgentRun.Create().SetID(run).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetBotID("bot").SetState(vocab.RunPending).
			SetTurn(1).SetReason(vocab.TurnByContact).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := c.AgentStep.Create().SetID(id.New(id.AgentStep)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetRunID(run).SetNumber(1).
			SetTurn(1).SetKind(vocab.StepThought).SetText("Hm").SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := c.Proposal.Create().SetID(id.New(id.Proposal)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetKind(vocab.ProposedReply).
			SetState(vocab.ProposalWaiting).SetMarkdown("Yes").SetAction([]byte("null")).SetSummary("Yes").SetSources([]vocab.ProposalSource{}).SetBasedOnNumber(1).
			SetAuthorKind(viewer.Bot).SetAuthorID("bot").SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := c.Annotation.Create().SetID(id.New(id.Annotation)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetKind("INTENT").SetValue("Refund").
			SetValueKey("refund").SetBasedOnNumber(1).SetAuthorKind(viewer.Bot).SetAuthorID("bot").SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := c.FlowRun.Create().SetID(id.New("play")).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetBotID("bot").SetVersion(1).
			SetStepID("hi").SetPhase(vocab.FlowDue).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := all(
			c.SlackChannel.Create().SetID(id.New(id.SlackChannel)).SetInboxID(inbox).SetWorkspaceID("workspace").SetTeamID("T1").SetSlackID("C1").SetName("support").SetKinds([]vocab.SlackPostKind{}).
				SetThreadReplies(vocab.SlackAnswer).SetState(vocab.SlackChannelConnected).SetCreatedAt(now).Exec,
			c.CustomChannel.Create().SetID(id.New(id.Channel)).SetInboxID(inbox).SetType("telegram").SetName("Bot").SetIntegrationID("integration").SetLive(false).SetCreatedAt(now).Exec,
			c.ChannelSender.Create().SetID(id.New(id.ChannelSender)).SetInboxID(inbox).SetChannelID(f.ChannelIDs[i]).SetKey("1").SetCreatedAt(now).Exec,
			c.ChannelMessage.Create().SetID(id.New(id.Message)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetChannelID(f.ChannelIDs[i]).SetThreadKey("1").
				SetNumber(1).SetCreatedAt(now).Exec,
			c.ChannelFile.Create().SetID(id.New("file")).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetMessageID(id.New(id.Message)).SetPosition(1).
				SetURL("sealed").SetFileName("a.png").SetState(vocab.RemoteFilePending).SetCreatedAt(now).Exec,
			c.ChannelReaction.Create().SetID(id.New("reaction")).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetMessageID(id.New(id.Message)).
				SetSenderID(id.New(id.ChannelSender)).SetEmoji("+").SetCreatedAt(now).Exec,
		)(ctx); err != nil {
			return err
		}
		if err := c.Rating.Create().SetID(id.New(id.Rating)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetCloseNumber(1).
			SetScale(vocab.RatingFive).SetMedium(vocab.RatingInChat).SetClosedAt(now).SetCreatedAt(now).Exec(ctx); err != nil {
			return err
		}
		if err := c.LibraryOpening.Create().SetID(id.New(id.LibraryOpening)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).
			SetShareID(id.New(id.LibraryShare)).SetAgain(false).SetOpenedAt(now).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// furnishViews makes saved views: shared ones of both inboxes, and private ones
// of both agents, with and without an inbox; and a sender whose images each of
// them sees.
func furnishViews(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	for _, v := range []struct{ inbox, owner, privateTo string }{
		{f.InboxIDs[0], f.AgentIDs[1], ""},
		{f.InboxIDs[1], f.AgentIDs[1], ""},
		{f.InboxIDs[1], f.AgentIDs[0], f.AgentIDs[0]}, // who left the inbox
		{f.InboxIDs[0], f.AgentIDs[0], f.AgentIDs[0]},
		{"", f.AgentIDs[0], f.AgentIDs[0]},
		{"", f.AgentIDs[1], f.AgentIDs[1]},
	} {
		if err := tx.Client.SavedView.Create().SetID(id.New(id.SavedView)).SetInboxID(v.inbox).SetOwnerID(v.owner).SetPrivateTo(v.privateTo).
			SetName("View").SetView(vocab.ViewAll).SetFilter([]byte("{}")).SetOrderBy(vocab.ActivityDesc).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
	}
	for _, user := range f.AgentIDs[:2] {
		for _, inbox := range []string{"", f.InboxIDs[0], f.InboxIDs[1]} {
			if err := tx.Client.Notification.Create().SetID(id.New(id.Notification)).SetUserID(user).SetKind(vocab.NotifyAssigned).SetInboxID(inbox).
				SetFirstSequence(1).SetLastSequence(1).SetSequence(1).SetUpdatedAt(tx.Now()).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
				return err
			}
		}
		if err := tx.Client.PushSubscription.Create().SetID(id.New(id.PushSubscription)).SetUserID(user).SetTokenID(id.New(id.UserSession)).SetEndpointHash(user).
			SetHost("push.example.net").SetSealed("s").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
		if err := tx.Client.ImageSender.Create().SetID(id.New(id.ImageSender)).SetUserID(user).SetAddress("ada@example.net").SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// furnishChat gives what the chat channel keeps, in each inbox where it is an
// inbox's.
func furnishChat(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now, list, company := tx.Client, tx.Now(), id.New(id.ContactList), id.New(id.Company)
	err := all(
		c.Company.Create().SetID(company).SetName("Example").SetCreatedAt(now).Exec,
		c.CompanyDomain.Create().SetID(id.New("domain")).SetCompanyID(company).SetDomain("example.net").SetPlace(0).Exec,
		c.SubscriptionType.Create().SetID(id.New(id.SubscriptionType)).SetName("News").SetCreatedAt(now).Exec,
		c.ConsentRecord.Create().SetID(id.New(id.Consent)).SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(now).Exec,
		c.ContactList.Create().SetID(list).SetName("Members").SetCreatedAt(now).Exec,
		c.ContactPhone.Create().SetID(id.New("phone")).SetContactID(f.ContactID).SetNumber("+43 1 23456").SetE164("+43123456").SetDigits("43123456").Exec,
		c.ContactListMember.Create().SetID(id.New("listmember")).SetListID(list).SetContactID(f.ContactID).Exec,
		c.RecordContact.Create().SetID(id.New("recordcontact")).SetRecordID(id.New(id.Ticket)).SetContactID(f.ContactID).SetAt(1).Exec,
		c.ContactMerge.Create().SetID(id.New("merge")).SetFromID(id.New(id.Contact)).SetIntoID(f.ContactID).SetMergedAt(1).Exec,
		c.ContactMove.Create().SetID(id.New("move")).SetMergeID("m").SetKind("visitors").SetRowID("r"+list).Exec,
		c.ContactListTimer.Create().SetID(id.New("timer")).SetListID(list).SetContactID(f.ContactID).SetDueAt(1).Exec,
		c.ConsentRecord.Create().SetID(id.New(id.Consent)).SetContactID(f.ContactID).SetInboxID(f.InboxIDs[0]).SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(now).Exec,
		c.ConsentRecord.Create().SetID(id.New(id.Consent)).SetContactID(f.ContactID).SetInboxID(f.InboxIDs[1]).SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(now).Exec,
		c.Contact.Create().SetID(id.New(id.Contact)).SetName("Of no inbox").SetCreatedAt(now).Exec,
		c.RoutingTurn.Create().SetID(id.New("turn")).SetScope("scope").Exec,
		c.VisitorRate.Create().SetID(id.New("rate")).SetKey("key").SetWindowStart(now).SetCount(1).Exec,
	)(ctx)
	if err != nil {
		return err
	}
	for i, inbox := range f.InboxIDs {
		message, visitor := id.New(id.TargetedMessage), f.VisitorIDs[2*i]
		err := all(
			c.TargetedMessageVersion.Create().SetID(id.New("version")).SetInboxID(inbox).SetTargetedMessageID(message).SetVersion(1).
				SetContent(vocab.TargetedContent{}).SetCreatedAt(now).Exec,
			c.TargetedMessageCount.Create().SetID(message).SetInboxID(inbox).Exec,
			c.TargetedMessageView.Create().SetID(id.New("view")).SetInboxID(inbox).SetVisitorID(visitor).SetTargetedMessageID(message).Exec,
			c.VisitorSession.Create().SetID(id.New(id.Session)).SetInboxID(inbox).SetVisitorID(visitor).SetProof(vocab.ProofNone).SetCreatedAt(now).Exec,
			c.PageView.Create().SetID(id.New(id.PageView)).SetInboxID(inbox).SetVisitorID(visitor).SetURL("https://example.com").SetViewedAt(now).Exec,
			c.RoutingDecision.Create().SetID(id.New(id.RoutingDecision)).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetDecidedAt(now).
				SetTrigger("START").SetRule(1).SetTarget("UNASSIGNED").SetCandidates([]vocab.RoutingCandidate{}).Exec,
		)(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// furnishMail gives each inbox an e-mail channel with a mail, and the account
// what belongs to mail and to no inbox.
func furnishMail(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now := tx.Client, tx.Now()
	engagement := func(set func(*ent.EngagementCreate)) func(context.Context) error {
		e := c.Engagement.Create().SetID(id.New(id.Engagement)).SetKind(vocab.EngagementIsNote).SetBody(vocab.EngagementBody{Note: &vocab.EngagementNote{Text: "Note"}}).
			SetAuthorKind(viewer.Admin).SetAuthorID(f.AdminID).SetAt(now).SetCreatedAt(now)
		set(e)
		return func(ctx context.Context) error {
			saved, err := e.Save(ctx)
			if err != nil {
				return err
			}
			return c.EngagementRevision.Create().SetID(id.New("revision")).SetEngagementID(saved.ID).SetInboxID(saved.InboxID).SetConversationID(saved.ConversationID).
				SetRevision(1).SetBody(saved.Body).SetEditorKind(viewer.Admin).SetEditorID(f.AdminID).SetCreatedAt(now).Exec(ctx)
		}
	}
	hidden := id.New(id.Ticket)
	stage, err := c.PipelineStage.Query().FirstID(ctx)
	if err != nil {
		return err
	}
	deal := func() *ent.DealCreate {
		return c.Deal.Create().SetID(id.New(id.Deal)).SetName("Deal").SetPipelineID("pipeline").SetStageID(stage).SetStageKind(vocab.StageOpen).SetCreatedAt(now)
	}
	number := 0
	quote := func(of func(*ent.QuoteCreate)) func(context.Context) error {
		number++
		create := c.Quote.Create().SetID(id.New(id.Quote)).SetNumber(number).SetContent(vocab.QuoteContent{Currency: "EUR"}).SetState(vocab.QuoteDraft).SetCreatedAt(now)
		of(create)
		return func(ctx context.Context) error {
			saved, err := create.Save(ctx)
			if err != nil {
				return err
			}
			return all(
				c.QuoteVersion.Create().SetID(id.New("quoteversion")).SetQuoteID(saved.ID).SetNumber(1).SetContent(saved.Content).SetSums(vocab.QuoteSums{}).SetPublishedAt(now).Exec,
				c.QuoteLogo.Create().SetID(id.New("quotelogo")).SetQuoteID(saved.ID).SetFileID(id.New(id.Attachment)).SetFileName("logo.png").SetContentType("image/png").
					SetWidth(1).SetHeight(1).SetHash("hash").SetBlobKey("key").SetScan(vocab.ScanClean).SetCreatedAt(now).Exec,
				c.QuoteView.Create().SetID(id.New(id.QuoteView)).SetQuoteID(saved.ID).SetVersion(1).SetAgain(false).SetViewedAt(now).Exec,
			)(ctx)
		}
	}
	err = all(
		quote(func(*ent.QuoteCreate) {}), quote(func(q *ent.QuoteCreate) { q.SetContactID(f.ContactID) }),
		quote(func(q *ent.QuoteCreate) { q.SetConversationID(f.ConversationIDs[0]) }), quote(func(q *ent.QuoteCreate) { q.SetConversationID(f.ConversationIDs[2]) }),
		c.RecordCounter.Create().SetID(f.AccountID).SetTickets(4).Exec,
		deal().Exec, deal().SetContactID(f.ContactID).Exec, deal().SetConversationID(f.ConversationIDs[0]).Exec, deal().SetConversationID(f.ConversationIDs[2]).Exec,
		c.PersonalMailbox.Create().SetID(id.New("mailbox")).SetUserID(f.AdminID).SetAddress("ada@example.com").SetProvider(vocab.EmailIMAP).SetCreatedAt(now).Exec,
		c.PersonalMailbox.Create().SetID(id.New("mailbox")).SetUserID(f.AgentIDs[1]).SetAddress("cleo@example.com").SetProvider(vocab.EmailIMAP).SetCreatedAt(now).Exec,
		c.ForgottenBlob.Create().SetID(id.New("blob")).SetBlobKey("raw/gone.eml").SetCreatedAt(now).Exec,
		c.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(1).SetPipelineID("pipeline").SetStageID("stage").SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetCreatedAt(now).Exec,
		c.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(2).SetPipelineID("pipeline").SetStageID("stage").SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetContactID(f.ContactID).SetCreatedAt(now).Exec,
		c.Ticket.Create().SetID(id.New(id.Ticket)).SetNumber(3).SetPipelineID("pipeline").SetStageID("stage").SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetConversationID(f.ConversationIDs[0]).SetCreatedAt(now).Exec,
		c.Ticket.Create().SetID(hidden).SetNumber(4).SetPipelineID("pipeline").SetStageID("stage").SetStageKind(vocab.StageOpen).SetPriority(vocab.PriorityNone).SetConversationID(f.ConversationIDs[2]).SetCreatedAt(now).Exec,
		engagement(func(e *ent.EngagementCreate) { e.SetContactID(f.ContactID) }), engagement(func(e *ent.EngagementCreate) { e.SetTicketID(hidden) }),
		engagement(func(e *ent.EngagementCreate) {
			e.SetInboxID(f.InboxIDs[0]).SetConversationID(f.ConversationIDs[0]).SetContactID(f.ContactID)
		}),
		engagement(func(e *ent.EngagementCreate) { e.SetInboxID(f.InboxIDs[1]).SetConversationID(f.ConversationIDs[2]) }),
	)(ctx)
	if err != nil {
		return err
	}
	for i, inbox := range f.InboxIDs {
		channel, address, mail := id.New(id.Channel), inbox+"@example.com", id.New(id.Message)
		err := all(
			c.Channel.Create().SetID(channel).SetInboxID(inbox).SetKind(vocab.Email).SetKey(channel).SetCreatedAt(now).Exec,
			c.EmailChannel.Create().SetID(channel).SetInboxID(inbox).SetAddress(address).SetAliases([]string{}).
				SetProvider(vocab.EmailForwarding).SetState(vocab.EmailConnected).SetCreatedAt(now).Exec,
			c.ChannelAddress.Create().SetID(id.New("address")).SetInboxID(inbox).SetChannelID(channel).SetAddress(address).Exec,
			c.EmailConnection.Create().SetID(id.New("connection")).SetInboxID(inbox).SetStateHash([]byte(channel)).SetUserID(f.AdminID).
				SetChannelID(channel).SetProvider(vocab.EmailGmail).SetSecrets("sealed").SetSettings(vocab.EmailConnectionSettings{}).
				SetExpiresAt(now).SetCreatedAt(now).Exec,
			c.InboundMail.Create().SetID(id.New(id.InboundMail)).SetInboxID(inbox).SetChannelID(channel).SetPlace("1:1").SetBlobKey(channel).
				SetSize(1).SetHash("00").SetEnvelopeTo([]string{}).SetArrivedAt(now).SetState(vocab.InboundStored).SetCreatedAt(now).Exec,
			c.Email.Create().SetID(mail).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetChannelID(channel).
				SetReferences([]string{}).SetCreatedAt(now).Exec,
			c.EmailReference.Create().SetID(id.New("reference")).SetInboxID(inbox).SetInternetID(mail+"@example.com").
				SetConversationID(f.ConversationIDs[2*i]).SetMessageID(mail).Exec,
			c.Association.Create().SetID(id.New("association")).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetRecordID(hidden).
				SetAuthorKind(viewer.Admin).SetAuthorID(f.AdminID).SetAt(now).Exec,
			c.Participant.Create().SetID(id.New("participant")).SetInboxID(inbox).SetConversationID(f.ConversationIDs[2*i]).SetAddress(address).Exec,
		)(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

// furnishFiles puts a file on each message of the first visitor, of whom one is
// a note, and has each visitor upload one.
func furnishFiles(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	file := func(inbox string, by viewer.Kind, uploader string) *ent.AttachmentCreate {
		return tx.Client.Attachment.Create().SetID(id.New(id.Attachment)).SetInboxID(inbox).SetUploaderKind(by).SetUploaderID(uploader).
			SetFileName("plan.pdf").SetContentType("application/pdf").SetSize(1).SetHash("00").SetBlobKey(uploader).
			SetScan(vocab.ScanNone).SetCreatedAt(tx.Now())
	}
	messages, err := tx.Client.Message.Query().Where(message.ConversationID(f.ConversationIDs[0])).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if err := file(m.InboxID, m.AuthorKind, m.AuthorID).SetConversationID(m.ConversationID).SetMessageID(m.ID).Exec(ctx); err != nil {
			return err
		}
	}
	for i, visitor := range f.VisitorIDs {
		if err := file(f.InboxIDs[i/2], viewer.Visitor, visitor).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// furnishTrash gives the first visitor a conversation in the trash.
func furnishTrash(ctx context.Context, tx *store.Tx, f *testkit.Fixture) error {
	c, now, trashed := tx.Client, tx.Now(), id.New(id.Conversation)
	return all(
		c.Conversation.Create().SetID(trashed).SetInboxID(f.InboxIDs[0]).SetChannelID(f.ChannelIDs[0]).SetKind(vocab.Chat).
			SetFolder(vocab.FolderTrash).SetStatus(vocab.Open).SetVisitorID(f.VisitorIDs[0]).SetDeletedAt(now).
			SetOpenedAt(now).SetLastMessageAt(now).SetActivityAt(now).SetVisitorActiveAt(now).SetTags([]string{}).Exec,
		c.Message.Create().SetID(id.New(id.Message)).SetInboxID(f.InboxIDs[0]).SetConversationID(trashed).SetNumber(1).SetVisibleNumber(1).
			SetDirection(vocab.Incoming).SetAuthorKind(viewer.Visitor).SetAuthorID(f.VisitorIDs[0]).SetDelivery(vocab.DeliverySent).SetCreatedAt(now).Exec,
	)(ctx)
}

func all(steps ...func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		for _, step := range steps {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	}
}
