package loader

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/tag"
)

// Tags loads by id; a tag that was merged is the one that it became (IN-31).
func (s *Service) Tags(ctx context.Context, ids []string) ([]*ent.Tag, error) {
	byID := map[string]*ent.Tag{}
	_, err := align(ids, func(distinct []string) ([]*ent.Tag, error) {
		rows, err := s.store.Client(ctx).Tag.Query().Where(tag.Or(tag.IDIn(distinct...), becameOneOf(distinct))).All(ctx)
		for _, t := range rows {
			byID[t.ID] = t
		}
		return rows, err
	}, func(t *ent.Tag) string { return t.ID })
	if err != nil {
		return nil, err
	}
	found := make([]*ent.Tag, len(ids))
	for i, tagID := range ids {
		if found[i] = byID[tagID]; found[i] != nil && found[i].MergedInto != "" {
			found[i] = byID[found[i].MergedInto]
		}
	}
	return found, nil
}

// becameOneOf finds the tags that some were merged into.
func becameOneOf(ids []string) func(*sql.Selector) {
	return func(s *sql.Selector) {
		merged := sql.Table(tag.Table)
		s.Where(sql.In(s.C(tag.FieldID), sql.Dialect(s.Dialect()).Select(merged.C(tag.FieldMergedInto)).From(merged).
			Where(sql.In(merged.C(tag.FieldID), anyOf(ids)...))))
	}
}

func anyOf(ids []string) []any {
	values := make([]any, len(ids))
	for i, s := range ids {
		values[i] = s
	}
	return values
}

// TagLists loads several lists of tags at once: each tag once, by name whatever its
// case, and none that is not there.
func (s *Service) TagLists(ctx context.Context, lists [][]string) ([][]*ent.Tag, error) {
	loaded, err := s.Tags(ctx, slices.Concat(lists...))
	if err != nil {
		return nil, err
	}
	all := make([][]*ent.Tag, len(lists))
	for i, ids := range lists {
		all[i] = []*ent.Tag{}
		for _, t := range loaded[:len(ids)] {
			if t != nil && !slices.Contains(all[i], t) {
				all[i] = append(all[i], t)
			}
		}
		loaded = loaded[len(ids):]
		slices.SortFunc(all[i], func(a, b *ent.Tag) int {
			return cmp.Or(strings.Compare(a.Folded, b.Folded), strings.Compare(a.ID, b.ID))
		})
	}
	return all, nil
}
