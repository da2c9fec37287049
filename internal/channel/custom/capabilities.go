package custom

import (
	"regexp"
	"slices"
	"strconv"

	"parley/internal/errs"
	"parley/internal/vocab"
)

const (
	// maxTypes is how many media types a channel names.
	maxTypes = 50
	// maxWindow is the longest reply window, a year in seconds.
	maxWindow = 365 * 24 * 60 * 60
)

var mediaType = regexp.MustCompile(`^(\*/\*|[a-z0-9][a-z0-9.+-]*/(\*|[a-z0-9][a-z0-9.+-]*))$`)

// clean checks what a channel can do; nil: plain text.
func (in *ChannelCapabilitiesInput) clean() (vocab.ChannelCapabilities, error) {
	can := vocab.ChannelCapabilities{}
	if in == nil {
		return can, nil
	}
	if len(in.AttachmentTypes) > maxTypes {
		return can, errs.Exceeds(maxTypes, "The list has %d media types; at most %d are allowed.", len(in.AttachmentTypes), maxTypes).On("capabilities", "attachmentTypes")
	}
	for i, t := range in.AttachmentTypes {
		if len(t) > 100 || !mediaType.MatchString(t) {
			return can, errs.New(errs.Invalid, "%q is not a media type such as image/png, image/* or */*.", errs.Clip(t)).On("capabilities", "attachmentTypes", strconv.Itoa(i))
		}
		if !slices.Contains(can.AttachmentTypes, t) {
			can.AttachmentTypes = append(can.AttachmentTypes, t)
		}
	}
	for _, n := range []struct {
		field string
		given *int
		most  int
		into  *int
	}{
		{"maxAttachmentBytes", in.MaxAttachmentBytes, 1 << 40, &can.MaxAttachmentBytes},
		{"maxTextLength", in.MaxTextLength, 1 << 30, &can.MaxTextLength},
		{"replyWindowSeconds", in.ReplyWindowSeconds, maxWindow, &can.ReplyWindowSeconds},
	} {
		if n.given == nil {
			continue
		}
		if *n.given < 0 || *n.given > n.most {
			return can, errs.New(errs.Invalid, "The number must be 1 to %d; leave it out if there is no limit.", n.most).On("capabilities", n.field)
		}
		*n.into = *n.given // 0 is as if left out
	}
	for _, b := range []struct {
		given *bool
		into  *bool
	}{
		{in.RichText, &can.RichText}, {in.Typing, &can.Typing}, {in.ReadReceipts, &can.ReadReceipts}, {in.Replies, &can.Replies},
		{in.Reactions, &can.Reactions}, {in.Editing, &can.Editing}, {in.Threads, &can.Threads}, {in.Templates, &can.Templates},
		{in.QuickReplies, &can.QuickReplies}, {in.Presence, &can.Presence},
	} {
		if b.given != nil {
			*b.into = *b.given
		}
	}
	return can, nil
}
