package deliver

// RetryMessageInput is the input of retryMessage. A message that failed.
type RetryMessageInput struct {
	MessageID      string
	IdempotencyKey *string
}

// UndoSendInput is the input of undoSend. A message that waits to be sent.
type UndoSendInput struct {
	MessageID      string
	IdempotencyKey *string
}
