package conversation

import (
	"context"
	"slices"
	"sync"
	"time"

	"parley/ent"
	entconversation "parley/ent/conversation"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/reaction"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// slowReaction is how long the handling of one event may take: thousands of
// conversations may follow from it, a transaction each.
const slowReaction = 10 * time.Minute

// Consumers are what follows for conversations from what happens in accounts,
// inboxes and contacts, which know nothing of conversations. All of them go by
// what is stored when they run, so that an event may be handled again.
func (s *Service) Consumers() []reaction.Consumer {
	offers := &offerConsumer{service: s, offered: map[string]int64{}}
	return []reaction.Consumer{
		{
			Name: "release-conversations", Timeout: slowReaction, Handle: s.releaseAfter, Check: s.releaseAll,
			Types: []vocab.EventType{vocab.UserDeactivated, vocab.MemberRemoved, vocab.TeamUpdated, vocab.TeamDeleted},
		},
		{
			Name: "offer-conversations", Timeout: slowReaction, Handle: offers.handle, Check: s.offerInAccount,
			Types: []vocab.EventType{
				vocab.UserAvailabilityChanged, vocab.UserUpdated, vocab.UserReactivated, vocab.TeamUpdated, vocab.MemberAdded,
				vocab.TargetedMessageUpdated, vocab.ChannelUpdated,
			},
		},
		{
			Name: "index-conversations", Timeout: slowReaction, Handle: s.indexAfter, Check: s.indexAll,
			Types: []vocab.EventType{vocab.ContactUpdated, vocab.ContactMerged, vocab.ContactUnmerged, vocab.ContactUnlinked},
		},
		{
			Name: "rewrite-tags", Timeout: slowReaction, Handle: s.rewriteAfter, Check: s.rewriteMerged,
			Types: []vocab.EventType{vocab.TagMerged},
		},
		{
			Name: "close-with-tickets", Timeout: slowReaction, Handle: s.closeAfterTicket, Check: s.closeAllWithTickets,
			Types: []vocab.EventType{vocab.TicketUpdated},
		},
	}
}

// releaseAfter takes open conversations from those who may no longer have them,
// and routes them again (AC-11).
func (s *Service) releaseAfter(ctx context.Context, e *event.Entry) error {
	switch e.Type {
	case vocab.UserDeactivated:
		return s.releaseUser(ctx, ReleaseArgs{AccountID: e.AccountID, UserID: e.SubjectID, Reason: ReasonDeactivated})
	case vocab.MemberRemoved:
		if id.Is(e.SubjectID, id.User) {
			return s.releaseUser(ctx, ReleaseArgs{AccountID: e.AccountID, UserID: e.SubjectID, InboxID: e.InboxID, Reason: ReasonNotAMember})
		}
		return s.releaseInbox(ctx, e.AccountID, e.InboxID)
	case vocab.TeamDeleted:
		return s.releaseTeam(ctx, ReleaseTeamArgs{AccountID: e.AccountID, TeamID: e.SubjectID})
	}
	for _, c := range e.Changes {
		if c.Field != "members" || c.From == nil {
			continue
		}
		err := s.releaseUser(ctx, ReleaseArgs{AccountID: e.AccountID, UserID: *c.From, Reason: ReasonNotAMember})
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseInbox releases what is assigned, in an inbox, to users who are not its
// members.
func (s *Service) releaseInbox(ctx context.Context, accountID, inboxID string) error {
	ctx = viewer.NewContext(ctx, viewer.System("membership", accountID))
	client := s.store.Client(ctx)
	assignees, err := client.Conversation.Query().
		Where(entconversation.InboxID(inboxID), entconversation.StatusEQ(vocab.Open), entconversation.AssigneeIDNEQ("")).
		Unique(true).Select(entconversation.FieldAssigneeID).Strings(ctx)
	if err != nil || len(assignees) == 0 {
		return err
	}
	members, err := routing.Members(ctx, client, inboxID)
	if err != nil {
		return err
	}
	for _, userID := range slices.DeleteFunc(assignees, func(u string) bool { return members[u] }) {
		err := s.releaseUser(ctx, ReleaseArgs{AccountID: accountID, UserID: userID, InboxID: inboxID, Reason: ReasonNotAMember})
		if err != nil {
			return err
		}
	}
	return nil
}

// releaseAll releases all that the account's users and teams may not have.
func (s *Service) releaseAll(ctx context.Context) error {
	accountID := viewer.FromContext(ctx).AccountID
	client := s.store.Client(ctx)
	inboxes, err := client.Inbox.Query().IDs(ctx)
	if err != nil {
		return err
	}
	for _, inboxID := range inboxes {
		if err := s.releaseInbox(ctx, accountID, inboxID); err != nil {
			return err
		}
	}
	assigned, err := client.Conversation.Query().Where(entconversation.AssignedTeamIDNEQ("")).
		Unique(true).Select(entconversation.FieldAssignedTeamID).Strings(ctx)
	if err != nil {
		return err
	}
	teams, err := client.Team.Query().IDs(ctx)
	if err != nil {
		return err
	}
	for _, teamID := range assigned {
		if slices.Contains(teams, teamID) {
			continue
		}
		if err := s.releaseTeam(ctx, ReleaseTeamArgs{AccountID: accountID, TeamID: teamID}); err != nil {
			return err
		}
	}
	return nil
}

// offerConsumer offers what waits again.
type offerConsumer struct {
	service *Service

	mu sync.Mutex
	// offered is the head that an account's log had when the last offer that came to
	// its end began. Events up to it ask for nothing more: a hundred who become
	// members together are one offer. It is forgotten when it has many accounts.
	offered map[string]int64
}

// maxOffered is how many accounts an offerConsumer remembers.
const maxOffered = 10_000

// handle offers what waits in the account again when an event says that someone
// may be able to take it (RT-4).
func (o *offerConsumer) handle(ctx context.Context, e *event.Entry) error {
	if e.Type != vocab.MemberAdded && e.Type != vocab.UserReactivated && !slices.ContainsFunc(e.Changes, makesAble) || o.covers(e) {
		return nil
	}
	log, err := o.service.store.Client(ctx).AccountSequence.Query().Only(ctx)
	if err != nil {
		return err
	}
	if err := o.service.offerInAccount(ctx); err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.offered) >= maxOffered {
		clear(o.offered)
	}
	o.offered[e.AccountID] = log.Sequence
	return nil
}

// covers reports whether an offer that began after the event came to its end.
func (o *offerConsumer) covers(e *event.Entry) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return e.Sequence <= o.offered[e.AccountID]
}

// makesAble reports whether a change may make someone able to take conversations.
func makesAble(c vocab.FieldChange) bool {
	switch c.Field {
	case "availability":
		return c.To != nil && *c.To == string(vocab.Available)
	case "members":
		return c.To != nil
	}
	return slices.Contains([]string{"seat", "chatCapacity", "autoAssign", "routing"}, c.Field)
}

func (s *Service) offerInAccount(ctx context.Context) error {
	return s.Offer(ctx, OfferArgs{AccountID: viewer.FromContext(ctx).AccountID})
}

// indexAfter has the conversations of a contact whose name or address changed be
// found by the new ones (IN-5). Last it records that the contact changed, in
// what leads to it: live views that are found by words look again.
func (s *Service) indexAfter(ctx context.Context, e *event.Entry) error {
	changed := slices.ContainsFunc(e.Changes, func(c vocab.FieldChange) bool { return c.Field == "name" || c.Field == "email" })
	if !changed && e.Type == vocab.ContactUpdated {
		return nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("search", e.AccountID))
	if e.Type == vocab.ContactUnlinked {
		if err := s.indexOne(ctx, e.ConversationID); !errs.Is(err, errs.NotFound) {
			return err
		}
		return nil
	}
	found, err := s.indexContact(ctx, e.SubjectID)
	if err != nil || !found {
		return err
	}
	return reaction.Once(ctx, s.store, s.recordIndexed(e.SubjectID))
}

// indexedSlice is how many conversations are read together to be indexed.
const indexedSlice = 500

// indexAll writes the headers of all conversations with contacts again.
func (s *Service) indexAll(ctx context.Context) error {
	ctx = viewer.NewContext(ctx, viewer.System("search", viewer.FromContext(ctx).AccountID))
	after := ""
	for {
		ids, err := s.store.Client(ctx).Conversation.Query().
			Where(entconversation.ContactIDNEQ(""), entconversation.IDGT(after)).
			Order(ent.Asc(entconversation.FieldID)).Limit(indexedSlice).IDs(ctx)
		if err != nil || len(ids) == 0 {
			return err
		}
		for _, conversationID := range ids {
			if err := s.indexOne(ctx, conversationID); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		after = ids[len(ids)-1]
	}
}
