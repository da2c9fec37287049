package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Said is what a bot's flow learnt of a chat's visitor (BT-4): name, email or phone, or the
// id of a defined property of contacts, and its value as a text.
type Said struct{ Property, Value string }

// KeepSaid keeps, within the caller's transaction, what a visitor said of themselves: an
// address as if it were typed into the widget, anything else as a claim, which is written to
// the contact once it may be (CH-9). RATE_LIMITED for too many addresses; INVALID.
func (s *Service) KeepSaid(ctx context.Context, tx *store.Tx, visitorID string, said Said) error {
	me, err := lockVisitor(ctx, tx, visitorID)
	if err != nil || me == nil {
		return err
	}
	ctx = viewer.NewContext(ctx, viewer.System("bot", me.AccountID).InNameOf(viewerOf(me)))
	switch said.Property {
	case "email":
		_, err := s.captureEmail(ctx, tx, me, said.Value)
		return err
	case vocab.SuggestedName:
		err = s.claim(ctx, tx, me, &said.Value, nil)
	case vocab.SuggestedPhone:
		err = s.claim(ctx, tx, me, nil, &said.Value)
	default:
		if !id.Is(said.Property, id.Property) {
			return errs.New(errs.Invalid, "Visitors say nothing of %q.", errs.Clip(said.Property))
		}
		me.Suggested = withClaim(me.Suggested, said.Property, said.Value)
		me.Answered = withAnswer(me.Answered, vocab.AnsweredField{Key: said.Property})
		err = s.conversations.RecordSuggested(ctx, tx, me.ID)
	}
	if err != nil {
		return err
	}
	return s.linkContact(ctx, tx, me, me.Email, me.ContactID, me.ContactTyped)
}

// Knows is what is known of a chat's visitor, of that which a bot's flow asks for.
type Knows struct {
	// Proved: what the contact has may be shown to them (CH-9).
	Proved bool
	// Language is a BCP 47 tag; empty: not known.
	Language string
}

// Knows returns what is known of a chat's visitor.
func (s *Service) Knows(ctx context.Context, c *ent.Conversation) (Knows, error) {
	client := s.store.Client(ctx)
	v, err := client.Visitor.Get(ctx, c.VisitorID)
	if ent.IsNotFound(err) {
		return Knows{}, nil
	}
	if err != nil {
		return Knows{}, err
	}
	proved, err := isProved(ctx, client, v)
	return Knows{proved, v.Language}, err
}

// IsSomeoneThere reports whether the widget would call the team available for a chat now.
func (s *Service) IsSomeoneThere(ctx context.Context, c *ent.Conversation) (bool, error) {
	answer, _, _, err := s.availabilityOf(ctx, c)
	return err == nil && answer.State == vocab.StateAvailable, err
}
