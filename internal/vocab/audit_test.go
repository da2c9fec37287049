package vocab_test

import (
	"slices"
	"testing"

	"parley/internal/vocab"
)

// daily are the types of events that the audit log leaves out, and why: each type
// says one way or the other (AC-17).
var daily = map[string][]vocab.EventType{
	"work on conversations": {
		vocab.ConversationCreated, vocab.ConversationAssigned, vocab.ConversationUnassigned, vocab.ConversationRouted, vocab.ConversationClosed, vocab.ConversationReopened,
		vocab.ConversationFiltered, vocab.ConversationUnfiltered, vocab.ConversationUpdated, vocab.ConversationRead, vocab.DraftChanged, vocab.DraftStarted, vocab.DraftEnded,
		vocab.ConversationTagged, vocab.ConversationSnoozed, vocab.ConversationUnsnoozed, vocab.ConversationEscalated, vocab.BotHandedOffEvent, vocab.BotTakenOverEvent, vocab.AgentRunChanged, vocab.AgentStepReported,
		vocab.ProposalCreatedEvent, vocab.ProposalDismissedEvent, vocab.ProposalStaleEvent, vocab.AnnotationAdded, vocab.AnnotationRemoved, vocab.MessageCreated, vocab.MessageUpdated,
		vocab.MessageDeleted, vocab.MessageDeliveryChanged, vocab.MessageReactionChanged, vocab.MessageReturned, vocab.TranscriptSent, vocab.RatingGiven, vocab.FilteredSeen, vocab.TaskStarted, vocab.TaskFinished,
	},
	"what is known of people and companies, whose changes their timelines have": {
		vocab.ContactCreated, vocab.ContactUpdated, vocab.ContactBlocked, vocab.ContactUnblocked, vocab.ContactLinked, vocab.ContactUnlinked, vocab.CompanyCreated, vocab.CompanyUpdated,
		vocab.CompanyDeleted, vocab.ListEntered, vocab.ListLeft, vocab.ContactListCreated, vocab.ContactListUpdated, vocab.ContactListArchived, vocab.ContactListDeleted,
		vocab.VisitorSessionEnded, vocab.EngagementLogged, vocab.EngagementUpdated, vocab.EngagementDeleted, vocab.EngagementTaskDue,
	},
	"consents, which have a log of their own": {vocab.ConsentRecorded, vocab.ConsentWithdrawn},
	"records of sales and service": {
		vocab.TicketCreated, vocab.TicketUpdated, vocab.TicketDeleted, vocab.DealCreated, vocab.DealUpdated, vocab.DealDeleted, vocab.QuoteCreated, vocab.QuoteUpdated,
		vocab.QuotePublishedEvent, vocab.QuoteViewedEvent, vocab.QuoteAcceptedEvent, vocab.QuoteDeclinedEvent, vocab.QuoteExpiredEvent, vocab.QuoteRevokedEvent, vocab.QuoteDeleted,
	},
	"what everyone uses to work with": {
		vocab.TagCreated, vocab.TagUpdated, vocab.TagMerged, vocab.LibraryItemCreated, vocab.LibraryItemUpdated, vocab.LibraryItemDeleted, vocab.LibraryLinkClicked,
		vocab.DocumentOpened, vocab.LibraryShareRevoked, vocab.SavedViewCreated, vocab.SavedViewUpdated, vocab.SavedViewDeleted,
	},
	"what comes and goes by itself": {vocab.UserAvailabilityChanged, vocab.ChannelStateChanged},
}

// AC-17: each type of event is audited under its own name, or is known not to be.
func TestEachEventTypeSaysWhetherItIsAudited(t *testing.T) {
	t.Parallel()
	actions := constants[vocab.AuditAction](t, "AuditAction")
	why := map[vocab.EventType]string{}
	for reason, types := range daily {
		for _, e := range types {
			why[e] = reason
		}
	}
	for _, e := range constants[vocab.EventType](t, "EventType") {
		action, audited := e.Audited()
		if audited == (why[e] != "") {
			t.Errorf("%s: it is audited: %v, and is known not to be as %q", e, audited, why[e])
		}
		if audited != slices.Contains(actions, action) {
			t.Errorf("%s: it is audited: %v, and the enum has %s: %v", e, audited, action, !audited)
		}
	}
}
