package graph

import (
	"parley/ent"
	"parley/graph/model"
)

// The payloads of mutations, from what their use cases return. Next to an error
// the payload is empty: UserErrors goes by its type, and makes another.

func attachmentPayload(v *ent.Attachment, err error) (*model.AttachmentPayload, error) {
	return &model.AttachmentPayload{Attachment: v}, err
}

func webhookEndpointPayload(v *ent.WebhookEndpoint, err error) (*model.WebhookEndpointPayload, error) {
	return &model.WebhookEndpointPayload{WebhookEndpoint: v}, err
}

func webhookDeliveryPayload(v *ent.WebhookDelivery, err error) (*model.WebhookDeliveryPayload, error) {
	return &model.WebhookDeliveryPayload{WebhookDelivery: v}, err
}

func slackWorkspacePayload(v *ent.SlackWorkspace, err error) (*model.SlackWorkspacePayload, error) {
	return &model.SlackWorkspacePayload{SlackWorkspace: v}, err
}

func slackChannelPayload(v *ent.SlackChannel, err error) (*model.SlackChannelPayload, error) {
	return &model.SlackChannelPayload{SlackChannel: v}, err
}

func botPayload(v *ent.Bot, err error) (*model.BotPayload, error) {
	return &model.BotPayload{Bot: v}, err
}

func chatChannelPayload(v *ent.Channel, err error) (*model.ChatChannelPayload, error) {
	return &model.ChatChannelPayload{ChatChannel: v}, err
}

func companyPayload(v *ent.Company, err error) (*model.CompanyPayload, error) {
	return &model.CompanyPayload{Company: v}, err
}

func contactPayload(v *ent.Contact, err error) (*model.ContactPayload, error) {
	return &model.ContactPayload{Contact: v}, err
}

func upsertContactPayload(v *ent.Contact, created bool, err error) (*model.UpsertContactPayload, error) {
	return &model.UpsertContactPayload{Contact: v, Created: created}, err
}

func conversationPayload(v *ent.Conversation, err error) (*model.ConversationPayload, error) {
	return &model.ConversationPayload{Conversation: v}, err
}

func customChannelPayload(v *ent.CustomChannel, err error) (*model.CustomChannelPayload, error) {
	return &model.CustomChannelPayload{CustomChannel: v}, err
}

func emailChannelPayload(v *ent.EmailChannel, err error) (*model.EmailChannelPayload, error) {
	return &model.EmailChannelPayload{EmailChannel: v}, err
}

func inboxPayload(v *ent.Inbox, err error) (*model.InboxPayload, error) {
	return &model.InboxPayload{Inbox: v}, err
}

func librarySharePayload(v *ent.LibraryShare, err error) (*model.LibrarySharePayload, error) {
	return &model.LibrarySharePayload{LibraryShare: v}, err
}

func libraryItemPayload(v *ent.LibraryItem, err error) (*model.LibraryItemPayload, error) {
	return &model.LibraryItemPayload{LibraryItem: v}, err
}

func contactListPayload(v *ent.ContactList, err error) (*model.ContactListPayload, error) {
	return &model.ContactListPayload{ContactList: v}, err
}

func messagePayload(v *ent.Message, err error) (*model.MessagePayload, error) {
	return &model.MessagePayload{Message: v}, err
}

func propertyPayload(v *ent.Property, err error) (*model.PropertyPayload, error) {
	return &model.PropertyPayload{Property: v}, err
}

func savedViewPayload(v *ent.SavedView, err error) (*model.SavedViewPayload, error) {
	return &model.SavedViewPayload{SavedView: v}, err
}

func contactSubscriptionTypePayload(v *ent.SubscriptionType, err error) (*model.ContactSubscriptionTypePayload, error) {
	return &model.ContactSubscriptionTypePayload{ContactSubscriptionType: v}, err
}

func targetedMessagePayload(v *ent.TargetedMessage, err error) (*model.TargetedMessagePayload, error) {
	return &model.TargetedMessagePayload{TargetedMessage: v}, err
}

func taskPayload(v *ent.Task, err error) (*model.TaskPayload, error) {
	return &model.TaskPayload{Task: v}, err
}

func tagPayload(v *ent.Tag, err error) (*model.TagPayload, error) {
	return &model.TagPayload{Tag: v}, err
}

func teamPayload(v *ent.Team, err error) (*model.TeamPayload, error) {
	return &model.TeamPayload{Team: v}, err
}

func pipelinePayload(v *ent.Pipeline, err error) (*model.PipelinePayload, error) {
	return &model.PipelinePayload{Pipeline: v}, err
}

func stagePayload(v *ent.PipelineStage, err error) (*model.StagePayload, error) {
	return &model.StagePayload{Stage: v}, err
}

func engagementPayload(v *ent.Engagement, err error) (*model.EngagementPayload, error) {
	return &model.EngagementPayload{Engagement: v}, err
}

func dealPayload(v *ent.Deal, err error) (*model.DealPayload, error) {
	return &model.DealPayload{Deal: v}, err
}

func quotePayload(v *ent.Quote, err error) (*model.QuotePayload, error) {
	return &model.QuotePayload{Quote: v}, err
}

func ticketPayload(v *ent.Ticket, err error) (*model.TicketPayload, error) {
	return &model.TicketPayload{Ticket: v}, err
}

func userPayload(v *ent.User, err error) (*model.UserPayload, error) {
	return &model.UserPayload{User: v}, err
}

func visitorPayload(v *ent.Visitor, err error) (*model.VisitorPayload, error) {
	return &model.VisitorPayload{Visitor: v}, err
}
