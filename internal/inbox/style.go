package inbox

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"parley/ent"
	"parley/ent/schema"
	"parley/internal/errs"
	"parley/internal/people"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
	"parley/internal/wording"
)

// Limits of a channel's style.
const (
	// MaxTitle is the most characters of a widget's title.
	MaxTitle = 200
	// maxAddress is the most characters of the address of a picture.
	maxAddress = 2048
)

// UpdateChannel changes a chat channel's style, texts and options (CH-1).
// Errors, joined, on title, accentColor, position, avatarUrl, defaultLocale and
// on texts, such as texts.0.key.
func (s *Service) UpdateChannel(ctx context.Context, in UpdateChatChannelInput) (*ent.Channel, error) {
	call := people.Call{Mutation: "updateChatChannel", Key: in.IdempotencyKey, Input: in, Result: in.ChatChannelID}
	return s.changeChannel(ctx, call, in.applied)
}

// changeChannel changes a chat channel as apply says, and tells what changed.
func (s *Service) changeChannel(ctx context.Context, call people.Call, apply func(*ent.Channel) (*ent.Channel, error)) (*ent.Channel, error) {
	_, err := people.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := loadChannel(ctx, tx.Client, call.Result)
		if err != nil {
			return err
		}
		after, err := apply(before)
		if err != nil {
			return err
		}
		changes := changesOf(before, after)
		if len(changes) == 0 {
			return nil
		}
		tx.Append(ctx, store.Event{Type: vocab.ChannelUpdated, InboxID: after.InboxID, SubjectID: after.ID, Changes: changes})
		return tx.Client.Channel.UpdateOneID(after.ID).SetTitle(after.Title).SetAccentColor(after.AccentColor).
			SetSendTranscript(after.SendTranscript).SetStyle(after.Style).SetTexts(after.Texts).
			SetAvailability(after.Availability).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), call.Result)
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
	if in.Position != nil {
		c.Style.Position = *in.Position
	}
	if in.AvatarURL != nil {
		c.Style.AvatarURL = *in.AvatarURL
		faults = append(faults, checkAddress(c.Style.AvatarURL, "avatarUrl"))
	}
	texts, err := in.worded(c.Texts)
	c.Texts = texts
	return &c, errors.Join(append(faults, err)...)
}

// worded returns the channel's texts as the input wants them.
func (in UpdateChatChannelInput) worded(texts schema.WidgetTexts) (schema.WidgetTexts, error) {
	var faults []error
	if in.DefaultLocale != nil && *in.DefaultLocale == "" {
		texts.DefaultLocale = ""
	} else if in.DefaultLocale != nil {
		locale, err := wording.CleanLocale(*in.DefaultLocale, "defaultLocale")
		texts.DefaultLocale, faults = locale, append(faults, err)
	}
	for i, choice := range in.Texts {
		changed, err := wording.Chosen(texts, choice)
		if fault := errs.Of(err); fault != nil {
			err = fault.On(append([]string{"texts", strconv.Itoa(i)}, fault.Field...)...)
		}
		texts, faults = changed, append(faults, err)
	}
	return texts, errors.Join(faults...)
}

var color = regexp.MustCompile(`^#[0-9a-f]{6}$`)

func cleanTitle(title string) (string, error) {
	if n := utf8.RuneCountInString(title); n > MaxTitle {
		return "", errs.New(errs.TooLong, "The title has %d characters; at most %d are allowed.", n, MaxTitle).On("title")
	}
	clean, err := richtext.Clean(title, "title")
	return strings.Join(strings.Fields(clean), " "), err
}

// checkAddress refuses what is no picture's address; empty is none.
func checkAddress(address, field string) error {
	if utf8.RuneCountInString(address) > maxAddress {
		return errs.New(errs.TooLong, "An address has at most %d characters.", maxAddress).On(field)
	}
	u, err := url.Parse(address)
	if address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errs.New(errs.Invalid, "%q is no address such as \"https://example.com/team.png\".", errs.Clip(address)).On(field)
	}
	return nil
}

// changesOf lists what is different.
func changesOf(before, after *ent.Channel) []schema.FieldChange {
	var c changes
	c.named("title", before.Title != after.Title)
	c.told("accentColor", before.AccentColor, after.AccentColor)
	c.told("sendTranscript", strconv.FormatBool(before.SendTranscript), strconv.FormatBool(after.SendTranscript))
	c.told("position", string(before.Style.Position), string(after.Style.Position))
	c.named("avatarUrl", before.Style.AvatarURL != after.Style.AvatarURL)
	c.told("defaultLocale", before.Texts.DefaultLocale, after.Texts.DefaultLocale)
	c.named("texts", !maps.EqualFunc(before.Texts.Locales, after.Texts.Locales, maps.Equal[map[string]string, map[string]string]))
	c.available(before.Availability, after.Availability)
	return c
}

// changes are what an event tells of a channel.
type changes []schema.FieldChange

// told adds a field whose values may stand in the log.
func (c *changes) told(field, from, to string) {
	if from != to {
		*c = append(*c, schema.FieldChange{Field: field, From: &from, To: &to})
	}
}

// named adds a field by its name alone: what people wrote, and what is long.
func (c *changes) named(field string, changed bool) {
	if changed {
		*c = append(*c, schema.FieldChange{Field: field})
	}
}

// Words returns what a channel's widget says to who asks for a locale; empty:
// the channel's default (CH-1).
func Words(c *ent.Channel, locale string) wording.Words { return wording.For(c.Texts, locale) }
