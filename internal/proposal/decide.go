package proposal

import (
	"context"
	"strings"

	"parley/ent"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Decided is a proposal with its conversation, and what came of it so far.
type Decided struct {
	Proposal     *ent.Proposal
	Message      *ent.Message // nil: none was sent
	Conversation *ent.Conversation
}

// Accept does what was proposed, as the calling person, and marks the proposal, both or
// none (AG-3). Errors: NOT_FOUND on proposalId; CONFLICT, with the conversation, once it was
// decided or the contact wrote since; INVALID, REQUIRED and TOO_LONG on markdown; those of
// the action on proposalId, FORBIDDEN where the token does not grant it.
func (s *Service) Accept(ctx context.Context, in AcceptProposalInput) (*Decided, error) {
	call := idempotency.Call{Mutation: "acceptProposal", Key: in.IdempotencyKey, Input: in, Result: in.ProposalID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error { return s.accept(ctx, tx, in) }, nil)
	if err != nil {
		return nil, err
	}
	return s.decided(ctx, in.ProposalID)
}

// decided is a proposal with what belongs to it, as it is now.
func (s *Service) decided(ctx context.Context, proposalID string) (*Decided, error) {
	client := s.store.Client(ctx)
	p, err := client.Proposal.Get(ctx, proposalID)
	if err != nil {
		return nil, err
	}
	d := &Decided{Proposal: p}
	if d.Conversation, err = client.Conversation.Get(ctx, p.ConversationID); err != nil || p.MessageID == "" {
		return d, err
	}
	d.Message, err = client.Message.Get(ctx, p.MessageID)
	if ent.IsNotFound(err) {
		return d, nil
	}
	return d, err
}

func (s *Service) accept(ctx context.Context, tx *store.Tx, in AcceptProposalInput) error {
	p, c, err := lockProposal(ctx, tx, in.ProposalID)
	if err != nil {
		return err
	}
	if r := in.ExpectedRevision; r != nil && *r != 0 && *r != c.Revision {
		return errs.New(errs.Conflict, "The conversation has changed: its revision is %d, not %d. Load it again before you accept.", c.Revision, *r).
			With(c).On("expectedRevision")
	}
	if err := mustWait(p, c); err != nil {
		return err
	}
	if p.BasedOnNumber < c.LastIncomingNumber {
		return errs.New(errs.Conflict, "The contact wrote since: their last message has the number %d, and the proposal knows %d.", c.LastIncomingNumber, p.BasedOnNumber).
			With(c).On("proposalId")
	}
	if p.Kind == vocab.ProposedReply {
		err = s.send(ctx, tx, p, c, in.Markdown)
	} else {
		err = s.act(ctx, p, in.Markdown)
	}
	if err != nil {
		return err
	}
	return s.decide(ctx, tx, p, vocab.ProposalAccepted)
}

// mustWait refuses a proposal that was decided.
func mustWait(p *ent.Proposal, c *ent.Conversation) error {
	if p.State == vocab.ProposalWaiting {
		return nil
	}
	return errs.New(errs.Conflict, "The proposal does not wait: its state is %s.", p.State).With(c).On("proposalId")
}

func (s *Service) act(ctx context.Context, p *ent.Proposal, markdown *string) error {
	if markdown != nil && *markdown != "" {
		return errs.New(errs.Invalid, "The proposal is an action: only a reply can be edited.").On("markdown")
	}
	a, err := actionOf(p)
	if err != nil {
		return err
	}
	return onProposal(s.run(ctx, a))
}

// send sends a proposed reply: in the name of the bot that proposed it, if that has the
// conversation, and as the calling person otherwise.
func (s *Service) send(ctx context.Context, tx *store.Tx, p *ent.Proposal, c *ent.Conversation, markdown *string) error {
	text := p.Markdown
	if markdown != nil && *markdown != "" {
		edited, err := cleanText(*markdown, "markdown", maxMarkdown)
		if err == nil && edited == "" {
			err = errs.New(errs.Required, "Enter the reply, or leave it out to send it as it is.").On("markdown")
		}
		if err != nil {
			return err
		}
		text = edited
	}
	of := conversation.Proposed{ProposedBy: p.AuthorID}
	if p.AuthorKind == viewer.Bot && c.BotID == p.AuthorID && c.BotState.InBotsHands() {
		of.BotID = p.AuthorID
	}
	m, err := s.deps.Conversations.SendProposed(ctx, tx, conversation.SendMessageInput{Target: conversation.On(c.ID), Markdown: &text}, of)
	if e := errs.Of(err); e != nil && len(e.Field) > 0 && e.Field[0] == "markdown" {
		return e
	}
	if err != nil {
		return onProposal(err)
	}
	p.MessageID, p.WasEdited, p.Edited = m.ID, text != p.Markdown, editedShare(p.Markdown, text)
	return nil
}

// Dismiss refuses what was proposed (AG-3). Errors: NOT_FOUND on proposalId, TOO_LONG and
// INVALID on note, CONFLICT with the conversation once it was decided.
func (s *Service) Dismiss(ctx context.Context, in DismissProposalInput) (*Decided, error) {
	var note string
	if in.Note != nil {
		var err error
		if note, err = cleanText(*in.Note, "note", maxReason); err != nil {
			return nil, err
		}
	}
	call := idempotency.Call{Mutation: "dismissProposal", Key: in.IdempotencyKey, Input: in, Result: in.ProposalID}
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		p, c, err := lockProposal(ctx, tx, in.ProposalID)
		if err != nil {
			return err
		}
		if err := mustWait(p, c); err != nil {
			return err
		}
		p.Note = note
		return s.decide(ctx, tx, p, vocab.ProposalDismissed)
	}, nil)
	if err != nil {
		return nil, err
	}
	return s.decided(ctx, in.ProposalID)
}

// decide marks a proposal, and records who decided on what of whom.
func (s *Service) decide(ctx context.Context, tx *store.Tx, p *ent.Proposal, as vocab.ProposalState) error {
	c, err := tx.Client.Conversation.Get(ctx, p.ConversationID) // as what was done left it
	if err != nil {
		return err
	}
	var changes store.Changes
	changes.Value("state", string(p.State), string(as))
	changes.Optional("action", "", p.ActionName)
	changes.Optional("proposedBy", "", p.AuthorID)
	t := vocab.ProposalDismissedEvent
	if as == vocab.ProposalAccepted {
		t = vocab.ProposalAcceptedEvent
		if p.WasEdited {
			changes.Flag("edited", false, true)
		}
	}
	tx.Append(ctx, eventOf(t, c, p.ID, changes))
	by := viewer.FromContext(ctx).Actor()
	return tx.Client.Proposal.Update().Where(isProposal(p.ID)).SetState(as).SetDecidedBy(by.ActorID).SetDecidedAt(tx.Now()).SetNote(p.Note).
		SetMessageID(p.MessageID).SetWasEdited(p.WasEdited).SetEdited(p.Edited).SetReopenCount(c.ReopenCount).Exec(ctx)
}

// maxCompared is how many pairs of words are compared at most.
const maxCompared = 4_000_000

// editedShare is how much of a text was changed, from 0 to 1: the words to add, remove or
// replace, of those of the longer text.
func editedShare(before, after string) float64 {
	if before == after {
		return 0
	}
	a, b := strings.Fields(before), strings.Fields(after)
	longer := max(len(a), len(b), 1)
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	if len(a)*len(b) > maxCompared { // much was changed
		return float64(max(len(a), len(b))) / float64(longer)
	}
	return float64(distance(a, b)) / float64(longer)
}

// distance is the least number of words to add, remove or replace.
func distance(a, b []string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
