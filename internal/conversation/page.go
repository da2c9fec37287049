package conversation

import (
	"context"

	"parley/ent"
	"parley/internal/relay"
)

// Page is one page of a list of conversations.
type Page struct {
	relay.Connection[*ent.Conversation]
	// Count counts the whole list; nil above 10,000. It runs only where the
	// total is asked for.
	Count func(ctx context.Context) (*int, error)
}

// TotalCount returns how many conversations the whole list has; nil above 10,000.
func (p *Page) TotalCount(ctx context.Context) (*int, error) { return p.Count(ctx) }

// MessagePage is one page of a conversation's messages.
type MessagePage struct {
	relay.Connection[*ent.Message]
	// TotalCount is how many messages and notes the conversation has.
	TotalCount int
}

// SearchHit is what a search found (IN-5). Message is nil if the words stand
// in the header: subject and contact. Excerpt is HTML in which <mark> marks
// the found words and all else is escaped.
type SearchHit struct {
	Conversation *ent.Conversation
	Message      *ent.Message
	Excerpt      string

	document int64
}
