package tag

import (
	"context"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/predicate"
	enttag "parley/ent/tag"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
)

// Find loads the tags that words name: ids, or names whatever their case. One that was
// merged is the tag that it became; nil: no tag of the account.
func Find(ctx context.Context, client *ent.Client, words []string) ([]*ent.Tag, error) {
	return find(ctx, client, words, unlocked)
}

func find(ctx context.Context, client *ent.Client, words []string, lock func(*sql.Selector)) ([]*ent.Tag, error) {
	byKey, err := findRows(ctx, client, words, lock)
	if err != nil {
		return nil, err
	}
	var into []string
	for _, t := range byKey {
		if t.MergedInto != "" {
			into = append(into, t.MergedInto)
		}
	}
	survivors, err := load(ctx, client, lock, enttag.IDIn(into...), len(into))
	if err != nil {
		return nil, err
	}
	byID := map[string]*ent.Tag{}
	for _, t := range survivors {
		byID[t.ID] = t
	}
	found := make([]*ent.Tag, len(words))
	for i, word := range words {
		if t := byKey[keyOf(word)]; t != nil && t.MergedInto != "" {
			found[i] = byID[t.MergedInto]
		} else {
			found[i] = t
		}
	}
	return found, nil
}

// keyOf is what a word is looked up by: an id, or a name without case.
func keyOf(word string) string {
	if id.Is(word, id.Tag) {
		return word
	}
	return foldName(word)
}

func foldName(name string) string { return richtext.Caseless(strings.Join(strings.Fields(name), " ")) }

// findRows loads the rows that words name, by the keys of the words.
func findRows(ctx context.Context, client *ent.Client, words []string, lock func(*sql.Selector)) (map[string]*ent.Tag, error) {
	var ids, names []string
	for _, word := range words {
		if id.Is(word, id.Tag) {
			ids = append(ids, word)
		} else {
			names = append(names, foldName(word))
		}
	}
	byID, err := load(ctx, client, lock, enttag.IDIn(ids...), len(ids))
	if err != nil {
		return nil, err
	}
	byName, err := load(ctx, client, lock, enttag.FoldedIn(names...), len(names))
	if err != nil {
		return nil, err
	}
	found := map[string]*ent.Tag{}
	for _, t := range byID {
		found[t.ID] = t
	}
	for _, t := range byName {
		found[t.Folded] = t
	}
	return found, nil
}

// load loads n tags or fewer; none: it does not ask the database. Rows are locked in
// the order of their ids.
func load(ctx context.Context, client *ent.Client, lock func(*sql.Selector), which predicate.Tag, n int) ([]*ent.Tag, error) {
	if n == 0 {
		return nil, nil
	}
	q := client.Tag.Query().Where(which).Order(enttag.ByID())
	q.Modify(lock)
	return q.All(ctx)
}

// Matching returns, for each word, the ids by which conversations have the tag that it
// names: its own, and those of tags that were merged into it as long as conversations
// may have them. None: no conversation has it.
func Matching(ctx context.Context, client *ent.Client, words []string) (map[string][]string, error) {
	tags, err := Find(ctx, client, words)
	if err != nil {
		return nil, err
	}
	matching := map[string][]string{}
	var ids []string
	for i, t := range tags {
		matching[words[i]] = nil
		if t != nil {
			ids = append(ids, t.ID)
		}
	}
	merged, err := load(ctx, client, unlocked, enttag.And(enttag.MergedIntoIn(ids...), enttag.RewrittenAt(clock.Micros(0))), len(ids))
	if err != nil {
		return nil, err
	}
	for i, t := range tags {
		if t == nil || matching[words[i]] != nil {
			continue
		}
		all := []string{t.ID}
		for _, m := range merged {
			if m.MergedInto == t.ID {
				all = append(all, m.ID)
			}
		}
		matching[words[i]] = all
	}
	return matching, nil
}

// AllOf returns the ids of a tag and of all that were merged into it, or into the one
// that it became: whatever shows one of them shows the same tag.
func AllOf(ctx context.Context, client *ent.Client, tagID string) ([]string, error) {
	found, err := Find(ctx, client, []string{tagID})
	if err != nil || found[0] == nil {
		return []string{tagID}, err
	}
	merged, err := client.Tag.Query().Where(enttag.MergedInto(found[0].ID)).Order(enttag.ByID()).IDs(ctx)
	return append([]string{found[0].ID}, merged...), err
}

// loadOne loads a tag by its id; otherwise NOT_FOUND on the field.
func loadOne(ctx context.Context, client *ent.Client, tagID string, lock func(*sql.Selector), path ...string) (*ent.Tag, error) {
	unknown := errs.New(errs.NotFound, "There is no tag %q.", errs.Clip(tagID)).On(path...)
	if !id.Is(tagID, id.Tag) {
		return nil, unknown
	}
	found, err := find(ctx, client, []string{tagID}, lock)
	if err == nil && found[0] == nil {
		err = unknown
	}
	if err != nil {
		return nil, err
	}
	return found[0], nil
}
