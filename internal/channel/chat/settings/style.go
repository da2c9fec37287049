package settings

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
	"parley/internal/account"
	"parley/internal/channel/chat/wording"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
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
	call := idempotency.Call{Mutation: "updateChatChannel", Key: in.IdempotencyKey, Input: in, Result: in.ChannelID}
	return s.changeChannel(ctx, call, in.applyTo)
}

// changeChannel changes a chat channel as apply says, and reports what changed.
func (s *Service) changeChannel(ctx context.Context, call idempotency.Call, apply func(*ent.Channel) (*ent.Channel, error)) (*ent.Channel, error) {
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
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
		if err := mayLoseHours(ctx, tx.Client, before, after); err != nil {
			return err
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

// applyTo returns the channel as the input wants it.
func (in UpdateChatChannelInput) applyTo(before *ent.Channel) (*ent.Channel, error) {
	c := *before
	faults := []error{
		opt.Require(&c.SendTranscript, in.SendTranscript, "sendTranscript"), opt.Require(&c.Style.Position, in.Position, "position"),
		applyTitle(&c.Title, in.Title), applyColor(&c.AccentColor, in.AccentColor),
	}
	opt.Set(&c.Style.AvatarURL, in.AvatarURL)
	faults = append(faults, checkAddress(c.Style.AvatarURL, "avatarUrl"))
	texts, err := in.applyToTexts(c.Texts)
	c.Texts = texts
	return &c, errors.Join(append(faults, err)...)
}

// applyToTexts returns the channel's texts as the input wants them.
func (in UpdateChatChannelInput) applyToTexts(texts vocab.WidgetTexts) (vocab.WidgetTexts, error) {
	var faults []error
	if locale := opt.OrZero(in.DefaultLocale); locale != nil && *locale == "" {
		texts.DefaultLocale = ""
	} else if locale != nil {
		clean, err := wording.CleanLocale(*locale, "defaultLocale")
		texts.DefaultLocale, faults = clean, append(faults, err)
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

func applyTitle(title *string, v opt.Value[*string]) error {
	opt.Set(title, v)
	if n := utf8.RuneCountInString(*title); n > MaxTitle {
		return errs.Exceeds(MaxTitle, "The title has %d characters; at most %d are allowed.", n, MaxTitle).On("title")
	}
	clean, err := richtext.Clean(*title, "title")
	*title = richtext.Name(clean)
	return err
}

func applyColor(c *string, v opt.Value[*string]) error {
	given, err := opt.NotNull(v, "accentColor")
	if given == nil {
		return err
	}
	*c = strings.ToLower(*given)
	if !color.MatchString(*c) {
		return errs.New(errs.Invalid, "%q is not a colour; write it like \"#2457d6\".", errs.Clip(*given)).On("accentColor")
	}
	return nil
}

// checkAddress refuses what is no picture's address; empty is none.
func checkAddress(address, field string) error {
	if utf8.RuneCountInString(address) > maxAddress {
		return errs.Exceeds(maxAddress, "A URL may have at most %d characters.", maxAddress).On(field)
	}
	u, err := url.Parse(address)
	if address != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		return errs.New(errs.Invalid, "%q is not a URL such as \"https://example.com/team.png\".", errs.Clip(address)).On(field)
	}
	return nil
}

// changesOf lists what is different.
func changesOf(before, after *ent.Channel) store.Changes {
	var c store.Changes
	c.Named("title", before.Title != after.Title)
	c.Value("accentColor", before.AccentColor, after.AccentColor)
	c.Flag("sendTranscript", before.SendTranscript, after.SendTranscript)
	c.Value("position", string(before.Style.Position), string(after.Style.Position))
	c.Named("avatarUrl", before.Style.AvatarURL != after.Style.AvatarURL)
	c.Value("defaultLocale", before.Texts.DefaultLocale, after.Texts.DefaultLocale)
	c.Named("texts", !maps.EqualFunc(before.Texts.Locales, after.Texts.Locales, maps.Equal[map[string]string, map[string]string]))
	addAvailability(&c, before.Availability, after.Availability)
	return c
}

// Words returns what a channel's widget says to a caller that asks for a locale;
// empty: the channel's default (CH-1).
func Words(c *ent.Channel, locale string) wording.Words { return wording.For(c.Texts, locale) }
