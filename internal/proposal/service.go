package proposal

import (
	"context"
	"strings"

	"parley/ent"
	entproposal "parley/ent/proposal"
	"parley/internal/conversation"
	"parley/internal/conversation/view"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Service has the use cases of proposals. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	deps      Deps
	signer    *secret.Signer
	publicURL string
}

// Deps are what proposals need of the packages below. All are required.
type Deps struct {
	Conversations *conversation.Service
	Records       *crm.Service
	Viewers       Viewers
}

// Viewers reports what an actor of an account may do now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// audience are the addresses of exports.
const audience = "parley-proposal-outcomes"

// New returns the use cases on a store. The keys sign the addresses of exports, which lie
// below publicURL.
func New(s *store.Store, keys *secret.Keyring, d Deps, publicURL string) *Service {
	return &Service{store: s, deps: d, signer: keys.Signer(audience, s.Clock().Now), publicURL: strings.TrimSuffix(publicURL, "/")}
}

// lockConversation reads a conversation under the fence and keeps others from changing it
// until the transaction ends. One in the trash is refused.
func lockConversation(ctx context.Context, tx *store.Tx, conversationID string) (*ent.Conversation, error) {
	c, err := view.Find(ctx, tx.Client.Conversation.Query().Modify(store.ForUpdate).ConversationQuery, conversationID)
	if err == nil && c.DeletedAt.IsSet() {
		return nil, errs.New(errs.Invalid, "The conversation is in the trash. Restore it first.").On("conversationId")
	}
	return c, err
}

// lockProposal locks the conversation of a proposal and then the proposal: NOT_FOUND for
// those that the viewer does not see.
func lockProposal(ctx context.Context, tx *store.Tx, proposalID string) (*ent.Proposal, *ent.Conversation, error) {
	none := errs.New(errs.NotFound, "There is no proposal %q that you may see.", errs.Clip(proposalID)).On("proposalId")
	if !id.Is(proposalID, id.Proposal) {
		return nil, nil, none
	}
	p, err := tx.Client.Proposal.Get(ctx, proposalID)
	if ent.IsNotFound(err) {
		return nil, nil, none
	}
	if err != nil {
		return nil, nil, err
	}
	c, err := lockConversation(ctx, tx, p.ConversationID)
	if err != nil {
		return nil, nil, onProposal(err)
	}
	p, err = tx.Client.Proposal.Query().Where(entproposal.ID(proposalID)).Modify(store.ForUpdate).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil, none
	}
	return p, c, err
}

// onProposal has an error blame the proposal: its own field is none of the input.
func onProposal(err error) error {
	if all := errs.All(err); len(all) > 0 && all[0].Correctable() {
		return all[0].On("proposalId")
	}
	return err
}
