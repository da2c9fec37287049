package demo

import (
	"context"
	"errors"
	"fmt"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/store"
)

// MaxConversations is the most that one set may have.
const MaxConversations = 5_000_000

// Options say what to fill in.
type Options struct {
	// AccountID is the account to fill; "": the first one, which is made when
	// there is none.
	AccountID string
	// Conversations is how many to make, 1 to MaxConversations.
	Conversations int
	// Seed chooses the set: the same seed makes the same one.
	Seed uint64
	// Progress, if not nil, is called after each transaction with the
	// conversations written and wanted.
	Progress func(done, total int)
}

// Result is what was made. The tokens cannot be had again.
type Result struct {
	AccountID string
	// AdminToken and AgentToken are API tokens of two of the set's users. Both
	// are members of the first two inboxes, the admin of the third too.
	AdminToken, AgentToken string
	// InboxIDs are Support, Sales and Billing; AdminID and AgentID have the tokens.
	InboxIDs                                  []string
	AdminID, AgentID                          string
	Contacts, Conversations, Messages, Events int
}

// Fill adds a set to an account, beside what is there already. It fails with
// INVALID for a number of conversations out of range, NOT_FOUND for an unknown
// account, INBOX_LIMIT_REACHED where the account may not have three more
// inboxes (AC-6), and with the context's error when it was canceled: then it
// has written the conversations that it began.
func Fill(ctx context.Context, s *store.Store, o Options) (Result, error) {
	if o.Conversations < 1 || o.Conversations > MaxConversations {
		return Result{}, errs.New(errs.Invalid, "A demo can have 1 to %d conversations, not %d.", MaxConversations, o.Conversations).On("conversations")
	}
	a, err := loadAccount(ctx, s, o.AccountID)
	if err != nil {
		return Result{}, err
	}
	made, err := newSet(ctx, s, a, o)
	if err != nil {
		return Result{}, err
	}
	l, err := newLoader(ctx, s)
	if err != nil {
		return Result{}, fmt.Errorf("prepare to load: %w", err)
	}
	err = made.loadInto(ctx, l, o.Progress)
	// What was begun is ended, whatever happens to the context in the meantime.
	if err := errors.Join(err, l.close(context.WithoutCancel(ctx))); err != nil {
		return Result{}, err
	}
	return made.result(), ctx.Err()
}

// newSet sets the stage: nothing is written yet.
func newSet(ctx context.Context, db *store.Store, a *ent.Account, o Options) (*set, error) {
	round, err := nextRound(ctx, db, a.ID)
	if err != nil {
		return nil, err
	}
	s := &set{
		accountID: a.ID, number: a.Number, total: o.Conversations, seed: fmt.Sprint(o.Seed, round), round: round,
		now: db.Now(), colleagues: colleagues(), teams: teamsOfSet(), places: places(),
		blocked: map[sender]clock.Micros{},
	}
	s.began = s.now.Add(-history)
	s.ids = minter{newDice("ids", s.seed, a.ID)}
	s.log.minter = minter{newDice("events", s.seed, a.ID)}
	s.calendar = calendar{now: s.now, total: s.total, dice: newDice("calendar", s.seed)}
	s.decks = newDecks(newDice("decks", s.seed))
	s.gatherContacts()
	s.tags, err = knownTags(ctx, db, a.ID)
	return s, err
}
