package bot

import (
	"context"
	"strconv"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entbot "parley/ent/bot"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/paging"
	"parley/internal/store"
)

// bots are listed by name.
var bots = store.Listing[ent.Bot]{
	Name: "bots", Kind: id.Bot, Column: entbot.FieldName, Text: func(b *ent.Bot) string { return b.Name }, ID: func(b *ent.Bot) string { return b.ID },
}

// Bots returns a page of the account's bots by name, on request with archived ones.
func (s *Service) Bots(ctx context.Context, includeArchived bool, args paging.PageArgs) (*paging.Connection[*ent.Bot], error) {
	return bots.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.Bot, error) {
		q := s.store.Client(ctx).Bot.Query()
		if !includeArchived {
			q.Where(entbot.ArchivedAt(clock.Micros(0)))
		}
		q.Modify(narrow)
		return q.All(ctx)
	}, strconv.FormatBool(includeArchived))
}
