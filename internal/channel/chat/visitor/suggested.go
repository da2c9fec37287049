package visitor

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	entvisitor "parley/ent/visitor"
	"parley/internal/channel/chat/consent"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// SuggestedOf returns what the visitor of each conversation said of themselves that is not
// the contact's, with two queries; where there is no contact, all of it (CH-9). The conversations are ones that the viewer
// sees.
func (s *Service) SuggestedOf(ctx context.Context, list []*ent.Conversation) ([][]*vocab.SuggestedProperty, error) {
	var ids []string
	for _, c := range list {
		if c.VisitorID != "" {
			ids = append(ids, c.VisitorID)
		}
	}
	said, err := s.suggestedBy(ctx, ids)
	if err != nil {
		return nil, err
	}
	all := make([][]*vocab.SuggestedProperty, len(list))
	for i, c := range list {
		all[i] = []*vocab.SuggestedProperty{}
		all[i] = append(all[i], said[c.VisitorID]...)
	}
	return all, nil
}

func (s *Service) suggestedBy(ctx context.Context, visitorIDs []string) (map[string][]*vocab.SuggestedProperty, error) {
	said := map[string][]*vocab.SuggestedProperty{}
	if len(visitorIDs) == 0 {
		return said, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("suggested", viewer.FromContext(ctx).AccountID))
	client := s.store.Client(ctx)
	visitors, err := client.Visitor.Query().Where(entvisitor.IDIn(visitorIDs...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range visitors {
		for _, c := range v.Suggested {
			said[v.ID] = append(said[v.ID], &c)
		}
	}
	optIns, err := consent.Pending(ctx, client, visitorIDs...)
	for _, o := range optIns {
		optIn := vocab.SuggestedProperty{Property: vocab.SuggestedOptIn, Value: o.SubscriptionTypeID}
		same := func(p *vocab.SuggestedProperty) bool { return *p == optIn }
		if !slices.ContainsFunc(said[o.VisitorID], same) {
			said[o.VisitorID] = append(said[o.VisitorID], &optIn)
		}
	}
	return said, err
}

// AcceptSuggestedProperties writes what a visitor said of themselves to the conversation's
// contact (CH-9). NOT_FOUND on conversationId and on what is not suggested, INVALID where
// there is no contact.
func (s *Service) AcceptSuggestedProperties(ctx context.Context, in AcceptSuggestedPropertiesInput) (*ent.Conversation, error) {
	v := viewer.FromContext(ctx)
	call := idempotency.Call{Mutation: "acceptSuggestedProperties", Key: in.IdempotencyKey, Input: in, Result: in.ConversationID}
	load := func(ctx context.Context, tx *store.Tx) (*ent.Conversation, error) {
		return view.Find(ctx, tx.Client.Conversation.Query(), in.ConversationID)
	}
	var c *ent.Conversation
	err := idempotency.Run(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) (err error) {
		if c, err = load(ctx, tx); err != nil {
			return err
		}
		if err := s.acceptSuggested(viewer.NewContext(ctx, viewer.System("suggested", v.AccountID).InNameOf(v)), tx, c, in.Properties); err != nil {
			return err
		}
		c, err = load(ctx, tx)
		return err
	}, func(ctx context.Context, tx *store.Tx, _ string) (err error) {
		c, err = load(ctx, tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (s *Service) acceptSuggested(ctx context.Context, tx *store.Tx, c *ent.Conversation, names []string) error {
	if c.VisitorID == "" || c.ContactID == "" {
		return errs.New(errs.Invalid, "The conversation has no visitor or no contact: link a contact first.").On("conversationId")
	}
	me, err := lockVisitor(ctx, tx, c.VisitorID)
	if err != nil || me == nil {
		return err
	}
	said, err := s.suggestedBy(ctx, []string{me.ID})
	if err != nil {
		return err
	}
	for i, name := range names {
		if !slices.ContainsFunc(said[me.ID], func(p *vocab.SuggestedProperty) bool { return p.Property == name }) {
			return errs.New(errs.NotFound, "The visitor suggested no property %q.", errs.Clip(name)).On("properties", strconv.Itoa(i))
		}
	}
	if len(said[me.ID]) == 0 {
		return nil
	}
	if names == nil || slices.Contains(names, vocab.SuggestedOptIn) {
		if err := consent.Link(ctx, tx, me.ID, c.ContactID, vocab.ConsentCommunicate); err != nil {
			return err
		}
	}
	return s.writeClaims(ctx, tx, me, c.ContactID, names)
}
