package receive

import (
	"context"
	"errors"
	"fmt"

	"parley/ent"
	"parley/ent/contact"
	"parley/ent/inboundmail"
	"parley/ent/routingdecision"
	"parley/ent/ticket"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/channel/email/settings"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// maxSimulated is the largest mail that can be simulated, in bytes.
const maxSimulated = 10 << 20

// Simulation is what would become of a mail (IN-11).
type Simulation struct {
	// ConversationID is the conversation that it would join; empty: a new one.
	ConversationID    string
	ThreadReason      string
	PossiblyRelatedID string
	// DuplicateOf is the message that it is already; empty: it is new.
	DuplicateOf string
	Filtered    []vocab.FilteredReason
	Verdict     vocab.MailVerdict
	// ContactID is the contact that would have it; empty: one would be made.
	ContactID              string
	From                   vocab.Mailbox
	Subject                string
	Text, HTML, QuotedHTML string
	Attachments            []SimulatedFile
	// Routing is what would be decided; nil: nothing.
	Routing *ent.RoutingDecision
	Ticket  bool
}

// SimulatedFile is a file of a simulated mail.
type SimulatedFile struct {
	FileName, ContentType string
	Size                  int
	Inline                bool
}

var errUndo = errors.New("a simulation keeps nothing")

// Simulate says what would become of a mail that came now, by doing all that is
// done with it and then taking everything back: nothing is written.
func (s *Service) Simulate(ctx context.Context, in SimulateInboundEmailInput) (*Simulation, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	c, err := settings.Find(ctx, s.store.Client(ctx), in.ChannelID)
	if err != nil {
		return nil, err
	}
	if !v.InInbox(c.InboxID) && v.Kind != viewer.SystemKind {
		return nil, errs.New(errs.NotAMember, "The result shows conversations of the inbox: add yourself to it first.").On("channelId")
	}
	if len(in.Raw) == 0 || len(in.Raw) > maxSimulated {
		return nil, errs.New(errs.Invalid, "A raw e-mail must have 1 to %d bytes.", maxSimulated).On("raw")
	}
	row := &ent.InboundMail{
		ID: id.New(id.InboundMail), AccountID: c.AccountID, InboxID: c.InboxID, ChannelID: c.ID, Place: "simulated:" + id.New("receipt"),
		EnvelopeTo: []string{}, ArrivedAt: s.store.Now(), State: stored,
	}
	r := s.readMail(row, []byte(in.Raw), false)
	sim := &Simulation{
		Subject: richtext.Clip(r.mail.Subject, maxSubject), Text: r.text, HTML: r.html, QuotedHTML: r.quoted,
		Filtered: []vocab.FilteredReason{}, Attachments: []SimulatedFile{},
	}
	shown := r.shownFiles()
	for _, p := range r.mail.Parts {
		name, contentType := attachment.Describe(p.FileName, p.Content)
		sim.Attachments = append(sim.Attachments, SimulatedFile{FileName: name, ContentType: contentType, Size: len(p.Content), Inline: shown.Take(p.ContentID, contentType)})
	}
	outside := settings.InAccount(ctx, c.AccountID)
	err = s.store.WithTx(outside, func(ctx context.Context, tx *store.Tx) error {
		if _, err := insertRaw(ctx, tx, row); err != nil {
			return err
		}
		p, err := s.placeMail(ctx, tx, row.ID, r)
		if err != nil {
			return err
		}
		if err := sim.readOutcome(ctx, outside, tx, p); err != nil {
			return err
		}
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		return nil, fmt.Errorf("simulate a mail: %w", err)
	}
	return sim, nil
}

// readOutcome reads what became of the mail. In the context outside there is
// nothing of what it made.
func (sim *Simulation) readOutcome(ctx, outside context.Context, tx *store.Tx, p *placing) error {
	sim.Verdict = p.result
	if p.sender.Address != "" {
		sim.From = p.sender
	}
	row, err := tx.Client.InboundMail.Query().Where(inboundmail.ID(p.row.ID)).Only(ctx)
	if err != nil {
		return err
	}
	if row.State != vocab.InboundIngested {
		sim.ConversationID, sim.ThreadReason = row.ConversationID, string(row.State)
		if row.State == vocab.InboundDuplicate {
			sim.DuplicateOf = row.MessageID
		}
		return nil
	}
	sim.ThreadReason, sim.PossiblyRelatedID = p.result.Thread, p.decision.PossiblyRelated
	sim.ConversationID = p.decision.ConversationID
	sim.Filtered = p.thread.Filtered.List()
	known, err := p.service.store.Client(outside).Contact.Query().Where(contact.ID(p.contactID)).Exist(outside)
	if err != nil {
		return err
	}
	if known {
		sim.ContactID = p.contactID
	}
	if err := sim.readRouting(ctx, outside, tx, p); err != nil || sim.ConversationID != "" {
		return err
	}
	sim.Ticket, err = tx.Client.Ticket.Query().Where(ticket.ConversationID(p.thread.ID)).Exist(ctx)
	return err
}

// readRouting reads what was decided about who gets the mail, if anything was.
func (sim *Simulation) readRouting(ctx, outside context.Context, tx *store.Tx, p *placing) error {
	last, err := tx.Client.RoutingDecision.Query().Where(routingdecision.ConversationID(p.thread.ID)).
		Order(ent.Desc(routingdecision.FieldID)).First(ctx)
	if err != nil {
		if ent.IsNotFound(err) {
			return nil
		}
		return err
	}
	old, err := p.service.store.Client(outside).RoutingDecision.Query().Where(routingdecision.ID(last.ID)).Exist(outside)
	if err == nil && !old {
		sim.Routing = last
	}
	return err
}
