package view

import (
	"context"

	"parley/ent"
	"parley/internal/paging"
)

// Page is one page of a list of conversations.
type Page struct {
	paging.Connection[*ent.Conversation]
	// Count counts the whole list; nil above 10,000. It runs only where the
	// total is asked for.
	Count func(ctx context.Context) (*int, error)
	// Sequence is the number of the log up to which the page has everything, where
	// it was not read for the answer that it is part of; else 0.
	Sequence int64
}

// TotalCount returns how many conversations the whole list has; nil above 10,000.
func (p *Page) TotalCount(ctx context.Context) (*int, error) { return p.Count(ctx) }
