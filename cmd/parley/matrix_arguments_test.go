package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"

	"parley/internal/id"
)

// kindsOfIDs says what the ids of an argument are of, by the end of its name.
// What stands first wins.
var kindsOfIDs = []struct{ end, kind string }{
	{"fallback", id.User},
	{"upto", id.Message},
	{"pushsubscription", id.PushSubscription},
	{"contactsubscriptiontype", id.SubscriptionType},
	{"personalmailbox", id.PersonalMailbox},
	{"slackworkspace", id.SlackWorkspace},
	{"slackchannel", id.SlackChannel},
	{"webhookendpoint", id.WebhookEndpoint},
	{"webhookdelivery", id.WebhookDelivery},
	{"messagerevision", id.MessageRevision},
	{"routingdecision", id.RoutingDecision},
	{"pageview", id.PageView},
	{"remoteimagesender", id.ImageSender},
	{"targetedmessage", id.TargetedMessage},
	{"list", id.ContactList},
	{"libraryitem", id.LibraryItem},
	{"libraryshare", id.LibraryShare},
	{"apitoken", id.APIToken},
	{"session", id.UserSession},
	{"auditentry", id.AuditEntry},
	{"oauthapp", id.OauthApp},
	{"identityprovider", id.IdentityProvider},
	{"savedview", id.SavedView},
	{"conversation", id.Conversation},
	{"inbox", id.Inbox},
	{"channel", id.Channel},
	{"company", id.Company},
	{"contact", id.Contact},
	{"consent", id.Consent},
	{"user", id.User},
	{"team", id.Team},
	{"message", id.Message},
	{"attachment", id.Attachment},
	{"logo", id.Attachment},
	{"integration", id.Integration},
	{"bot", id.Bot},
	{"run", id.AgentRun},
	{"proposal", id.Proposal},
	{"annotation", id.Annotation},
	{"tag", id.Tag},
	{"property", id.Property},
	{"ticket", id.Ticket},
	{"draft", id.Draft},
	{"notification", id.Notification},
	{"erasure", id.Erasure},
	{"deal", id.Deal},
	{"quote", id.Quote},
	{"engagement", id.Engagement},
	{"assignee", id.User},
	{"author", id.User},
	{"pipelinestage", id.PipelineStage},
	{"pipeline", id.Pipeline},
	{"stage", id.PipelineStage},
	{"owner", id.User},
	{"record", id.Ticket},
	{"task", id.Task},
	{"visitor", id.Visitor},
	{"event", id.Event},
}

// anyKind is the kind of ids that may be of any.
const anyKind = "any"

// kindOf returns what the ids of a place in a call are of; "": it is not known.
func (p *place) kindOf(call *call) string {
	name := p.path[len(p.path)-1]
	switch {
	case p.typeName == "_Any", name == "ids" && len(p.path) == 1, call.field.Name == "node":
		return anyKind
	case p.within == "AuditFilter" && name == "actorId":
		return id.User
	case p.within == "AuditFilter":
		return id.Bot
	case p.within == "NotificationSelection":
		return id.Notification
	case name == "id" && p.within == "ContactKey":
		return id.Contact
	case name == "id" && p.within == "CompanyKey":
		return id.Company
	case name == "id" && p.within == "CreateTicketInput":
		return id.Ticket
	case name == "id" && strings.HasPrefix(p.within, "Propose"):
		return id.Proposal
	case name == "id": // of the field's own object
		name = strings.TrimPrefix(call.field.Name, "create")
		name = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(name, "start"), "send"), "Email")
	}
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, "Ids"), "Id"))
	for _, k := range kindsOfIDs {
		if strings.HasSuffix(name, k.end) {
			return k.kind
		}
	}
	return ""
}

// chosen reports whether a place takes the id that the caller chooses for what is made.
func (p *place) chosen() bool {
	makes := strings.HasPrefix(p.within, "Create") || p.within == "SendMessageInput" || p.within == "ProposeReplyInput" || p.within == "ProposeActionInput" || p.within == "LogEngagementInput"
	return makes && p.path[len(p.path)-1] == "id" ||
		p.within == "StartEmailConversationInput" && (p.path[len(p.path)-1] == "id" || p.path[len(p.path)-1] == "messageId")
}

// call is a root field and its operation.
type call struct {
	operation string
	field     *ast.FieldDefinition
}

func (c *call) String() string { return c.operation + "." + c.field.Name }

// calls are all root fields.
func (l *lab) calls() []*call {
	var list []*call
	for _, root := range []*ast.Definition{l.schema.Query, l.schema.Mutation, l.schema.Subscription} {
		for _, f := range root.Fields {
			if !strings.HasPrefix(f.Name, "__") {
				list = append(list, &call{strings.ToLower(root.Name), f})
			}
		}
	}
	return list
}

// place is where an id stands in a call's arguments.
type place struct {
	path []string
	// within is the input type that has it; "": it is an argument.
	within   string
	typeName string
}

func (p *place) String() string { return strings.Join(p.path, ".") }

// places returns where ids stand in the arguments of a call, at any depth.
func (l *lab) places(c *call) []*place {
	var found []*place
	for _, a := range c.field.Arguments {
		found = append(found, l.placesIn(a.Type, []string{a.Name}, "", nil)...)
	}
	return found
}

func (l *lab) placesIn(t *ast.Type, path []string, within string, above []string) []*place {
	def := l.schema.Types[t.Name()]
	if def.Name == "ID" || def.Name == "_Any" {
		return []*place{{slices.Clone(path), within, def.Name}}
	}
	if def.Kind != ast.InputObject || slices.Contains(above, def.Name) {
		return nil
	}
	var found []*place
	for _, f := range def.Fields {
		found = append(found, l.placesIn(f.Type, append(slices.Clip(path), f.Name), def.Name, append(slices.Clip(above), def.Name))...)
	}
	return found
}

// also are arguments that a call needs beside those that the SDL asks for: fields of
// which one must be given, and what makes a call reach the ids that it names.
var also = map[string][]string{
	"sendMessage": {"input.text", "input.note"}, "editMessage": {"input.text"}, "startEmailConversation": {"input.text", "input.to"},
	"createContact": {"input.name"}, "createCompany": {"input.name"}, "logEngagement": {"input.body.note", "input.contactId"}, "saveDraft": {"input.note"}, "beginEmailChannel": {"input.ticketPreset.ownerRule"}, "bulkChangeConversations": {"input.userId"},
	"createTicket": {"input.subject"}, "upsertTicket": {"input.subject"}, "createDeal": {"input.name"}, "upsertDeal": {"input.name"},
	"createBot": {"input.flow.steps.preset.ownerRule"}, "publishBotFlow": {"input.flow.steps.preset.ownerRule"}, "simulateBot": {"input.flow.flow.steps.preset.ownerRule"},
	"createIdentityProvider": {"input.teamClaim"}, "updateIdentityProvider": {"input.teamClaim"},
	"receiveMessage": {"input.sender.key", "input.text"}, "reportDelivery": {"input.externalThreadId", "input.externalMessageId"},
	"events": {"after"}, "createLibraryItem": {"input.markdown", "input.usableBy"}, "updateLibraryItem": {"input.usableBy"},
}

// values are what an argument, or one of an enum, gets in place of the first value
// or of any text; # is a number that rises.
var values = map[string]string{
	"scopes": `"read"`, "EmailProvider": "FORWARDING", "address": `"x#@example.org"`, "url": `"https://example.org/#"`, "slackId": `"C0TEST#"`, "LibraryAudience": "EVERYONE",
}

// valuesFor are those where the end of a place needs others.
var valuesFor = map[string]map[string]string{
	"input.channelId":                   {"scopes": `"channels:connect"`},
	"rules.fallbackId":                  {"RoutingTarget": "CONTACT_OWNER"},
	"rules.teamIds":                     {"RoutingTarget": "TEAMS"},
	"rules.userIds":                     {"RoutingTarget": "USERS"},
	"input.teamId":                      {"LibraryAudience": "TEAM"},
	"input.libraryItemIds":              {"note": "false"},
	"input.quoteIds":                    {"note": "false"},
	"heading.teamId":                    {"HeadingKind": "TEAM"},
	"heading.fallbackId":                {"HeadingKind": "CONTACT_OWNER"},
	"input.includeListIds":              {"Audience": "LISTS"},
	"consent.contactSubscriptionTypeId": {"ConsentMode": "EXPLICIT"},
	"ticketPreset.ownerId":              {"TicketOwnerRule": "USER"},
	"preset.ownerId":                    {"TicketOwnerRule": "USER"},
}

// writer writes the arguments of a call.
type writer struct {
	lab   *lab
	call  *call
	world *world
	// at is a place that gets value; nil: none.
	at    *place
	value string
	turn  int
}

// arguments returns the call's arguments: the necessary ones, and the place's.
func (w *writer) arguments() string {
	var list []string
	for _, a := range w.call.field.Arguments {
		if w.includes(a.Type, a.DefaultValue, []string{a.Name}) {
			list = append(list, a.Name+": "+w.write(a.Type, []string{a.Name}, ""))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "(" + strings.Join(list, ", ") + ")"
}

func (w *writer) includes(t *ast.Type, def *ast.Value, path []string) bool {
	if w.at != nil && len(w.at.path) >= len(path) && slices.Equal(w.at.path[:len(path)], path) {
		return true
	}
	name := strings.Join(path, ".")
	return t.NonNull && def == nil || slices.ContainsFunc(also[w.call.field.Name], func(p string) bool { return p == name || strings.HasPrefix(p, name+".") })
}

func (w *writer) write(t *ast.Type, path []string, within string) string {
	if t.Elem != nil {
		return "[" + w.write(t.Elem, path, within) + "]"
	}
	def := w.lab.schema.Types[t.Name()]
	switch def.Kind {
	case ast.InputObject:
		return w.writeInput(def, path)
	case ast.Enum:
		if v := w.known(def.Name); v != "" {
			return v
		}
		return def.EnumValues[0].Name
	}
	if def.Name == "ID" || def.Name == "_Any" {
		return w.writeID(&place{path, within, def.Name})
	}
	return w.writeScalar(def.Name, path)
}

// known returns what an argument or enum gets; "": anything.
func (w *writer) known(name string) string {
	if w.at != nil {
		for end, special := range valuesFor {
			if strings.HasSuffix(w.at.String(), end) && special[name] != "" {
				return special[name]
			}
		}
	}
	return values[name]
}

func (w *writer) writeInput(def *ast.Definition, path []string) string {
	var list []string
	oneOf := def.Directives.ForName("oneOf") != nil
	for _, f := range def.Fields {
		below := append(slices.Clip(path), f.Name)
		if w.includes(f.Type, f.DefaultValue, below) {
			list = append(list, f.Name+": "+w.write(f.Type, below, def.Name))
			if oneOf && w.at != nil && len(w.at.path) > len(path) && w.at.path[len(path)] == f.Name {
				return "{" + list[len(list)-1] + "}"
			}
		}
	}
	if oneOf && len(list) == 0 {
		f := def.Fields[0]
		list = append(list, f.Name+": "+w.write(f.Type, append(slices.Clip(path), f.Name), def.Name))
	}
	if oneOf {
		list = list[:1]
	}
	return "{" + strings.Join(list, ", ") + "}"
}

func (w *writer) writeID(p *place) string {
	value := w.world.own[p.kindOf(w.call)]
	if w.at != nil && slices.Equal(w.at.path, p.path) {
		value = w.value
	} else if p.kindOf(w.call) == anyKind {
		value = w.world.own[id.Contact]
	} else if p.chosen() {
		value = id.New(id.Prefix(value))
	}
	if p.typeName == "_Any" {
		return fmt.Sprintf(`{__typename: %q, id: %q}`, typesOfIDs[id.Prefix(value)], value)
	}
	return fmt.Sprintf("%q", value)
}

// typesOfIDs are the types of the objects that an id names, where several are possible the first.
var typesOfIDs = map[string]string{
	id.Account: "Account", id.User: "User", id.Team: "Team", id.Integration: "Integration", id.Bot: "Bot", id.APIToken: "ApiToken", id.Inbox: "Inbox",
	id.Channel: "ChatChannel", id.Contact: "Contact", id.Visitor: "Visitor", id.Conversation: "Conversation", id.Message: "Message",
	id.Attachment: "Attachment", id.TargetedMessage: "TargetedMessage", id.SavedView: "SavedView", id.Task: "Task", id.Ticket: "Ticket", id.Event: "Event",
}

func (w *writer) writeScalar(name string, path []string) string {
	if v := w.known(path[len(path)-1]); v != "" {
		return strings.ReplaceAll(v, "#", fmt.Sprint(w.turn))
	}
	switch name {
	case "Int", "Float":
		return "1"
	case "Boolean":
		return "true"
	case "Time":
		return `"2126-01-01T00:00:00Z"`
	case "EmailAddress":
		return fmt.Sprintf(`"x%d@example.net"`, w.turn)
	case "URL":
		return `"https://example.com/"`
	case "Sequence":
		return "0"
	case "Upload":
		return "$file"
	}
	return fmt.Sprintf(`"x%d"`, w.turn)
}

// document is the call with arguments and a selection.
func (w *writer) document(selection string) string {
	arguments := w.arguments()
	head := w.call.operation
	if strings.Contains(arguments, "$file") {
		head += " ($file: Upload!)"
	}
	return head + " { r: " + w.call.field.Name + arguments + selection + " }"
}

// brief selects of what a call returns what says whether something was found.
func (l *lab) brief(t *ast.Type, depth int) string {
	def := l.schema.Types[t.Name()]
	if !def.IsCompositeType() {
		return ""
	}
	selected := []string{"__typename"}
	for _, f := range def.Fields {
		of := l.schema.Types[f.Type.Name()]
		switch {
		case f.Name == "id", f.Name == "totalCount":
			selected = append(selected, f.Name)
		case f.Name == "userErrors":
			selected = append(selected, "userErrors { code message field }")
		case depth > 0 && len(f.Arguments) == 0 && of.Kind == ast.Object && (strings.HasSuffix(def.Name, "Payload") || f.Name == "nodes"):
			selected = append(selected, f.Name+l.brief(f.Type, depth-1))
		}
	}
	return " { " + strings.Join(selected, " ") + " }"
}
