package vocab

// DraftDetails is what a draft has beside its text (CO-3).
type DraftDetails struct {
	To               []string `json:"to,omitempty"`
	Cc               []string `json:"cc,omitempty"`
	Bcc              []string `json:"bcc,omitempty"`
	Subject          string   `json:"subject,omitempty"`
	ReplyToMessageID string   `json:"replyToMessageId,omitempty"`
	MentionUserIDs   []string `json:"mentionUserIds,omitempty"`
}
