package conversation

import (
	"slices"
	"strconv"
	"unicode/utf8"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Limits of the answers that a bot offers; lengths in characters.
const (
	MaxQuickReplies    = 10
	MaxQuickReply      = 80
	MaxQuickReplyValue = 200
)

// quickReplies are the answers that a message offers (CO-6): those of a bot, to the
// contact. Errors are on quickReplies and the place in it.
func quickReplies(by author, in SendMessageInput) ([]vocab.QuickReply, error) {
	list := in.QuickReplies
	switch {
	case len(list) == 0:
		return nil, nil
	case by.kind != viewer.Bot:
		return nil, errs.New(errs.Invalid, "Only bots offer answers.").On("quickReplies")
	case in.Note:
		return nil, errs.New(errs.Invalid, "Only a message to the contact can offer answers.").On("quickReplies")
	case len(list) > MaxQuickReplies:
		return nil, errs.Exceeds(MaxQuickReplies, "A message may offer at most %d answers.", MaxQuickReplies).On("quickReplies")
	}
	replies := make([]vocab.QuickReply, len(list))
	for i, one := range list {
		path := func(field string) []string { return []string{"quickReplies", strconv.Itoa(i), field} }
		text, err := richtext.OneLine(one.Text, MaxQuickReply, path("text")...)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(replies[:i], func(r vocab.QuickReply) bool { return r.Text == text }) {
			return nil, errs.New(errs.Invalid, "The answer %q is listed twice; list it once.", text).On(path("text")...)
		}
		replies[i] = vocab.QuickReply{Text: text, Value: text}
		if one.Value == nil || *one.Value == "" {
			continue
		}
		if n := utf8.RuneCountInString(*one.Value); n > MaxQuickReplyValue {
			return nil, errs.Exceeds(MaxQuickReplyValue, "The value has %d characters; at most %d are allowed.", n, MaxQuickReplyValue).On(path("value")...)
		}
		if !store.Storable(*one.Value) {
			return nil, errs.New(errs.Invalid, "%q is not valid UTF-8, or contains a character that is not allowed in text.", errs.Clip(*one.Value)).On(path("value")...)
		}
		replies[i].Value = *one.Value
	}
	return replies, nil
}
