package inbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"html"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/channel"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// MaxTitle is the most characters of a widget's title.
const MaxTitle = 200

// CreateChannel gives an inbox its chat channel, with a public key of its own
// (CH-1). Errors: ALREADY_EXISTS on inboxId.
func (s *Service) CreateChannel(ctx context.Context, in CreateChatChannelInput) (*ent.Channel, error) {
	in1 := people.Call{Mutation: "createChatChannel", Key: in.IdempotencyKey, Input: in, Result: id.New(id.Channel)}
	channelID, err := people.Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		i, err := load(ctx, tx.Client, in.InboxID)
		if err != nil {
			return err
		}
		taken, err := tx.Client.Channel.Query().Where(channel.InboxID(i.ID), channel.KindEQ(vocab.Chat)).Exist(ctx)
		if err != nil {
			return err
		}
		if taken {
			return errs.New(errs.AlreadyExists, "The inbox has a chat channel already.").On("inboxId")
		}
		return makeChannel(ctx, tx, in1.Result, i.ID)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), channelID)
}

func makeChannel(ctx context.Context, tx *store.Tx, channelID, inboxID string) error {
	tx.Append(ctx, store.Event{Type: vocab.ChannelCreated, InboxID: inboxID, SubjectID: channelID})
	return tx.Client.Channel.Create().SetID(channelID).SetInboxID(inboxID).SetKind(vocab.Chat).
		SetKey(strings.ToLower(rand.Text())).SetCreatedAt(tx.Now()).Exec(ctx)
}

// UpdateChannel changes a chat channel's style and options (CH-1). Errors,
// joined, on title and accentColor.
func (s *Service) UpdateChannel(ctx context.Context, in UpdateChatChannelInput) (*ent.Channel, error) {
	in1 := people.Call{Mutation: "updateChatChannel", Key: in.IdempotencyKey, Input: in, Result: in.ChatChannelID}
	_, err := people.Administer(ctx, s.store, in1, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadChannel(ctx, tx.Client, in.ChatChannelID)
		if err != nil {
			return err
		}
		after, err := in.applied(before)
		if err != nil {
			return err
		}
		changes := changesOf(before, after)
		if len(changes) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: after.InboxID, SubjectID: after.ID, Changes: changes})
		return tx.Client.Channel.UpdateOneID(after.ID).SetTitle(after.Title).SetAccentColor(after.AccentColor).
			SetSendTranscript(after.SendTranscript).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), in.ChatChannelID)
}

// applied returns the channel as the input wants it.
func (in UpdateChatChannelInput) applied(before *ent.Channel) (*ent.Channel, error) {
	c := *before
	var faults []error
	if in.Title != nil {
		title, err := cleanTitle(*in.Title)
		c.Title, faults = title, append(faults, err)
	}
	if in.AccentColor != nil {
		c.AccentColor = strings.ToLower(*in.AccentColor)
		if !color.MatchString(c.AccentColor) {
			faults = append(faults, errs.New(errs.Invalid, "%q is no colour; write it as \"#2457d6\".", errs.Clip(*in.AccentColor)).On("accentColor"))
		}
	}
	if in.SendTranscript != nil {
		c.SendTranscript = *in.SendTranscript
	}
	return &c, errors.Join(faults...)
}

var color = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func cleanTitle(title string) (string, error) {
	if n := utf8.RuneCountInString(title); n > MaxTitle {
		return "", errs.New(errs.TooLong, "The title has %d characters; at most %d are allowed.", n, MaxTitle).On("title")
	}
	clean, err := richtext.Clean(title, "title")
	return strings.Join(strings.Fields(clean), " "), err
}

func changesOf(before, after *ent.Channel) []schema.FieldChange {
	var list []schema.FieldChange
	if before.Title != after.Title {
		list = append(list, schema.FieldChange{Field: "title"})
	}
	if before.AccentColor != after.AccentColor {
		list = append(list, schema.FieldChange{Field: "accentColor", From: &before.AccentColor, To: &after.AccentColor})
	}
	if before.SendTranscript != after.SendTranscript {
		from, to := strconv.FormatBool(before.SendTranscript), strconv.FormatBool(after.SendTranscript)
		list = append(list, schema.FieldChange{Field: "sendTranscript", From: &from, To: &to})
	}
	return list
}

// loadChannel returns a chat channel by an id of the caller's: NOT_FOUND on
// chatChannelId, also when its inbox is deleted.
func loadChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.Channel, error) {
	missing := errs.New(errs.NotFound, "There is no chat channel %q that you may see.", errs.Clip(channelID)).On("chatChannelId")
	if !id.Is(channelID, id.Channel) {
		return nil, missing
	}
	c, err := client.Channel.Query().Where(channel.ID(channelID), channel.KindEQ(vocab.Chat)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, missing
	}
	if err != nil {
		return nil, err
	}
	if _, err := load(ctx, client, c.InboxID); errs.Is(err, errs.NotFound) {
		return nil, missing
	} else if err != nil {
		return nil, err
	}
	return c, nil
}

// TrackingCode returns the snippet of HTML that brings a channel's widget into
// a site's pages (CH-2).
func (s *Service) TrackingCode(c *ent.Channel) string {
	return fmt.Sprintf(`<script async src="%s/widget.js" data-parley-key="%s"></script>`,
		html.EscapeString(strings.TrimRight(s.publicURL, "/")), html.EscapeString(c.Key))
}
