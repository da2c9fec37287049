package tag

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"parley/ent"
	enttag "parley/ent/tag"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// MaxMerged is the most tags that are merged at once.
const MaxMerged = 50

// MergeTags makes tags one: from then on their ids and names lead to the one that
// stays, in lists, filters and events. What conversations have is rewritten in the
// background, which no one sees (IN-31).
func (s *Service) MergeTags(ctx context.Context, in MergeTagsInput) (*ent.Tag, error) {
	call := idempotency.Call{Mutation: "mergeTags", Key: in.IdempotencyKey, Input: in, Result: in.IntoTagID}
	return s.manage(ctx, call, func(ctx context.Context, tx *store.Tx) error {
		into, merged, err := in.load(ctx, tx)
		if err != nil {
			return err
		}
		for _, t := range merged {
			if err := mergeOne(ctx, tx, t, into); err != nil {
				return err
			}
		}
		if len(merged) == 0 {
			return nil
		}
		return startRewriting(ctx, tx)
	})
}

// startRewriting makes the task that shows how far conversations are rewritten (OP-3).
func startRewriting(ctx context.Context, tx *store.Tx) error {
	v, taskID := viewer.FromContext(ctx), id.New(id.Task)
	tx.Append(ctx, store.Event{Type: vocab.TaskStarted, SubjectID: taskID})
	return tx.Client.Task.Create().SetID(taskID).SetKind(vocab.TaskMergeTags).SetState(vocab.TaskQueued).SetParams(json.RawMessage("{}")).
		SetTotal(0).SetProblems([]vocab.TaskProblem{}).SetActorKind(v.Kind).SetActorID(v.ActorID).SetTokenID(v.TokenID).SetCreatedAt(tx.Now()).Exec(ctx)
}

// load returns the tag that stays and those that become it, without those that did
// already.
func (in MergeTagsInput) load(ctx context.Context, tx *store.Tx) (into *ent.Tag, merged []*ent.Tag, err error) {
	switch n := len(in.TagIDs); {
	case n == 0:
		return nil, nil, errs.New(errs.Required, "Pass at least one tag.").On("tagIds")
	case n > MaxMerged:
		return nil, nil, errs.Exceeds(MaxMerged, "There are %d tags; at most %d can be merged at once.", n, MaxMerged).On("tagIds")
	}
	if into, err = loadOne(ctx, tx.Client, in.IntoTagID, store.ForUpdate, "intoTagId"); err != nil {
		return nil, nil, err
	}
	if into.ArchivedAt.IsSet() {
		return nil, nil, errs.New(errs.Invalid, "The tag %q is archived; restore it first.", into.Name).On("intoTagId")
	}
	for i, tagID := range in.TagIDs {
		path := []string{"tagIds", strconv.Itoa(i)}
		if tagID == in.IntoTagID {
			return nil, nil, errs.New(errs.Invalid, "A tag cannot be merged into itself.").On(path...)
		}
		t, err := loadOne(ctx, tx.Client, tagID, store.ForUpdate, path...)
		if err != nil {
			return nil, nil, err
		}
		if t.ID != into.ID && !slices.ContainsFunc(merged, func(m *ent.Tag) bool { return m.ID == t.ID }) {
			merged = append(merged, t)
		}
	}
	return into, merged, nil
}

func mergeOne(ctx context.Context, tx *store.Tx, t, into *ent.Tag) error {
	if err := tx.Client.Tag.Update().Where(enttag.MergedInto(t.ID)).SetMergedInto(into.ID).Exec(ctx); err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.TagMerged, SubjectID: t.ID, Changes: []vocab.FieldChange{{Field: "mergedInto", To: &into.ID}}})
	return tx.Client.Tag.UpdateOneID(t.ID).SetMergedInto(into.ID).SetRewrittenAt(clock.Micros(0)).Exec(ctx)
}

// Current returns ids of tags as conversations have them from now on: that of the tag
// that stayed in place of one that was merged, each once. Until the transaction ends,
// none of them is merged.
func Current(ctx context.Context, tx *store.Tx, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return ids, nil
	}
	found, err := find(ctx, tx.Client, ids, store.ForShare)
	if err != nil {
		return nil, err
	}
	current := make([]string, 0, len(ids))
	for _, t := range found {
		if t != nil && !slices.Contains(current, t.ID) {
			current = append(current, t.ID)
		}
	}
	return current, nil
}

// Unwritten returns the ids of merged tags that conversations may still have.
func Unwritten(ctx context.Context, client *ent.Client) ([]string, error) {
	return client.Tag.Query().Where(enttag.MergedIntoNEQ(""), enttag.RewrittenAt(clock.Micros(0))).Order(enttag.ByID()).IDs(ctx)
}

// SetRewritten says that no conversation has the merged tags any longer.
func SetRewritten(ctx context.Context, tx *store.Tx, ids []string) error {
	return tx.Client.Tag.Update().Where(enttag.IDIn(ids...)).SetRewrittenAt(tx.Now()).Exec(ctx)
}
