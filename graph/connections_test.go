package graph_test

import (
	"strings"
	"testing"

	gql "github.com/vektah/gqlparser/v2/ast"
)

// API-4: every connection has its rows twice, with and without their positions,
// and says whether the list goes on.
func TestConnectionsAreAlike(t *testing.T) {
	t.Parallel()
	found := 0
	for name, def := range schema().Types {
		stem, ok := strings.CutSuffix(name, "Connection")
		if !ok {
			continue
		}
		found++
		edge := schema().Types[stem+"Edge"]
		if edge == nil {
			t.Errorf("%s has no %sEdge", name, stem)
			continue
		}
		node := edge.Fields.ForName("node")
		if cursor := edge.Fields.ForName("cursor"); cursor == nil || node == nil || cursor.Type.String() != "String!" {
			t.Errorf("%sEdge: want cursor: String! and a node", stem)
			continue
		}
		for field, want := range map[string]string{
			"nodes":    "[" + node.Type.String() + "]!",
			"edges":    "[" + edge.Name + "!]!",
			"pageInfo": "PageInfo!",
		} {
			if f := def.Fields.ForName(field); f == nil || f.Type.String() != want {
				t.Errorf("%s.%s: got %v, want %s", name, field, f, want)
			}
		}
	}
	if found < 6 {
		t.Errorf("got %d connections; want all of the schema's", found)
	}
}

// bounded are the lists that are no connections: a rule keeps each at 100 rows
// or less, or it is one value of its object.
var bounded = map[string]string{
	"AvailabilityAnswer.reasons":                       "at most one of each code",
	"ChatAvailability.holidays":                        "part of one setting, which is written as a whole: at most 500",
	"ChatAvailability.hours":                           "at most 100 spans",
	"ChatChannel.texts":                                "one of each key",
	"Contact.emails":                                   "at most 100 addresses",
	"Conversation.annotations":                         "at most 100",
	"Message.annotations":                              "at most 20",
	"Annotation.earlier":                               "the last 10",
	"Proposal.sources":                                 "at most 20",
	"SavedFilter.annotations":                          "at most 20 criteria",
	"SavedFilterGroup.annotations":                     "at most 20 criteria",
	"SavedFilterDetail.annotations":                    "at most 20 criteria",
	"SavedAnnotationCondition.anyOf":                   "at most 100 values",
	"Conversation.filtered":                            "at most one of each reason",
	"Contact.emailAddresses":                           "at most 100 addresses",
	"Contact.phones":                                   "at most 20 numbers",
	"Contact.mergedIds":                                "at most 100",
	"ContactList.problems":                             "one for each condition: at most 50",
	"ContactListProblem.path":                          "as deep as criteria",
	"ContactListCriteria.all":                          "at most 50 conditions",
	"ContactListCriteria.any":                          "at most 50 conditions",
	"ContactListCriteria.languages":                    "at most 100",
	"ContactListCriteria.countries":                    "at most 100",
	"ContactListCriteria.lifecycleStages":              "at most 100",
	"ContactListCriteria.ownerIds":                     "at most 100",
	"ContactListCriteria.sources":                      "at most 100",
	"ContactListCriteria.emailDomains":                 "at most 100",
	"ContactConversationCondition.tags":                "at most 100",
	"ContactListPropertyCondition.anyOf":               "at most 100 values",
	"Contact.properties":                               "at most 200 properties",
	"Conversation.properties":                          "at most 200 properties",
	"Property.options":                                 "at most 100 options",
	"PropertyValue.choices":                            "at most 100 options",
	"PropertiesChange.set":                             "at most 200 properties",
	"PropertiesChange.setIds":                          "at most 200 properties",
	"PropertiesChange.cleared":                         "at most 200 properties",
	"PropertiesChange.clearedIds":                      "at most 200 properties",
	"Conversation.tags":                                "at most 50 tags",
	"Message.reactions":                                "the first 100",
	"Message.remoteFiles":                              "at most 20",
	"ChannelCapabilities.attachmentTypes":              "at most 50",
	"OutboundMessage.attachments":                      "at most 100 files of a message",
	"OutboundMessage.quickReplies":                     "at most 10 of a message",
	"MessageTemplate.parameters":                       "at most 50",
	"EmailChannel.aliases":                             "at most 50 aliases",
	"EmailHeaders.bcc":                                 "the first 100",
	"EmailHeaders.cc":                                  "the first 100",
	"EmailHeaders.mailboxes":                           "the first 100",
	"Conversation.suggestedProperties":                 "a name, a phone number, and one opt-in of each subscription type",
	"EmailHeaders.recipients":                          "at most 100 recipients of a mail of ours",
	"EmailHeaders.replyTo":                             "the first 100",
	"EmailRepeat.problems":                             "bounded by what is read of a mail",
	"Inbox.roleNames":                                  "at most 2,000",
	"EmailHeaders.to":                                  "the first 100",
	"EmailVerdict.authentication":                      "headers of one mail",
	"EmailVerdict.problems":                            "one sentence for each kind of problem",
	"EmailVerdict.reasons":                             "at most one of each reason",
	"Event.changes":                                    "at most one for each field of an object",
	"AuditEntry.changes":                               "at most one for each field of an object",
	"AuditChange.added":                                "what one call adds",
	"AuditChange.removed":                              "what one call removes",
	"Heading.users":                                    "at most 100 users",
	"IdentityProvider.allowedDomains":                  "at most 100",
	"OauthApp.redirectHosts":                           "at most 10",
	"Session.scopes":                                   "those that exist",
	"IdentityProvider.roleMapping":                     "at most 100",
	"IdentityProvider.teamMapping":                     "at most 100",
	"Heading.gone":                                     "the one team",
	"InboundEmailSimulation.attachments":               "parts of one mail",
	"InboundEmailSimulation.filtered":                  "at most one of each reason",
	"Inbox.setup":                                      "one for each thing to set up",
	"ApiToken.deprecatedFieldsUsed":                    "at most one of each deprecated field",
	"ViewerToken.deprecatedFieldsUsed":                 "at most one of each deprecated field",
	"FilteredChange.fromFiltered":                      "values of one enum",
	"FilteredChange.toFiltered":                        "values of one enum",
	"SavedFilter.properties":                           "at most 20 criteria",
	"SavedFilter.contactProperties":                    "at most 20 criteria",
	"SavedFilterGroup.properties":                      "at most 20 criteria",
	"SavedFilterGroup.contactProperties":               "at most 20 criteria",
	"SavedFilterDetail.properties":                     "at most 20 criteria",
	"SavedFilterDetail.contactProperties":              "at most 20 criteria",
	"SavedPropertyCondition.anyOf":                     "at most 100 values",
	"TargetedMessage.contactProperties":                "at most 20 conditions",
	"SavedFilter.tagObjects":                           "at most 100 tags",
	"SavedFilterGroup.tagObjects":                      "at most 100 tags",
	"SavedFilterDetail.tagObjects":                     "at most 100 tags",
	"TagsChange.added":                                 "at most 50 tags",
	"TagsChange.addedIds":                              "at most 50 tags",
	"TagsChange.removedIds":                            "at most 50 tags",
	"TagsChange.removed":                               "at most 50 tags",
	"EventTypeInfo.mutations":                          "the schema's own",
	"EventTypeInfo.changedFields":                      "the schema's own",
	"Query.eventTypes":                                 "values of one enum",
	"Conversation.ratings":                             "the last 20",
	"Conversation.agentRuns":                           "the last 20",
	"Conversation.flowRuns":                            "the last 20",
	"Inbox.ratingCounts":                               "the 100 with the most ratings",
	"RatingCount.scores":                               "one for each score",
	"RatingSettings.media":                             "values of one enum",
	"Inbox.viewCounts":                                 "one for each built-in view",
	"Message.attachments":                              "at most 100, and those after one",
	"Message.mentions":                                 "at most 50 users",
	"Query._entities":                                  "as many as representations were given",
	"Query.pushSubscriptions":                          "at most 20",
	"Query.slackWorkspaces":                            "at most 20",
	"Inbox.slackChannels":                              "at most 20",
	"AvailableSlackChannels.channels":                  "a page of Slack's, at most 200",
	"SlackChannel.kinds":                               "values of one enum",
	"Query.nodes":                                      "as many as ids were given",
	"Query.viewCounts":                                 "eight for each of at most 100 inboxes, and at most 50 saved views",
	"Routing.rules":                                    "at most 50 rules",
	"RoutingRule.conditions":                           "at most 20 conditions",
	"RoutingRule.teams":                                "at most 100 teams",
	"RoutingRule.gone":                                 "teams and lists that the rule names",
	"RoutingRule.users":                                "at most 100 users",
	"Subscription.conversationPresence":                "at most 100 are shown",
	"Subscription.viewCounts":                          "eight for each of at most 100 inboxes, and at most 50 saved views",
	"TargetedMessage.excludeLists":                     "at most 100 lists",
	"TargetedMessage.includeLists":                     "at most 100 lists",
	"TargetedMessage.rules":                            "at most 50 rules",
	"TargetedMessageVerdict.excludedBy":                "at most 100 lists",
	"TargetedMessageVerdict.rules":                     "at most 50 rules",
	"Task.problems":                                    "the first 100",
	"Ticket.properties":                                "at most 50 properties",
	"Deal.properties":                                  "at most 50 properties",
	"Conversation.draftBy":                             "at most 20 are shown",
	"Draft.to":                                         "at most 100 recipients",
	"Draft.cc":                                         "at most 100 recipients",
	"Draft.bcc":                                        "at most 100 recipients",
	"Draft.mentions":                                   "at most 50 users",
	"Draft.attachments":                                "as many files as a message may have",
	"Pipeline.stages":                                  "at most 50 stages",
	"Erasure.counts":                                   "one for each table",
	"ContactImport.columns":                            "at most 200 columns",
	"ContactImportColumn.samples":                      "at most three",
	"ContactImportRow.cells":                           "at most 200 columns",
	"PreviewContactImportPayload.columns":              "at most 200 columns",
	"TicketPreset.problems":                            "values of one enum",
	"ContactTimelineChanges.changes":                   "what one event did to one window",
	"TicketViewChanges.changes":                        "what one event did to one window",
	"TicketPreset.properties":                          "at most 50 properties",
	"ViewChanges.changes":                              "what one event did to one window",
	"ViewerToken.inboxIds":                             "the first 100",
	"ViewerToken.scopes":                               "at most one of each scope",
	"VisitorMessage.attachments":                       "at most 20 files of a chat message",
	"Widget.texts":                                     "one of each key",
	"WorkingHours.hours":                               "at most 100 ranges",
	"WorkingHours.holidays":                            "at most 100 days",
	"WidgetHeading.people":                             "at most 100 users",
	"Query.visitorConversations":                       "the latest 50",
	"ApiToken.scopes":                                  "at most one of each scope",
	"Deal.definedProperties":                           "at most 200 properties",
	"Ticket.definedProperties":                         "at most 200 properties",
	"Company.properties":                               "at most 200 properties",
	"Company.domains":                                  "at most 100 domains",
	"Engagement.attachments":                           "as many files as a message may have",
	"EngagementEmail.to":                               "at most 100 addresses",
	"EngagementMeeting.attendees":                      "at most 100 people",
	"Conversation.associations":                        "at most 100 are shown",
	"Query.dealTotals":                                 "one for each stage",
	"DealTotal.amounts":                                "one for each currency",
	"LibraryItem.cc":                                   "at most 20 addresses",
	"LibraryItem.variants":                             "at most 50 languages",
	"LibraryItem.userLinks":                            "at most 100 users",
	"LibraryItem.files":                                "at most 50 pictures",
	"LibraryItem.versions":                             "at most 20 files",
	"Message.quickReplies":                             "at most 10",
	"Query.searchKnowledge":                            "the best, at most 50",
	"Query.botTemplates":                               "five",
	"Bot.stepStats":                                    "one for each step of a flow",
	"Flow.steps":                                       "at most 200 steps",
	"Flow.handOffWords":                                "one for each language, at most 50",
	"FlowHandOffWords.words":                           "at most 50 words",
	"FlowStep.libraryItemIds":                          "at most 10 items",
	"FlowStep.choices":                                 "at most 10 choices",
	"FlowStep.cases":                                   "at most 20 cases",
	"FlowStep.tags":                                    "at most 50 tags",
	"FlowCase.when":                                    "at most 20 conditions",
	"BotSimulation.messages":                           "as many as a trial has",
	"BotSimulation.properties":                         "one for each step of a flow",
	"BotSimulation.tags":                               "at most 50 tags",
	"BotSimulation.steps":                              "as many as a trial takes",
	"SimulatedMessage.quickReplies":                    "at most 10",
	"SimulatedMessage.libraryItemIds":                  "at most 10 items",
	"EmailCapture.fields":                              "a name, a phone number and five properties at most",
	"WidgetEmailCapture.fields":                        "a name, a phone number and five properties at most",
	"WidgetField.options":                              "at most 100",
	"VisitorMessage.quickReplies":                      "at most 10",
	"InsertedLibraryItem.cc":                           "at most 20 addresses",
	"InsertedLibraryItem.files":                        "at most 10 files",
	"InsertedLibraryItem.missing":                      "placeholders of one text",
	"ReplyPreview.missing":                             "placeholders of one text",
	"QuoteContent.lines":                               "at most 200 lines",
	"QuoteContent.totals":                              "at most one for each interval",
	"QuoteTotal.taxes":                                 "at most one for each line",
	"ReplyPreview.cards":                               "at most 20 cards",
	"Message.cards":                                    "at most 20 cards",
	"VisitorMessage.cards":                             "at most 20 cards",
	"QuietHours.hours":                                 "at most 100 ranges",
	"WebhookEndpoint.scopes":                           "at most one of each scope",
	"WebhookEndpoint.types":                            "at most one of each type",
	"WebhookEndpoint.changedFields":                    "at most 50",
	"WebhookDelivery.attempts":                         "at most 11",
	"DeliveryExplanation.steps":                        "one for each question",
	"Query.notificationPreferences":                    "one for each kind and medium",
	"UpdateNotificationPreferencesPayload.preferences": "one for each kind and medium",
	"TicketPreset.definedProperties":                   "at most 50 properties",
}

// API-4: no list that can pass 100 rows is without paging.
func TestLongListsArePaged(t *testing.T) {
	t.Parallel()
	for name, def := range schema().Types {
		if def.BuiltIn || def.Kind != gql.Object || strings.HasSuffix(name, "Connection") || strings.HasSuffix(name, "Payload") {
			continue
		}
		for _, f := range def.Fields {
			element := f.Type.Elem
			if element == nil || strings.HasPrefix(f.Name, "__") || strings.HasPrefix(name, "Saved") || name == "UserError" {
				continue // a saved filter shows what its input had, which is bounded there
			}
			if bounded[name+"."+f.Name] == "" {
				t.Errorf("%s.%s is a list without paging: make it a connection, or say here which rule bounds it", name, f.Name)
			}
		}
	}
}
