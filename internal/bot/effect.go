package bot

import (
	"context"
	"strings"

	"parley/internal/channel/chat/visitor"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/id"
	"parley/internal/property"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// keepSaid keeps what a step learnt of the visitor, or of who wrote in a custom channel. What cannot be kept, such as a name that
// is too long, is passed over: it stays in the conversation.
//
//errors:contained
func (s *Service) keepSaid(ctx context.Context, tx *store.Tx, p *play, save *flow.Save) error {
	if save == nil || save.To.Object != vocab.FlowSetsContact {
		return nil
	}
	said := visitor.Said{Property: save.To.Property, Value: save.Value}
	if save.To.PropertyID != "" {
		said.Property = save.To.PropertyID
	}
	var err error
	switch {
	case p.c.VisitorID != "":
		err = s.deps.Chats.KeepSaid(ctx, tx, p.c.VisitorID, said)
	case p.c.Kind.LeavesBy(vocab.ByConnector):
		err = s.deps.Senders.KeepSaid(ctx, tx, p.c, p.heardID, said.Property, said.Value)
	}
	if errs.Of(err) != nil {
		return nil
	}
	return err
}

// applyEffect does what a step does in the conversation.
func (s *Service) applyEffect(ctx context.Context, tx *store.Tx, p *play, e flow.Effect) error {
	step := conversation.BotStep{ConversationID: p.c.ID, Turn: p.c.Turn, Tags: e.Tags, Ticket: e.Ticket}
	if e.Say != nil {
		step.MessageID, step.Markdown, step.QuickReplies, step.LibraryItemIDs = id.New(id.Message), e.Say.Markdown, e.Say.QuickReplies, e.Say.ItemIDs
	}
	if e.Save != nil && e.Save.To.Object == vocab.FlowSetsConversation {
		values, err := valuesOf(ctx, tx, *e.Save)
		if err != nil {
			return err
		}
		step.Properties = values
	}
	if e.End != nil {
		step.End = e.End.Close
	}
	if h := e.HandOff; h != nil {
		step.HandOff = true
		step.Note, step.NoteID = answersNote(h.Answers), id.New(id.Message)
		if h.StepID != "" {
			step.RoutingSource = routing.SourceOfStep(p.of.ID, h.StepID)
		}
	}
	return s.deps.Conversations.DoBotStep(ctx, tx, step)
}

// valuesOf is what a conversation is to have of a property; none, where the property is
// archived since, or the text is no value of it: the conversation has the text.
//
//errors:contained
func valuesOf(ctx context.Context, tx *store.Tx, save flow.Save) ([]property.PropertyValueInput, error) {
	p, err := tx.Client.Property.Get(ctx, save.To.PropertyID)
	if err != nil || p.ArchivedAt.IsSet() {
		return nil, err
	}
	in, err := property.FromText(p, save.Value)
	if err != nil {
		if errs.Of(err) != nil {
			return nil, nil
		}
		return nil, err
	}
	return []property.PropertyValueInput{in}, nil
}

const (
	// maxNoted is the most characters of a question, and of an answer, in a note.
	maxNoted = 300
	// maxNote is after how many bytes a note of answers ends.
	maxNote = 50_000
)

// answersNote has the answers for people; empty: there are none.
func answersNote(answers []vocab.FlowAnswer) string {
	var b strings.Builder
	for _, a := range answers {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		if b.Len() > maxNote {
			b.WriteString("- …")
			break
		}
		b.WriteString("- " + noted(a.Question) + " **" + noted(a.Value) + "**")
	}
	return b.String()
}

// noted is a text on one line, without marks that would format it.
func noted(text string) string {
	line := []rune(strings.Join(strings.Fields(text), " "))
	if len(line) > maxNoted {
		line = append(line[:maxNoted-1], '…')
	}
	return strings.NewReplacer("*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "<", "\\<", "\\", "\\\\").Replace(string(line))
}
