package vocab

import "slices"

// RatingScale says how contacts rate a conversation (CO-5).
type RatingScale string

// Scales.
const (
	RatingThumbs RatingScale = "THUMBS"
	RatingFive   RatingScale = "FIVE"
)

// MaxScore is the best that a contact can say; thumbs up.
const MaxScore = 5

// Has reports whether the scale has a score.
func (r RatingScale) Has(score int) bool {
	if r == RatingThumbs {
		return score == 1 || score == MaxScore
	}
	return score >= 1 && score <= MaxScore
}

// RatingMedium says where contacts are asked.
type RatingMedium string

// Media.
const (
	RatingInChat       RatingMedium = "CHAT"
	RatingInTranscript RatingMedium = "TRANSCRIPT"
	RatingByMail       RatingMedium = "MAIL"
)

// RatingSettings is what an inbox asks contacts after a close.
type RatingSettings struct {
	Scale RatingScale    `json:"scale"`
	Media []RatingMedium `json:"media"`
	// Question is "" for the usual one.
	Question string `json:"question,omitempty"`
}

// AskedIn reports whether contacts are asked there.
func (r *RatingSettings) AskedIn(m RatingMedium) bool { return r != nil && slices.Contains(r.Media, m) }
