package vocab

// TaskProblem is one conversation that a bulk change left alone, and why.
type TaskProblem struct {
	ConversationID string `json:"conversationId"`
	Code           string `json:"code"`
	Message        string `json:"message"`
}
