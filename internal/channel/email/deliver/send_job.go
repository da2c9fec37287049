package deliver

// SendArgs asks to send a message by mail.
type SendArgs struct {
	AccountID string `json:"accountId"`
	MessageID string `json:"messageId"`
}

// Kind names the job.
func (SendArgs) Kind() string { return "send-email" }

// KindAliases are names of such jobs that may be queued still.
func (SendArgs) KindAliases() []string { return []string{"send_email"} }
