package proposal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entproposal "parley/ent/proposal"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxMarkdown is the most characters of a reply.
	maxMarkdown = 20_000
	// maxReason is the most characters of why it is proposed, and of why it is dismissed.
	maxReason = 1_000
	// maxSources is how many sources a proposal has.
	maxSources = 20
	// maxTitle and maxAddress are the most characters of a source.
	maxTitle, maxAddress = 200, 2_000
	// maxWaiting is how many proposals wait in one conversation.
	maxWaiting = 100
	// maxSummary is the most characters of a proposal's one line.
	maxSummary = 200
)

// Reply proposes a reply to the contact (AG-3). Errors: NOT_FOUND, REQUIRED, TOO_LONG and
// INVALID on what is proposed and its grounds, TOO_LONG on conversationId where too many
// wait, CONFLICT with the conversation once the contact wrote since.
func (s *Service) Reply(ctx context.Context, in ProposeReplyInput) (*Decided, error) {
	markdown, err := cleanText(in.Markdown, "markdown", maxMarkdown)
	if err == nil && markdown == "" {
		err = errs.New(errs.Required, "Enter the reply.").On("markdown")
	}
	p := &ent.Proposal{Kind: vocab.ProposedReply, Markdown: markdown, Action: json.RawMessage("null")}
	p.Summary = oneLine(richtext.Text(richtext.FromMarkdown(richtext.Clip(markdown, 4*maxSummary))))
	return s.propose(ctx, "proposeReply", in, in.Grounds, p, err, nil)
}

// Action proposes a mutation (AG-3). Errors as Reply's.
func (s *Service) Action(ctx context.Context, in ProposeActionInput) (*Decided, error) {
	p := &ent.Proposal{Kind: vocab.ProposedAction, ActionName: in.Action.name()}
	err := in.Action.check(in.ConversationID)
	if err == nil {
		p.Action, err = in.Action.keepAction()
	}
	return s.propose(ctx, "proposeAction", in, in.Grounds, p, err, func(ctx context.Context, tx *store.Tx) (err error) {
		p.Summary, err = in.Action.summarize(ctx, tx.Client)
		p.Summary = oneLine(p.Summary)
		return err
	})
}

func (s *Service) propose(ctx context.Context, mutation string, in any, g Grounds, p *ent.Proposal, fault error, complete func(context.Context, *store.Tx) error) (*Decided, error) {
	if err := errors.Join(fault, g.fill(p)); err != nil {
		return nil, err
	}
	call := idempotency.Call{
		Mutation: mutation, Key: g.IdempotencyKey, Input: in, Result: id.OrNew(g.ID, id.Proposal),
		Own: []idempotency.Own{{Kind: id.Proposal, Field: "id", ID: g.ID}},
	}
	p.ID = call.Result
	err := idempotency.Make(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := lockConversation(ctx, tx, g.ConversationID)
		if err != nil {
			return err
		}
		if complete != nil {
			if err := complete(ctx, tx); err != nil {
				return err
			}
		}
		return insert(ctx, tx, c, p, g.BasedOnNumber)
	}, func(_ context.Context, _ *store.Tx, first string) error {
		p.ID = first
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.decided(ctx, p.ID)
}

// insert adds a proposal to a conversation that is locked.
func insert(ctx context.Context, tx *store.Tx, c *ent.Conversation, p *ent.Proposal, basedOn *int) error {
	p.BasedOnNumber = c.LastNumber
	if basedOn != nil && *basedOn != 0 { // typed clients send 0 for what is left out
		p.BasedOnNumber = *basedOn
	}
	if p.BasedOnNumber < 0 || p.BasedOnNumber > c.LastNumber {
		return errs.New(errs.Invalid, "The conversation has messages 1 to %d.", c.LastNumber).On("basedOnNumber")
	}
	if p.BasedOnNumber < c.LastIncomingNumber {
		return errs.New(errs.Conflict, "The contact's last message has the number %d, after %d: read it before you propose something.", c.LastIncomingNumber, p.BasedOnNumber).
			With(c).On("basedOnNumber")
	}
	waiting, err := tx.Client.Proposal.Query().Where(entproposal.ConversationID(c.ID)).Modify(waits).Limit(maxWaiting).IDs(ctx)
	if err != nil {
		return err
	}
	if len(waiting) == maxWaiting {
		return errs.Exceeds(maxWaiting, "%d proposals wait in the conversation, and no more are taken until people have decided on some.", maxWaiting).On("conversationId")
	}
	if p.RunID, err = runOf(ctx, tx, c); err != nil {
		return err
	}
	by := viewer.FromContext(ctx).Actor()
	var changes store.Changes
	changes.Optional("kind", "", string(p.Kind))
	changes.Optional("action", "", p.ActionName)
	tx.Append(ctx, eventOf(vocab.ProposalCreatedEvent, c, p.ID, changes))
	err = tx.Client.Proposal.Create().SetID(p.ID).SetInboxID(c.InboxID).SetConversationID(c.ID).SetKind(p.Kind).SetState(vocab.ProposalWaiting).
		SetMarkdown(p.Markdown).SetActionName(p.ActionName).SetAction(p.Action).SetSummary(p.Summary).SetNillableConfidence(p.Confidence).SetSources(p.Sources).
		SetReason(p.Reason).SetBasedOnNumber(p.BasedOnNumber).SetTurn(c.Turn).SetRunID(p.RunID).SetAuthorKind(by.Kind).SetAuthorID(by.ActorID).
		SetCreatedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save proposal: %w", err)
	}
	return nil
}

// waits leaves the proposals that wait, as the index has them.
func waits(s *sql.Selector) { s.Where(sql.ExprP(s.C(entproposal.FieldState) + " = 'WAITING'")) }

// runOf is the open run of the calling bot in the conversation; "": it has none.
func runOf(ctx context.Context, tx *store.Tx, c *ent.Conversation) (string, error) {
	v := viewer.FromContext(ctx)
	if v.Kind != viewer.Bot || c.BotID != v.ActorID {
		return "", nil
	}
	run, err := tx.Client.AgentRun.Query().Where(entrun.ConversationID(c.ID)).
		Modify(func(s *sql.Selector) { s.Where(sql.ExprP(s.C(entrun.FieldEndedAt) + " = 0")) }).Select(entrun.FieldID).String(ctx)
	if ent.IsNotFound(err) {
		return "", nil
	}
	return run, err
}

func eventOf(t vocab.EventType, c *ent.Conversation, proposalID string, changes store.Changes) store.Event {
	return store.Event{Type: t, InboxID: c.InboxID, ConversationID: c.ID, SubjectID: proposalID, Revision: c.Revision, Changes: changes}
}

// fill checks the grounds, and puts them into a proposal.
func (g Grounds) fill(p *ent.Proposal) error {
	var faults []error
	if g.Confidence != nil && (math.IsNaN(*g.Confidence) || *g.Confidence < 0 || *g.Confidence > 1) {
		faults = append(faults, errs.New(errs.Invalid, "A confidence is a number from 0 to 1.").On("confidence"))
	}
	p.Confidence, p.Sources = g.Confidence, []vocab.ProposalSource{}
	if g.Reason != nil {
		reason, err := cleanText(*g.Reason, "reason", maxReason)
		p.Reason, faults = reason, append(faults, err)
	}
	if n := len(g.Sources); n > maxSources {
		return errors.Join(append(faults, errs.Exceeds(maxSources, "%d sources; at most %d are allowed.", n, maxSources).On("sources"))...)
	}
	for i, source := range g.Sources {
		title, err := cleanText(source.Title, "title", maxTitle)
		if err == nil && title == "" {
			err = errs.New(errs.Required, "Say what the source is called.")
		}
		if url := source.URL; err == nil && url != nil && *url != "" && utf8.RuneCountInString(*url) > maxAddress {
			err = errs.Exceeds(maxAddress, "The address has more than %d characters.", maxAddress)
		}
		if e := errs.Of(err); e != nil {
			faults = append(faults, e.On("sources", strconv.Itoa(i)))
			continue
		}
		if source.URL != nil && *source.URL == "" {
			source.URL = nil
		}
		p.Sources = append(p.Sources, vocab.ProposalSource{Title: title, URL: source.URL})
	}
	return errors.Join(faults...)
}

func cleanText(text, field string, most int) (string, error) {
	clean, err := richtext.Clean(text, field)
	if err != nil {
		return "", err
	}
	clean = strings.TrimSpace(clean)
	if n := utf8.RuneCountInString(clean); n > most {
		return "", errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(field)
	}
	return clean, nil
}

// oneLine is a text in one line, cut to what a row shows.
func oneLine(text string) string { return richtext.Preview(text, maxSummary) }
