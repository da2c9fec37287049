package bot

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/routing"
	"parley/internal/store"
	"parley/internal/vocab"
)

// maxNobodyAvailable is the most characters of what is said where no one can take over.
const maxNobodyAvailable = 2000

// Create makes a bot (BT-1). Errors: those of routing.CheckAccount on routing, NOT_FOUND on
// inboxIds, REQUIRED and TOO_LONG on name and nobodyAvailableText, INVALID on
// approvalTimeoutSeconds.
func (s *Service) Create(ctx context.Context, in CreateBotInput) (*ent.Bot, error) {
	call := idempotency.Call{
		Mutation: "createBot", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Bot),
		Own: []idempotency.Own{{Kind: id.Bot, Field: "id", ID: in.ID}},
	}
	botID, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		b := &ent.Bot{ID: call.Result, InboxIds: []string{}, CreatedAt: tx.Now()}
		if in.Routing != nil {
			b.Routing = *in.Routing
		}
		if in.AvatarURL != nil {
			b.AvatarURL = *in.AvatarURL
		}
		var faults [5]error
		b.Name, faults[0] = account.CleanName(in.Name, "name")
		if in.NobodyAvailableText != nil {
			b.NobodyAvailableText, faults[1] = cleanNobodyAvailable(*in.NobodyAvailableText)
		}
		if in.InboxIDs != nil {
			b.InboxIds, faults[2] = account.GrantedInboxes(ctx, tx, in.InboxIDs)
		}
		faults[3] = routing.CheckAccount(ctx, tx.Client, vocab.Routing{}, b.Routing)
		b.ApprovalTimeout, faults[4] = checkApproval(in.ApprovalTimeoutSeconds)
		if err := errors.Join(faults[:]...); err != nil {
			return err
		}
		if in.Flow != nil {
			f, err := s.cleanFlow(ctx, tx.Client, *in.Flow)
			if err == nil {
				err = publish(ctx, tx, b, f)
			}
			if err != nil {
				return err
			}
		}
		return insert(ctx, tx, b)
	})
	if err != nil {
		return nil, err
	}
	return load(ctx, s.store.Client(ctx), botID)
}

func insert(ctx context.Context, tx *store.Tx, b *ent.Bot) error {
	tx.Append(ctx, store.Event{Type: vocab.BotCreated, SubjectID: b.ID})
	return tx.Client.Bot.Create().SetID(b.ID).SetName(b.Name).SetAvatarURL(b.AvatarURL).SetRouting(b.Routing).
		SetNobodyAvailableText(b.NobodyAvailableText).SetApprovalTimeout(b.ApprovalTimeout).SetInboxIds(b.InboxIds).SetFlowVersion(b.FlowVersion).SetCreatedAt(b.CreatedAt).Exec(ctx)
}

// Update changes a bot: what visitors see of it, how it hands off from now on, and what its
// tokens see, at once (BT-1, BT-2). Errors as Create's.
func (s *Service) Update(ctx context.Context, in UpdateBotInput) (*ent.Bot, error) {
	call := idempotency.Call{Mutation: "updateBot", Key: in.IdempotencyKey, Input: in, Result: in.BotID}
	return s.change(ctx, call, in.BotID, func(ctx context.Context, tx *store.Tx, b *ent.Bot) error {
		before := b.Routing
		opt.Set(&b.AvatarURL, in.AvatarURL)
		opt.Set(&b.Routing, in.Routing)
		faults := []error{rename(b, in.Name), routing.CheckAccount(ctx, tx.Client, before, b.Routing)}
		if given, ok := in.NobodyAvailableText.ValueOK(); ok {
			b.NobodyAvailableText = ""
			if given != nil {
				text, err := cleanNobodyAvailable(*given)
				b.NobodyAvailableText, faults = text, append(faults, err)
			}
		}
		if seconds, ok := in.ApprovalTimeoutSeconds.ValueOK(); ok {
			timeout, err := checkApproval(seconds)
			b.ApprovalTimeout, faults = timeout, append(faults, err)
		}
		if ids, ok := in.InboxIDs.ValueOK(); ok {
			granted, err := account.GrantedInboxes(ctx, tx, ids)
			b.InboxIds, faults = granted, append(faults, err)
		}
		return errors.Join(faults...)
	})
}

func rename(b *ent.Bot, to opt.Value[*string]) error {
	wanted, err := opt.NotNull(to, "name")
	if wanted == nil {
		return err
	}
	name, err := account.CleanName(*wanted, "name")
	if err == nil {
		b.Name = name
	}
	return err
}

// maxApproval is the longest that a bot waits for approval, in seconds: a day.
const maxApproval = 24 * 60 * 60

// checkApproval returns how many seconds a bot waits for approval; 0: as long as others.
func checkApproval(seconds *int) (int, error) {
	if seconds == nil {
		return 0, nil
	}
	if *seconds < 10 || *seconds > maxApproval {
		return 0, errs.New(errs.Invalid, "A bot waits 10 to %d seconds for approval.", maxApproval).On("approvalTimeoutSeconds")
	}
	return *seconds, nil
}

func cleanNobodyAvailable(text string) (string, error) {
	const field = "nobodyAvailableText"
	clean, err := richtext.Clean(text, field)
	if err != nil {
		return "", err
	}
	clean = strings.TrimSpace(clean)
	if n := utf8.RuneCountInString(clean); n > maxNobodyAvailable {
		return "", errs.Exceeds(maxNobodyAvailable, "The text has %d characters; at most %d are allowed.", n, maxNobodyAvailable).On(field)
	}
	return clean, nil
}

// Archive keeps a bot from being used anywhere new; where it is used it goes on, and its
// tokens hold (IB-7).
func (s *Service) Archive(ctx context.Context, in ArchiveBotInput) (*ent.Bot, error) {
	call := idempotency.Call{Mutation: "archiveBot", Key: in.IdempotencyKey, Input: in, Result: in.BotID}
	return s.change(ctx, call, in.BotID, func(_ context.Context, tx *store.Tx, b *ent.Bot) error {
		if !b.ArchivedAt.IsSet() {
			b.ArchivedAt = tx.Now()
		}
		return nil
	})
}

// Restore lets an archived bot be used again.
func (s *Service) Restore(ctx context.Context, in RestoreBotInput) (*ent.Bot, error) {
	call := idempotency.Call{Mutation: "restoreBot", Key: in.IdempotencyKey, Input: in, Result: in.BotID}
	return s.change(ctx, call, in.BotID, func(_ context.Context, _ *store.Tx, b *ent.Bot) error {
		b.ArchivedAt = clock.Micros(0)
		return nil
	})
}

// change alters a bot under the account's lock: one event says what is different.
func (s *Service) change(ctx context.Context, call idempotency.Call, botID string, alter func(context.Context, *store.Tx, *ent.Bot) error) (*ent.Bot, error) {
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := load(ctx, tx.Client, botID)
		if err != nil {
			return err
		}
		after := *before
		if err := alter(ctx, tx, &after); err != nil {
			return err
		}
		return save(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, err
	}
	return load(ctx, s.store.Client(ctx), botID)
}

func save(ctx context.Context, tx *store.Tx, before, after *ent.Bot) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("avatarUrl", before.AvatarURL != after.AvatarURL)
	c.Named("routing", !reflect.DeepEqual(before.Routing, after.Routing))
	c.Named("nobodyAvailableText", before.NobodyAvailableText != after.NobodyAvailableText)
	c.Named("approvalTimeoutSeconds", before.ApprovalTimeout != after.ApprovalTimeout)
	for _, i := range after.InboxIds {
		if !slices.Contains(before.InboxIds, i) {
			c.Optional("inboxes", "", i)
		}
	}
	for _, i := range before.InboxIds {
		if !slices.Contains(after.InboxIds, i) {
			c.Optional("inboxes", i, "")
		}
	}
	c.Optional("flowVersion", turnText(before.FlowVersion), turnText(after.FlowVersion))
	c.Optional("archivedAt", before.ArchivedAt.String(), after.ArchivedAt.String())
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.BotUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.Bot.UpdateOneID(after.ID).SetName(after.Name).SetAvatarURL(after.AvatarURL).SetRouting(after.Routing).
		SetNobodyAvailableText(after.NobodyAvailableText).SetApprovalTimeout(after.ApprovalTimeout).SetInboxIds(after.InboxIds).SetFlowVersion(after.FlowVersion).SetArchivedAt(after.ArchivedAt).Exec(ctx)
}

func load(ctx context.Context, client *ent.Client, botID string) (*ent.Bot, error) {
	if id.Is(botID, id.Bot) {
		b, err := client.Bot.Get(ctx, botID)
		if !ent.IsNotFound(err) {
			return b, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no bot %q.", errs.Clip(botID)).On("botId")
}
