package conversation

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"parley/ent"
	entconversation "parley/ent/conversation"
	entrating "parley/ent/rating"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxRatingComment is the most characters of what a contact says with a score.
	maxRatingComment = 2_000
	// rateWithin is how long after a close it may be rated.
	rateWithin = 30 * 24 * time.Hour
)

// AskedIn reports whether the contact of a conversation is asked, somewhere, how they rate
// it: once a person or an integration closed what they wrote. Never about what is filtered
// or in the trash, what a bot ended, or what closed by itself (CO-5).
func AskedIn(c *ent.Conversation, settings vocab.InboxSettings, medium vocab.RatingMedium, now clock.Micros) bool {
	if c.Status != vocab.Closed || c.Filtered != 0 || c.DeletedAt.IsSet() || c.LastIncomingNumber == 0 || c.ClosedAt.Add(rateWithin) < now {
		return false
	}
	switch c.ClosedBy {
	case viewer.Admin, viewer.Agent, viewer.Integration:
		return settings.Rating.AskedIn(medium) && (c.Kind == vocab.Chat || medium == vocab.RatingByMail || medium == vocab.RatingInChat && c.Kind == vocab.CustomLive)
	}
	return false
}

// closeNumber is which close of a closed conversation its present one is, from 1.
func closeNumber(c *ent.Conversation) int { return c.ReopenCount + 1 }

// RatingOf is what is known of the rating after a conversation's present close; nil:
// nothing yet.
func RatingOf(ctx context.Context, client *ent.Client, c *ent.Conversation) (*ent.Rating, error) {
	r, err := client.Rating.Query().Where(entrating.ConversationID(c.ID), entrating.CloseNumber(closeNumber(c))).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, nil
	}
	return r, err
}

// Answered are those of the closed conversations that were rated since they were closed, by
// id, with one query.
func Answered(ctx context.Context, client *ent.Client, list []*ent.Conversation) (map[string]bool, error) {
	number := map[string]int{}
	ids := make([]string, len(list))
	for i, c := range list {
		ids[i], number[c.ID] = c.ID, closeNumber(c)
	}
	answered := map[string]bool{}
	if len(ids) == 0 {
		return answered, nil
	}
	rows, err := client.Rating.Query().Where(entrating.ConversationIDIn(ids...), entrating.ScoreGT(0)).
		Select(entrating.FieldConversationID, entrating.FieldCloseNumber).All(ctx)
	for _, r := range rows {
		if r.CloseNumber == number[r.ConversationID] {
			answered[r.ConversationID] = true
		}
	}
	return answered, err
}

// AskRating notes that the contact of a closed conversation is asked in a letter how they
// rate it, and returns the question; nil: they are not asked there, or they answered. The
// caller has locked the conversation.
func (s *Service) AskRating(ctx context.Context, tx *store.Tx, c *ent.Conversation, settings vocab.InboxSettings, medium vocab.RatingMedium) (*ent.Rating, error) {
	if !AskedIn(c, settings, medium, tx.Now()) {
		return nil, nil
	}
	r, err := RatingOf(ctx, tx.Client, c)
	if err != nil || r != nil && r.Score > 0 {
		return nil, err
	}
	if r != nil {
		return r, nil
	}
	return newRating(ctx, tx, c, settings.Rating.Scale, medium)
}

func newRating(ctx context.Context, tx *store.Tx, c *ent.Conversation, scale vocab.RatingScale, medium vocab.RatingMedium) (*ent.Rating, error) {
	return tx.Client.Rating.Create().SetID(id.New(id.Rating)).SetInboxID(c.InboxID).SetConversationID(c.ID).SetCloseNumber(closeNumber(c)).
		SetScale(scale).SetMedium(medium).SetResolvedBy(c.ResolvedBy).SetClosedAt(c.ClosedAt).SetCreatedAt(tx.Now()).Save(ctx)
}

// RateClosed keeps what the visitor of a closed chat answers in it, and returns the chat as
// it then is. The caller has checked that it is theirs, and locked it. Errors:
// ALREADY_EXISTS, CONVERSATION_NOT_CLOSED, NOT_ELIGIBLE; INVALID and TOO_LONG on score and
// comment.
func (s *Service) RateClosed(ctx context.Context, tx *store.Tx, conversationID string, score int, comment string) (*ent.Conversation, error) {
	ch, err := changeOne(ctx, tx, On(conversationID), func(ctx context.Context, ch *change) error {
		if ch.c.Status != vocab.Closed {
			return errs.New(errs.ConversationNotClosed, "The conversation is open again. It can be rated after its next close.").On("conversationId")
		}
		r, err := RatingOf(ctx, tx.Client, ch.c)
		if err != nil {
			return err
		}
		if r != nil && r.Score > 0 {
			return errs.New(errs.AlreadyExists, "The conversation was rated already since it was closed.").On("conversationId")
		}
		settings, err := ch.inboxSettings(ctx)
		if err != nil {
			return err
		}
		if !AskedIn(ch.c, settings, vocab.RatingInChat, tx.Now()) {
			return errs.New(errs.NotEligible, "Nothing is asked about this conversation.").On("conversationId")
		}
		if comment, err = checkRating(settings.Rating.Scale, score, comment); err != nil {
			return err
		}
		if r == nil {
			if r, err = newRating(ctx, tx, ch.c, settings.Rating.Scale, vocab.RatingInChat); err != nil {
				return err
			}
		}
		return ch.giveRating(ctx, r, vocab.RatingInChat, score, comment)
	})
	if err != nil {
		return nil, err
	}
	return ch.c, nil
}

// RateByMail keeps what a contact answers by the link in a letter, in the name of the
// visitor or contact. Errors: NOT_FOUND for a question that is gone or was asked too long
// ago, ALREADY_EXISTS; INVALID and TOO_LONG on score and comment.
func (s *Service) RateByMail(ctx context.Context, ratingID string, score int, comment string) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		r, err := s.AskedRating(ctx, ratingID)
		if err != nil {
			return err
		}
		ch, err := loadChange(ctx, tx, r.ConversationID)
		if err != nil {
			return err
		}
		if r, err = s.AskedRating(ctx, ratingID); err != nil { // as it is now that no one else answers it
			return err
		}
		if r.Score > 0 {
			return errs.New(errs.AlreadyExists, "The conversation was rated already since it was closed.")
		}
		if comment, err = checkRating(r.Scale, score, comment); err != nil {
			return err
		}
		by := ch.c.VisitorID
		if by == "" {
			by = ch.c.ContactID
		}
		ctx = byContact(ctx, by)
		if err := ch.giveRating(ctx, r, r.Medium, score, comment); err != nil {
			return err
		}
		return ch.save(ctx)
	})
}

// AskedRating is a question that a letter asked, with its answer if there is one. NOT_FOUND:
// it is gone, its conversation is in the trash or was filtered since then, or it was asked
// too long ago.
func (s *Service) AskedRating(ctx context.Context, ratingID string) (*ent.Rating, error) {
	gone := errs.New(errs.NotFound, "The conversation can no longer be rated.")
	client := s.store.Client(ctx)
	r, err := client.Rating.Query().Where(entrating.ID(ratingID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	there, err := client.Conversation.Query().Where(entconversation.ID(r.ConversationID), entconversation.Filtered(0), entconversation.DeletedAt(0)).Exist(ctx)
	if err == nil && (!there || r.ClosedAt.Add(rateWithin) < s.store.Now()) {
		return nil, gone
	}
	return r, err
}

// checkRating checks an answer, and returns its text as it is kept.
func checkRating(scale vocab.RatingScale, score int, comment string) (string, error) {
	if !scale.Has(score) {
		if scale == vocab.RatingThumbs {
			return "", errs.New(errs.Invalid, "The score of thumbs must be 1 (down) or %d (up), not %d.", vocab.MaxScore, score).On("score")
		}
		return "", errs.New(errs.Invalid, "The score must be from 1 to %d, not %d.", vocab.MaxScore, score).On("score")
	}
	text, err := richtext.Clean(comment, "comment")
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n > maxRatingComment {
		return "", errs.Exceeds(maxRatingComment, "The comment has %d characters; at most %d are allowed.", n, maxRatingComment).On("comment")
	}
	return text, nil
}

// giveRating keeps the answer, which is the conversation's unless a later close was rated.
func (ch *change) giveRating(ctx context.Context, r *ent.Rating, medium vocab.RatingMedium, score int, comment string) error {
	client := ch.tx.Client
	if err := client.Rating.UpdateOneID(r.ID).SetScore(score).SetComment(comment).SetMedium(medium).SetGivenAt(ch.now()).Exec(ctx); err != nil {
		return fmt.Errorf("save rating: %w", err)
	}
	later, err := client.Rating.Query().Where(entrating.ConversationID(ch.c.ID), entrating.CloseNumberGT(r.CloseNumber), entrating.ScoreGT(0)).Exist(ctx)
	if err != nil {
		return err
	}
	if !later {
		ch.c.Rating = score
	}
	ch.touched = true
	e := ch.emitEvent(vocab.RatingGiven)
	e.Changes = append(e.Changes, vocab.FieldChange{Field: "rating", To: text(score)})
	return nil
}

// maxRatings is how many ratings of a conversation are shown.
const maxRatings = 20

// Ratings are what contacts answered about each of the conversations, latest close first,
// with one query.
func (s *Service) Ratings(ctx context.Context, list []*ent.Conversation) ([][]*ent.Rating, error) {
	var ids []string
	for _, c := range list {
		if c.Rating > 0 {
			ids = append(ids, c.ID)
		}
	}
	of := map[string][]*ent.Rating{}
	if len(ids) > 0 {
		rows, err := s.store.Client(ctx).Rating.Query().Where(entrating.ConversationIDIn(ids...), entrating.ScoreGT(0)).
			Order(ent.Desc(entrating.FieldCloseNumber)).All(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			if len(of[r.ConversationID]) < maxRatings {
				of[r.ConversationID] = append(of[r.ConversationID], r)
			}
		}
	}
	all := make([][]*ent.Rating, len(list))
	for i, c := range list {
		all[i] = of[c.ID]
	}
	return all, nil
}

// HasRatingMail reports whether a contact was asked by a mail of its own within a day:
// those who write often are not asked each time.
func (s *Service) HasRatingMail(ctx context.Context, tx *store.Tx, c *ent.Conversation) (bool, error) {
	if c.ContactID == "" {
		return false, nil
	}
	n, err := tx.Number(ctx, `SELECT COUNT(*) FROM conversations c JOIN ratings r ON r.conversation_id = c.id
		WHERE c.contact_id = $1 AND c.account_id = $2 AND r.medium = $3 AND r.created_at > $4`,
		c.ContactID, c.AccountID, string(vocab.RatingByMail), int64(tx.Now().Add(-24*time.Hour)))
	return n > 0, err
}

// WasAsked reports whether a question of the conversation's present close was asked or
// answered already.
func (s *Service) WasAsked(ctx context.Context, tx *store.Tx, c *ent.Conversation) (bool, error) {
	r, err := RatingOf(ctx, tx.Client, c)
	return r != nil, err
}
