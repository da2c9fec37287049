package conversation

import (
	"context"
	"slices"
	"strconv"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/tag"
	"parley/internal/vocab"
)

// MaxTags is the most tags of a conversation, and of one change.
const MaxTags = tag.MaxWords

// Tag adds tags to a conversation (IN-18), each named by its id or its name, whatever
// its case. A name that no tag has makes one, unless the account's tags are managed
// (IN-31). One that the conversation has already is passed over.
func (s *Service) Tag(ctx context.Context, in TagConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "tagConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.tag(ctx, in.Tags) })
}

func (ch *change) tag(ctx context.Context, words []string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	wanted, err := tag.Use(ctx, ch.tx, words)
	if err != nil {
		return err
	}
	if err := ch.followMerges(ctx); err != nil {
		return err
	}
	tags := slices.Clone(ch.c.Tags)
	for i, t := range wanted {
		switch {
		case slices.Contains(tags, t.ID):
		case t.ArchivedAt.IsSet():
			return errs.New(errs.Invalid, "The tag %q is archived; restore it before you add it.", t.Name).On("tags", strconv.Itoa(i))
		default:
			tags = append(tags, t.ID)
		}
	}
	if len(tags) > MaxTags {
		return errs.Exceeds(MaxTags, "The conversation would have %d tags; at most %d are allowed.", len(tags), MaxTags).On("tags")
	}
	ch.setTags(tags)
	return nil
}

// Untag takes tags off a conversation, each named by its id or its name, whatever its
// case (IN-18). Those that it does not have, or no one has, are passed over.
func (s *Service) Untag(ctx context.Context, in UntagConversationInput) (*ent.Conversation, error) {
	return s.changeConversation(ctx, "untagConversation", in.Target, in, func(ctx context.Context, ch *change) error { return ch.untag(ctx, in.Tags) })
}

func (ch *change) untag(ctx context.Context, words []string) error {
	if err := ch.mayChange(); err != nil {
		return err
	}
	words, err := tag.CleanWords(words)
	if err != nil {
		return err
	}
	unwanted, err := tag.Find(ctx, ch.tx.Client, words)
	if err != nil {
		return err
	}
	if err := ch.followMerges(ctx); err != nil {
		return err
	}
	ch.setTags(slices.DeleteFunc(slices.Clone(ch.c.Tags), func(tagID string) bool {
		return slices.ContainsFunc(unwanted, func(t *ent.Tag) bool { return t != nil && t.ID == tagID })
	}))
	return nil
}

// followMerges has the conversation have, in place of tags that were merged, those that
// they became: that is no change of it.
func (ch *change) followMerges(ctx context.Context) error {
	current, err := tag.Current(ctx, ch.tx, ch.c.Tags)
	if err == nil {
		ch.before.Tags, ch.c.Tags = current, current
	}
	return err
}

func (ch *change) setTags(tags []string) {
	if !slices.Equal(tags, ch.c.Tags) {
		ch.c.Tags = tags
		ch.emitEvent(vocab.ConversationTagged)
	}
}
