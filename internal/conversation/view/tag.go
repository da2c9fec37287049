package view

import (
	"context"
	"errors"
	"slices"

	"parley/internal/tag"
)

var errUnresolved = errors.New("view: a selection that names tags or properties was planned without having been resolved")

// resolveTags looks up the tags that a selection's filters name: those that the names
// have now, and what was merged into them (IN-31).
func (s *Service) resolveTags(ctx context.Context, sel Selection) (Selection, error) {
	filters, err := sel.filters()
	if err != nil {
		return sel, err
	}
	sel.tagIDs = nil
	var words []string
	for _, f := range filters {
		if err := f.checkValues(); err != nil {
			return sel, err
		}
		words = append(words, f.tagWords()...)
	}
	if len(words) > 0 {
		sel.tagIDs, err = tag.Matching(ctx, s.store.Client(ctx), words)
	}
	return sel, err
}

// tagWords are the tags that a filter names, with all within it.
func (f Filter) tagWords() []string {
	words := slices.Clone(f.Tags)
	for _, g := range slices.Concat(f.Any, f.Not) {
		words = append(words, g.tagWords()...)
	}
	return words
}

// nameTags has a filter name tags by their ids, as far as there are such tags: so a
// rename of a tag leaves what the filter finds as it is. Filters that a list would
// refuse stay as they are.
func (s *Service) nameTags(ctx context.Context, f Filter) (Filter, error) {
	words := f.tagWords()
	if len(words) == 0 || f.checkValues() != nil {
		return f, nil
	}
	found, err := tag.Find(ctx, s.store.Client(ctx), words)
	if err != nil {
		return f, err
	}
	ids := map[string]string{}
	for i, t := range found {
		if t != nil {
			ids[words[i]] = t.ID
		}
	}
	return f.withTags(ids), nil
}

// withTags names tags otherwise, with all within it.
func (f Filter) withTags(names map[string]string) Filter {
	f.Tags = slices.Clone(f.Tags)
	for i, word := range f.Tags {
		if name := names[word]; name != "" {
			f.Tags[i] = name
		}
	}
	for _, list := range []*[]Filter{&f.Any, &f.Not} {
		*list = slices.Clone(*list)
		for i, g := range *list {
			(*list)[i] = g.withTags(names)
		}
	}
	return f
}

// NameTags has a selection's own filter name tags by their ids; see nameTags.
func (s *Service) NameTags(ctx context.Context, sel *Selection) error {
	filter, err := s.nameTags(ctx, sel.Filter)
	if err != nil {
		return err
	}
	sel.Filter = filter
	*sel, err = s.resolveTags(ctx, *sel)
	return err
}

// NamesTags reports whether what the plan shows depends on the account's tags.
func (p *Plan) NamesTags() bool {
	return slices.ContainsFunc(p.Filters, func(f Filter) bool { return len(f.tagWords()) > 0 })
}

// idsOf are the ids by which conversations have one of the tags that words name.
func (p *Plan) idsOf(words []string) []string {
	var ids []string
	for _, word := range words {
		ids = append(ids, p.TagIDs[word]...)
	}
	return ids
}
