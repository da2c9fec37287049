package transcript

// SendTranscriptInput is the input of sendTranscript.
type SendTranscriptInput struct {
	ConversationID string
	Email          string
	Subject        *string
	IdempotencyKey *string
}
