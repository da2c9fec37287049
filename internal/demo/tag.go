package demo

import (
	"context"
	"slices"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/tag"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// marks are tags that say what is to be done, not what it is about.
var marks = []string{"vip", "callback", "waiting-for-supplier", "second-level"}

// markColors are the colours of marks; topics have none.
var markColors = map[string]string{"vip": "#d4a017", "callback": "#2457d6", "waiting-for-supplier": "#8a8f98", "second-level": "#8a3ffc"}

// tagNames are all tags that conversations of a set may have.
func tagNames() []string {
	names := slices.Clone(marks)
	for _, l := range languages {
		for _, t := range l.topics {
			names = append(names, t.tag)
		}
	}
	for _, t := range []topic{spamTopic, pestTopic, promotionalTopic, roleTopic, autoReplyTopic} {
		names = append(names, t.tag)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// knownTags are the ids of those tags of a set that the account has already.
func knownTags(ctx context.Context, db *store.Store, accountID string) (map[string]string, error) {
	ctx = viewer.NewContext(ctx, viewer.System("demo", accountID))
	names := tagNames()
	found, err := tag.Find(ctx, db.Client(ctx), names)
	if err != nil {
		return nil, err
	}
	known := map[string]string{}
	for i, t := range found {
		if t != nil {
			known[names[i]] = t.ID
		}
	}
	return known, nil
}

// addTags adds the tags that the account does not have yet.
func (s *set) addTags(b *batch, at clock.Micros, record func(store.Event)) {
	for _, name := range tagNames() {
		if s.tags[name] == "" {
			s.tags[name] = s.ids.at(id.Tag, at)
			b.add(tags, s.tags[name], name, richtext.Caseless(name), markColors[name], int64(at))
			record(store.Event{Type: vocab.TagCreated, SubjectID: s.tags[name]})
		}
	}
}
