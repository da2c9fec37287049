package proposal

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxAction is the most bytes of an action's input.
const maxAction = 32 << 10

// Scopes are the actions that can be proposed, with the scope that the mutation needs:
// whoever accepts one needs it too.
var Scopes = map[string]string{
	"assignConversation":        viewer.ScopeAssign,
	"closeConversation":         viewer.ScopeConversationsWrite,
	"reopenConversation":        viewer.ScopeConversationsWrite,
	"snoozeConversation":        viewer.ScopeConversationsWrite,
	"tagConversation":           viewer.ScopeConversationsWrite,
	"untagConversation":         viewer.ScopeConversationsWrite,
	"handOffConversation":       viewer.ScopeConversationsWrite,
	"setConversationPriority":   viewer.ScopeConversationsWrite,
	"setConversationProperties": viewer.ScopeConversationsWrite,
	"createTicket":              "contacts:write",
}

// chosen is the mutation that is given, and its input; "": none is.
func (a ProposedActionInput) chosen() (string, any) {
	v := reflect.ValueOf(a)
	for i := range v.NumField() {
		if !v.Field(i).IsNil() {
			return nameInSDL(v.Type().Field(i).Name), v.Field(i).Interface()
		}
	}
	return "", nil
}

func (a ProposedActionInput) name() string {
	name, _ := a.chosen()
	return name
}

// target is what the action says of its conversation.
func (a ProposedActionInput) target() *conversation.Target {
	switch {
	case a.AssignConversation != nil:
		return &a.AssignConversation.Target
	case a.CloseConversation != nil:
		return &a.CloseConversation.Target
	case a.ReopenConversation != nil:
		return &a.ReopenConversation.Target
	case a.SnoozeConversation != nil:
		return &a.SnoozeConversation.Target
	case a.TagConversation != nil:
		return &a.TagConversation.Target
	case a.UntagConversation != nil:
		return &a.UntagConversation.Target
	case a.HandOffConversation != nil:
		return &a.HandOffConversation.Target
	case a.SetConversationPriority != nil:
		return &a.SetConversationPriority.Target
	case a.SetConversationProperties != nil:
		return &a.SetConversationProperties.Target
	}
	return nil
}

// check refuses an action on another conversation, and what only a call of the mutation
// itself has. A ticket is for the conversation.
func (a ProposedActionInput) check(conversationID string) error {
	name := a.name()
	if name == "" {
		return errs.New(errs.Required, "Give the action: one of the mutations.").On("action")
	}
	refuse := func(field, format string, args ...any) error {
		return errs.New(errs.Invalid, format, args...).On("action", name, field)
	}
	var on string
	var key *string
	if t := a.target(); t != nil {
		on, key = t.ConversationID, t.IdempotencyKey
	} else if t := a.CreateTicket; t != nil {
		if t.ConversationID == nil || *t.ConversationID == "" {
			t.ConversationID = &conversationID
		}
		on, key = *t.ConversationID, t.IdempotencyKey
		if t.ID != nil && *t.ID != "" {
			return refuse("id", "The id of what an action makes is made when it is accepted: leave it out.")
		}
	}
	if on != conversationID {
		return refuse("conversationId", "The action is on %q: propose it in that conversation.", errs.Clip(on))
	}
	if key != nil && *key != "" {
		return refuse("idempotencyKey", "An action is done once, when it is accepted: give the key to proposeAction itself.")
	}
	return nil
}

// keepAction is the action as it is stored.
func (a ProposedActionInput) keepAction() (json.RawMessage, error) {
	raw, err := writer{}.write(a)
	if err == nil && len(raw) > maxAction {
		return nil, errs.Exceeds(maxAction, "The action has %d bytes; at most %d are allowed.", len(raw), maxAction).On("action")
	}
	return raw, err
}

// actionOf is the action that a proposal stores.
func actionOf(p *ent.Proposal) (ProposedActionInput, error) { return readAction(p.Action) }

func readAction(raw json.RawMessage) (a ProposedActionInput, err error) {
	err = json.Unmarshal(raw, &a)
	return a, err
}

// ActionJSON is the input of a proposed action as the API has it; nil: it is a reply.
func ActionJSON(p *ent.Proposal) (*string, error) {
	if p.Kind != vocab.ProposedAction {
		return nil, nil
	}
	a, err := actionOf(p)
	if err != nil {
		return nil, err
	}
	_, input := a.chosen()
	raw, err := writer{shown: true}.write(input)
	shown := string(raw)
	return &shown, err
}

// run does the action within the caller's transaction, as its viewer: FORBIDDEN if their
// token does not grant what the mutation needs.
func (s *Service) run(ctx context.Context, a ProposedActionInput) (err error) {
	if scope := Scopes[a.name()]; !viewer.FromContext(ctx).Grants(scope) {
		return errs.New(errs.Forbidden, "The token lacks the scope %q, which %s requires.", scope, a.name())
	}
	on := s.deps.Conversations
	switch {
	case a.AssignConversation != nil:
		_, err = on.Assign(ctx, *a.AssignConversation)
	case a.CloseConversation != nil:
		_, err = on.Close(ctx, *a.CloseConversation)
	case a.ReopenConversation != nil:
		_, err = on.Reopen(ctx, *a.ReopenConversation)
	case a.SnoozeConversation != nil:
		_, err = on.Snooze(ctx, *a.SnoozeConversation)
	case a.TagConversation != nil:
		_, err = on.Tag(ctx, *a.TagConversation)
	case a.UntagConversation != nil:
		_, err = on.Untag(ctx, *a.UntagConversation)
	case a.HandOffConversation != nil:
		_, err = on.HandOff(ctx, *a.HandOffConversation)
	case a.SetConversationPriority != nil:
		_, err = on.SetPriority(ctx, *a.SetConversationPriority)
	case a.SetConversationProperties != nil:
		_, err = on.SetProperties(ctx, *a.SetConversationProperties)
	case a.CreateTicket != nil:
		_, err = s.deps.Records.CreateTicket(ctx, *a.CreateTicket)
	default:
		err = errs.New(errs.Invalid, "This version does not know the action %q.", a.name()).On("proposalId")
	}
	return err
}

// summarize says in one line what the action does.
func (a ProposedActionInput) summarize(ctx context.Context, client *ent.Client) (string, error) {
	switch {
	case a.AssignConversation != nil:
		return summarizeAssignment(ctx, client, a.AssignConversation.Assignment)
	case a.CloseConversation != nil:
		return "Close the conversation", nil
	case a.ReopenConversation != nil:
		return "Reopen the conversation", nil
	case a.SnoozeConversation != nil:
		return "Snooze until " + a.SnoozeConversation.Until.String(), nil
	case a.TagConversation != nil:
		return tagNames(ctx, client, "Tag: ", a.TagConversation.Tags)
	case a.UntagConversation != nil:
		return tagNames(ctx, client, "Remove the tag: ", a.UntagConversation.Tags)
	case a.HandOffConversation != nil:
		return "Hand off to people", nil
	case a.SetConversationPriority != nil:
		return "Priority " + string(a.SetConversationPriority.Priority), nil
	case a.SetConversationProperties != nil:
		names := make([]string, len(a.SetConversationProperties.Properties))
		for i, v := range a.SetConversationProperties.Properties {
			names[i] = v.Name
		}
		return "Set " + strings.Join(names, ", "), nil
	}
	return summarizeTicket(a.CreateTicket), nil
}

func summarizeTicket(in *crm.CreateTicketInput) string {
	if subject := in.Subject.Value(); subject != nil && *subject != "" {
		return "Create a ticket: " + *subject
	}
	return "Create a ticket"
}

func summarizeAssignment(ctx context.Context, client *ent.Client, to conversation.Assignment) (string, error) {
	var names []string
	if userID := to.UserID.Value(); userID != nil && id.Is(*userID, id.User) {
		u, err := client.User.Get(ctx, *userID)
		switch {
		case err == nil:
			names = append(names, u.Name)
		case !ent.IsNotFound(err):
			return "", err
		}
	}
	if teamID := to.TeamID.Value(); teamID != nil && id.Is(*teamID, id.Team) {
		t, err := client.Team.Get(ctx, *teamID)
		switch {
		case err == nil:
			names = append(names, t.Name)
		case !ent.IsNotFound(err):
			return "", err
		}
	}
	switch {
	case len(names) > 0:
		return "Assign to " + strings.Join(names, ", "), nil
	case to.UserID.Value() == nil && to.TeamID.Value() == nil:
		return "Unassign", nil
	}
	return "Assign to someone who is not known", nil
}

// tagNames are the tags by name, as far as there are such.
func tagNames(ctx context.Context, client *ent.Client, what string, words []string) (string, error) {
	names := make([]string, len(words))
	for i, word := range words[:min(len(words), 20)] {
		names[i] = word
		if !id.Is(word, id.Tag) {
			continue
		}
		t, err := client.Tag.Get(ctx, word)
		if err == nil {
			names[i] = t.Name
		} else if !ent.IsNotFound(err) {
			return "", err
		}
	}
	return what + strings.Join(names[:min(len(words), 20)], ", "), nil
}
