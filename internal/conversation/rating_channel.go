package conversation

import (
	"context"
	"strings"

	"parley/ent"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// RatingQuestion writes how a contact is asked to rate a conversation, and what they may
// answer.
type RatingQuestion func(ctx context.Context, tx *store.Tx, c *ent.Conversation, scale vocab.RatingScale) (text string, choices []vocab.QuickReply, err error)

// AskInChannel asks the contact of a live custom channel's conversation, within the caller's
// transaction, how they rate it: by a message after its close (CO-5, CC-4). It does nothing
// where they are not asked there, or were asked or answered already. unreached: no message
// reaches them there, so they may be asked elsewhere.
func (s *Service) AskInChannel(ctx context.Context, tx *store.Tx, conversationID, messageID string, write RatingQuestion) (unreached bool, err error) {
	ch, err := loadChange(ctx, tx, conversationID)
	if errs.Is(err, errs.NotFound) {
		return false, nil // purged
	}
	if err != nil || ch.c.Kind != vocab.CustomLive {
		return false, err
	}
	if asked, err := s.WasAsked(ctx, tx, ch.c); err != nil || asked {
		return false, err
	}
	if !ch.hasChannel() {
		return true, nil
	}
	channel, err := tx.Client.CustomChannel.Get(ctx, ch.c.ChannelID)
	if err != nil {
		return false, err
	}
	if until := replyUntil(ch.c, channel.Capabilities); until != 0 && until < ch.now() {
		return true, nil
	}
	return false, ch.askForRating(ctx, s, messageID, write)
}

// askForRating asks by a message that is not from anyone of the team.
func (ch *change) askForRating(ctx context.Context, s *Service, messageID string, write RatingQuestion) error {
	settings, err := ch.inboxSettings(ctx)
	if err != nil {
		return err
	}
	r, err := s.AskRating(ctx, ch.tx, ch.c, settings, vocab.RatingInChat)
	if err != nil || r == nil {
		return err
	}
	text, choices, err := write(ctx, ch.tx, ch.c, r.Scale)
	if err != nil {
		return err
	}
	what, err := composeContent(written{text: &text}, MaxText, 0)
	if err != nil {
		return err
	}
	_, err = ch.addMessage(ctx, draft{id: messageID, by: authorOf(viewer.FromContext(ctx)), direction: vocab.Outgoing, what: what, replies: choices})
	if err != nil {
		return err
	}
	return ch.save(ctx)
}

// rateByMessage takes what the contact of a closed conversation writes as the answer to the
// question that was asked in its channel, if it is a score and nothing else.
func (ch *change) rateByMessage(ctx context.Context, text string) (rated bool, err error) {
	if ch.c.Status != vocab.Closed || ch.c.Kind != vocab.CustomLive || ch.c.Filtered != 0 {
		return false, nil
	}
	r, err := RatingOf(ctx, ch.tx.Client, ch.c)
	if err != nil || r == nil || r.Score > 0 || r.Medium != vocab.RatingInChat || r.ClosedAt.Add(rateWithin) < ch.now() {
		return false, err
	}
	score := scoreOf(r.Scale, text)
	if score == 0 {
		return false, nil
	}
	return true, ch.giveRating(ctx, r, vocab.RatingInChat, score, "")
}

// withoutLook takes from emoji how they look: skin tones, and whether they are text or a
// picture.
var withoutLook = strings.NewReplacer("\ufe0f", "", "\ufe0e", "", "\u20e3", "", "\U0001f3fb", "", "\U0001f3fc", "", "\U0001f3fd", "", "\U0001f3fe", "", "\U0001f3ff", "")

// scoreOf is the score that a text is; 0: it is none.
func scoreOf(scale vocab.RatingScale, text string) int {
	score := 0
	switch text = withoutLook.Replace(strings.TrimSpace(text)); {
	case scale == vocab.RatingThumbs && text == "👍":
		score = vocab.MaxScore
	case scale == vocab.RatingThumbs && text == "👎":
		score = 1
	case scale != vocab.RatingThumbs && len(text) == 1:
		score = int(text[0] - '0')
	}
	if !scale.Has(score) {
		return 0
	}
	return score
}
