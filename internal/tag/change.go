package tag

import (
	"context"
	"errors"

	"parley/ent"
	enttag "parley/ent/tag"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// manage runs apply in a transaction that keeps others from changing the account's
// tags, and returns the tag that the call names as it then is.
func (s *Service) manage(ctx context.Context, call idempotency.Call, apply func(context.Context, *store.Tx) error) (*ent.Tag, error) {
	result := call.Result
	err := idempotency.Run(ctx, s.store, call, alone(apply), into(&result))
	if err != nil {
		return nil, err
	}
	return loadOne(ctx, s.store.Client(ctx), result, unlocked, "tagId")
}

// alone is apply for those who may manage tags, one after the other.
func alone(apply func(context.Context, *store.Tx) error) func(context.Context, *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := mayManage(ctx, tx); err != nil {
			return err
		}
		if err := account.Lock(ctx, tx); err != nil {
			return err
		}
		return apply(ctx, tx)
	}
}

// into puts the id of what a repeated call made at first.
func into(result *string) func(context.Context, *store.Tx, string) error {
	return func(_ context.Context, _ *store.Tx, first string) error {
		*result = first
		return nil
	}
}

func nameTaken() error {
	return errs.New(errs.AlreadyExists, "A tag with this name already exists.").On("name")
}

// CreateTag makes a tag (IN-31). The name of a merged tag is free: it leads to the new
// one from then on. Errors: ALREADY_EXISTS on name.
func (s *Service) CreateTag(ctx context.Context, in CreateTagInput) (*ent.Tag, error) {
	call := idempotency.Call{
		Mutation: "createTag", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.Tag),
		Own: []idempotency.Own{{Kind: id.Tag, Field: "id", ID: in.ID}},
	}
	result := call.Result
	err := idempotency.Make(ctx, s.store, call, alone(func(ctx context.Context, tx *store.Tx) error {
		name, err := cleanName(in.Name, "name")
		color, err2 := cleanColor(value(in.Color))
		if err := errors.Join(err, err2); err != nil {
			return err
		}
		if err := freeName(ctx, tx, name, ""); err != nil {
			return err
		}
		made, err := insert(ctx, tx, call.Result, name, color, "name")
		if err == nil && !made {
			err = nameTaken()
		}
		return err
	}), into(&result))
	if err != nil {
		return nil, err
	}
	return loadOne(ctx, s.store.Client(ctx), result, unlocked, "tagId")
}

// freeName refuses a name that another tag has, and takes it from one that was merged.
func freeName(ctx context.Context, tx *store.Tx, name, ownID string) error {
	folded := foldName(name)
	taken, err := tx.Client.Tag.Query().Where(enttag.Folded(folded), enttag.IDNEQ(ownID), enttag.MergedInto("")).Exist(ctx)
	if err == nil && taken {
		err = nameTaken()
	}
	if err != nil {
		return err
	}
	merged, err := tx.Client.Tag.Query().Where(enttag.Folded(folded), enttag.MergedIntoNEQ("")).All(ctx)
	for _, t := range merged {
		// No name is like an id.
		if err := tx.Client.Tag.UpdateOneID(t.ID).SetFolded(t.ID).Exec(ctx); err != nil {
			return err
		}
	}
	return err
}

// UpdateTag renames a tag, or gives it another colour, for all conversations at once:
// none of them changes (IN-31).
func (s *Service) UpdateTag(ctx context.Context, in UpdateTagInput) (*ent.Tag, error) {
	call := idempotency.Call{Mutation: "updateTag", Key: in.IdempotencyKey, Input: in, Result: in.TagID}
	t, err := s.change(ctx, call, in.TagID, func(ctx context.Context, tx *store.Tx, t *ent.Tag) error {
		color := t.Color
		opt.SetOr(&color, in.Color, "")
		var err error
		t.Color, err = cleanColor(color)
		return errors.Join(rename(ctx, tx, t, in.Name), err)
	})
	if ent.IsConstraintError(err) {
		err = nameTaken() // at the same moment, by someone who tagged a conversation with it
	}
	return t, err
}

func rename(ctx context.Context, tx *store.Tx, t *ent.Tag, to opt.Value[*string]) error {
	wanted, err := opt.NotNull(to, "name")
	if wanted == nil {
		return err
	}
	name, err := cleanName(*wanted, "name")
	if err != nil || name == t.Name {
		return err
	}
	t.Name = name
	return freeName(ctx, tx, name, t.ID)
}

// ArchiveTag keeps conversations from getting a tag; those that have it keep it.
func (s *Service) ArchiveTag(ctx context.Context, in ArchiveTagInput) (*ent.Tag, error) {
	call := idempotency.Call{Mutation: "archiveTag", Key: in.IdempotencyKey, Input: in, Result: in.TagID}
	return s.change(ctx, call, in.TagID, func(_ context.Context, tx *store.Tx, t *ent.Tag) error {
		if !t.ArchivedAt.IsSet() {
			t.ArchivedAt = tx.Now()
		}
		return nil
	})
}

// RestoreTag lets conversations get an archived tag again.
func (s *Service) RestoreTag(ctx context.Context, in RestoreTagInput) (*ent.Tag, error) {
	call := idempotency.Call{Mutation: "restoreTag", Key: in.IdempotencyKey, Input: in, Result: in.TagID}
	return s.change(ctx, call, in.TagID, func(_ context.Context, _ *store.Tx, t *ent.Tag) error {
		t.ArchivedAt = clock.Micros(0)
		return nil
	})
}

// change alters a tag: one event, and no conversation's.
func (s *Service) change(ctx context.Context, call idempotency.Call, tagID string, alter func(context.Context, *store.Tx, *ent.Tag) error) (*ent.Tag, error) {
	return s.manage(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadOne(ctx, tx.Client, tagID, store.ForUpdate, "tagId")
		if err != nil {
			return err
		}
		after := *before
		if err := alter(ctx, tx, &after); err != nil {
			return err
		}
		return save(ctx, tx, before, &after)
	})
}

func save(ctx context.Context, tx *store.Tx, before, after *ent.Tag) error {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Optional("color", before.Color, after.Color)
	c.Optional("archivedAt", before.ArchivedAt.String(), after.ArchivedAt.String())
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.TagUpdated, SubjectID: after.ID, Changes: c})
	return tx.Client.Tag.UpdateOneID(after.ID).SetName(after.Name).SetFolded(foldName(after.Name)).SetColor(after.Color).
		SetArchivedAt(after.ArchivedAt).Exec(ctx)
}

func value(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
