package demo

// Tables that a set writes, in an order that satisfies their foreign keys.
const (
	users = iota
	teams
	teamMembers
	bots
	apiTokens
	tags
	inboxes
	inboxUsers
	inboxTeams
	channels
	emailChannels
	channelAddresses
	targetedMessages
	contacts
	contactEmails
	contactPhones
	visitors
	blocks
	conversations
	readPositions
	messages
	messageRevisions
	tableCount
)

type table struct {
	name    string
	columns []string
}

var tables = [tableCount]table{
	users:       {"users", []string{"id", "account_id", "name", "email", "role", "seat", "availability", "created_at"}},
	teams:       {"teams", []string{"id", "account_id", "name", "created_at"}},
	teamMembers: {"team_members", []string{"id", "account_id", "team_id", "user_id"}},
	bots:        {"bots", []string{"id", "account_id", "name", "created_at"}},
	apiTokens:   {"api_tokens", []string{"id", "account_id", "hash", "name", "user_id", "scopes", "expires_at", "created_at"}},
	tags:        {"tags", []string{"id", "account_id", "name", "folded", "color", "created_at"}},
	inboxes:     {"inboxes", []string{"id", "account_id", "name", "created_at"}},
	inboxUsers:  {"inbox_users", []string{"id", "account_id", "inbox_id", "user_id"}},
	inboxTeams:  {"inbox_teams", []string{"id", "account_id", "inbox_id", "team_id"}},
	channels:    {"channels", []string{"id", "account_id", "inbox_id", "kind", "key", "accent_color", "title", "created_at"}},
	emailChannels: {"email_channels", []string{"id", "account_id", "inbox_id", "address", "aliases", "provider", "state", "state_since",
		"connected_at", "created_at"}},
	channelAddresses: {"channel_addresses", []string{"id", "account_id", "inbox_id", "channel_id", "address"}},
	targetedMessages: {"targeted_messages", []string{"id", "account_id", "inbox_id", "channel_id", "name", "state", "position", "audience",
		"include_list_ids", "exclude_list_ids", "rules", "welcome_message", "bot_id", "version", "published_at", "off_at", "created_at"}},
	contacts:      {"contacts", []string{"id", "account_id", "name", "email", "phone", "last_seen_at", "created_at"}},
	contactEmails: {"contact_emails", []string{"id", "account_id", "contact_id", "address", "domain"}},
	contactPhones: {"contact_phones", []string{"id", "account_id", "contact_id", "number", "e164", "digits"}},
	visitors:      {"visitors", []string{"id", "account_id", "inbox_id", "channel_id", "contact_id", "contact_typed", "name", "email", "last_seen_at", "created_at"}},
	blocks:        {"blocks", []string{"id", "account_id", "inbox_id", "channel_id", "kind", "sender", "blocked_by", "created_at"}},
	conversations: {"conversations", []string{"id", "account_id", "inbox_id", "channel_id", "kind", "folder", "status", "contact_id", "visitor_id",
		"assignee_id", "assigned_team_id", "subject", "preview", "opened_at", "last_message_at", "activity_at", "waiting_since", "closed_at", "filtered",
		"deleted_at", "bot_id", "bot_state", "ever_assigned", "in_bots", "visitor_active_at", "origin_url", "targeted_message_id",
		"targeted_message_version", "priority", "tags", "snoozed_until", "last_number", "last_visible_number", "last_incoming_number",
		"last_outgoing_number", "visitor_read_number", "transcript_number", "first_responded_at", "first_responded_by", "first_response_seconds", "reopen_count",
		"resolved_by", "priority_rank", "revision"}},
	readPositions: {"read_positions", []string{"id", "account_id", "inbox_id", "conversation_id", "user_id", "number"}},
	messages: {"messages", []string{"id", "account_id", "inbox_id", "conversation_id", "number", "visible_number", "direction", "author_kind",
		"author_id", "text", "html", "mentions", "delivery", "delivery_error", "edited_at", "deleted_at", "created_at"}},
	messageRevisions: {"message_revisions", []string{"id", "account_id", "inbox_id", "conversation_id", "message_id", "text", "html", "replaced_by", "created_at"}},
}

// batch is what one transaction writes.
type batch struct {
	accountID string
	// values of each table's rows, one row after the other: strings, ints,
	// int64s, bools, bytes and nil.
	values    [tableCount][]any
	documents []document
	entries   []*entry
	// done is how many conversations are written with the batch.
	done int
}

// add adds a row. Every row begins with its id and the account.
func (b *batch) add(table int, id string, rest ...any) {
	b.values[table] = append(append(b.values[table], id, b.accountID), rest...)
}
