package deliver

import (
	"testing"

	"parley/internal/conversation"
	"parley/internal/id"
)

// EM-6: only what quoteMark wrote leads to a quoted message; HTML that begins
// like a mark does not.
func TestQuotedMessage(t *testing.T) {
	t.Parallel()
	message := id.New(id.Message)
	mark := quoteMark(conversation.Outgoing{Quote: true, ReplyToMessageID: message})
	for text, want := range map[string]string{
		mark: message, mark + "<p>more</p>": "", "<p>" + mark: "", quoteOf: "", quoteOf + id.New(id.User): "", "<p>Hello</p>": "", "": "",
	} {
		if got := quotedMessage(text); got != want {
			t.Errorf("%q leads to %q, want %q", text, got, want)
		}
	}
}
