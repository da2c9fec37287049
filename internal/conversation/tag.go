package conversation

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/vocab"
)

const (
	// MaxTags is the most tags of a conversation, and of one change.
	MaxTags = 50
	// MaxTag is the most characters of a tag.
	MaxTag = 50
)

// Tag adds tags to a conversation (IN-18). Tags keep their case and are told
// apart without it; one that is there already stays as it is written.
func (s *Service) Tag(ctx context.Context, in TagConversationInput) (*ent.Conversation, error) {
	in1 := call{"tagConversation", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(_ context.Context, ch *change) error { return ch.tag(in.Tags) })
}

func (ch *change) tag(wanted []string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	added, err := cleanTags(wanted)
	if err != nil {
		return err
	}
	tags := slices.Clone(ch.c.Tags)
	for _, tag := range added {
		if !hasTag(tags, tag) {
			tags = append(tags, tag)
		}
	}
	if len(tags) > MaxTags {
		return errs.New(errs.TooLong, "The conversation would have %d tags; at most %d are allowed.", len(tags), MaxTags).On("tags")
	}
	ch.setTags(tags)
	return nil
}

// Untag takes tags off a conversation, in whatever case they are written
// (IN-18). Those that it does not have are passed over.
func (s *Service) Untag(ctx context.Context, in UntagConversationInput) (*ent.Conversation, error) {
	in1 := call{"untagConversation", in.ConversationID, in.ExpectedRevision, in.IdempotencyKey, in}
	return s.change(ctx, in1, func(_ context.Context, ch *change) error { return ch.untag(in.Tags) })
}

func (ch *change) untag(unwanted []string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	removed, err := cleanTags(unwanted)
	if err != nil {
		return err
	}
	ch.setTags(slices.DeleteFunc(slices.Clone(ch.c.Tags), func(tag string) bool { return hasTag(removed, tag) }))
	return nil
}

// setTags keeps tags in alphabetical order.
func (ch *change) setTags(tags []string) {
	slices.SortFunc(tags, func(a, b string) int {
		return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	if !slices.Equal(tags, ch.c.Tags) {
		ch.c.Tags = tags
		ch.emit(vocab.ConversationTagged)
	}
}

func hasTag(tags []string, tag string) bool {
	return slices.ContainsFunc(tags, func(has string) bool { return strings.EqualFold(has, tag) })
}

// cleanTags returns tags as they are kept: 1 to MaxTags, each one line of 1 to
// MaxTag characters.
func cleanTags(tags []string) ([]string, error) {
	switch n := len(tags); {
	case n == 0:
		return nil, errs.New(errs.Required, "Name at least one tag.").On("tags")
	case n > MaxTags:
		return nil, errs.New(errs.TooLong, "%d tags are given; at most %d are allowed.", n, MaxTags).On("tags")
	}
	clean := make([]string, len(tags))
	for i, tag := range tags {
		var err error
		if clean[i], err = oneLine(tag, MaxTag, "tags", strconv.Itoa(i)); err != nil {
			return nil, err
		}
	}
	return clean, nil
}
