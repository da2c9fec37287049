package settings

import (
	"context"
	"crypto/sha256"
	"strings"
	"time"

	"parley/ent"
	"parley/ent/emailconnection"
	"parley/internal/account"
	"parley/internal/crm"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/oauth"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Finish ends what Begin or Reconnect began, for the same admin with the same
// token alone: state and code are what the provider gave their browser. It works
// once. Errors: INVALID on state or code; ALREADY_EXISTS on address (EM-2).
func (s *Service) Finish(ctx context.Context, in FinishEmailChannelInput) (*ent.EmailChannel, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	pending, finished, err := s.redeemSignIn(ctx, in)
	if err != nil {
		return nil, err
	}
	if finished != "" {
		return s.finishedChannel(ctx, finished)
	}
	secrets, err := s.secretsOf(pending)
	if err != nil {
		return nil, err
	}
	provider, ok := s.o.Providers[pending.Provider]
	if !ok {
		return nil, errs.New(errs.Invalid, "This server no longer has an OAuth client for %s; its operator must set one up.", pending.Provider).On("state")
	}
	grant, err := s.o.OAuth.Finish(ctx, provider, s.callbackURL(), in.Code, secrets["verifier"], secrets["nonce"])
	if err != nil {
		return nil, signInFailed(err)
	}
	existing, err := s.store.Client(ctx).EmailChannel.Get(ctx, pending.ChannelID)
	if err != nil && !ent.IsNotFound(err) {
		return nil, err
	}
	if existing != nil {
		return s.renewGrant(ctx, existing, grant)
	}
	return s.createGranted(ctx, pending, grant)
}

// redeemSignIn takes the pending connection that the state names, once. Where
// the same call came before it returns the id of the channel that it was for.
func (s *Service) redeemSignIn(ctx context.Context, in FinishEmailChannelInput) (pending *ent.EmailConnection, finished string, err error) {
	hash := sha256.Sum256([]byte(in.State))
	v := viewer.FromContext(ctx)
	refused := errs.New(errs.Invalid, "This sign-in belongs to someone else, was already used or has expired. Start again.").On("state")
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		found, err := tx.Client.EmailConnection.Query().Where(emailconnection.StateHash(hash[:])).Only(ctx)
		if err != nil && !ent.IsNotFound(err) {
			return err
		}
		channelID := id.New(id.Channel) // of none: then the call is refused
		if found != nil {
			channelID = found.ChannelID
		}
		if finished, err = idempotency.Claim(ctx, tx, "finishEmailChannel", in.IdempotencyKey, in, channelID); err != nil || finished != "" {
			return err
		}
		if found == nil || found.ExpiresAt <= tx.Now() || found.UserID != v.Actor().ActorID || found.TokenID != v.TokenID {
			return refused
		}
		pending = found
		n, err := tx.Client.EmailConnection.Delete().Where(emailconnection.ID(found.ID)).Exec(ctx)
		if err == nil && n == 0 {
			err = refused
		}
		return err
	})
	return pending, finished, err
}

// finishedChannel is the channel that an earlier call made or connected again;
// it may have failed after it took the sign-in.
func (s *Service) finishedChannel(ctx context.Context, channelID string) (*ent.EmailChannel, error) {
	c, err := s.store.Client(ctx).EmailChannel.Get(ctx, channelID)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.Invalid, "This sign-in was already used, and failed. Start again.").On("state")
	}
	return c, err
}

// createGranted makes the channel that the admin signed in for. The mailbox is
// the one that they chose at the provider.
func (s *Service) createGranted(ctx context.Context, pending *ent.EmailConnection, grant oauth.Grant) (*ent.EmailChannel, error) {
	kept := pending.Settings
	in := BeginEmailChannelInput{
		InboxID: pending.InboxID, Provider: pending.Provider, Address: grant.Address, SenderName: &kept.SenderName, Aliases: kept.Aliases,
		AcceptTerms: kept.TermsAt.IsSet(), ImportSince: &kept.ImportSince, Routing: kept.Routing, TicketPreset: crm.PresetInput(kept.Ticket),
	}
	if asked := strings.ToLower(kept.Address); asked != "" && asked != strings.ToLower(grant.Address) {
		return nil, errs.New(errs.Invalid, "You signed in to %s, but the address to connect is %s. Sign in to that mailbox, or connect the one that you signed in to.",
			grant.Address, asked).On("code")
	}
	if pending.Provider == vocab.EmailIMAP {
		in.IMAP, in.SMTP = asInput(kept.IMAP), asInput(kept.SMTP)
	}
	c, err := s.draftChannel(ctx, in)
	if err != nil {
		return nil, err
	}
	c.ID, c.TermsAcceptedAt = pending.ChannelID, kept.TermsAt
	if c.Credentials, err = s.sealCredentials(c.ID, credentials{Token: &grant.Token}); err != nil {
		return nil, err
	}
	s.markNewMailbox(ctx, c, grant.Token.Access)
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		return s.insertChannel(ctx, tx, c)
	})
	if err != nil {
		return nil, err
	}
	s.announceChange()
	return s.store.Client(ctx).EmailChannel.Get(ctx, c.ID)
}

// markNewMailbox has a new channel begin with the mail that comes from now on.
// Where the mailbox cannot be opened it is connected all the same: the sign-in
// is used up, and the channel's state says so.
func (s *Service) markNewMailbox(ctx context.Context, c *ent.EmailChannel, access string) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	config := s.mailboxServer(c)
	config.Token = func(context.Context) (string, error) { return access, nil }
	if err := markMailbox(ctx, c, config); err != nil {
		s.o.Log.InfoContext(ctx, "a new channel's mailbox cannot be opened", "channel", c.ID, "error", err)
	}
}

// renewGrant gives a channel that is there new tokens of the same mailbox.
func (s *Service) renewGrant(ctx context.Context, c *ent.EmailChannel, grant oauth.Grant) (*ent.EmailChannel, error) {
	if !strings.EqualFold(grant.Address, c.Address) {
		return nil, errs.New(errs.Invalid, "You signed in to %s, but the channel's mailbox is %s.", grant.Address, c.Address).On("code")
	}
	sealed, err := s.sealCredentials(c.ID, credentials{Token: &grant.Token})
	if err != nil {
		return nil, err
	}
	c.Credentials = sealed
	err = s.takingTurns(c.AccountID, "oauth/"+c.ID)(ctx, func(context.Context) error { // no refresh may overwrite it
		c, err = s.reviveChannel(ctx, c, ReconnectEmailChannelInput{ChannelID: c.ID})
		return err
	})
	return c, err
}
