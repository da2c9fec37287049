package contact

import (
	"context"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/id"
	"parley/internal/relay"
	"parley/internal/search"
)

const (
	// defaultPage is how many rows a list has when nobody asks for another number.
	defaultPage = 20
	// walkLimit is the most rows that a query tests before it answers.
	walkLimit = 5000
	chunk     = 500
	// addressLimit is the most contacts that are looked up by an address.
	addressLimit = 1000
)

// List returns a page of the account's contacts, newest first: 20 unless asked
// otherwise. Each word of the query must begin a word of the name or of an
// address, whatever case and accents; a word with an @ is the beginning of an
// address, which an index finds. Other queries test the next 5,000 contacts and
// may return a short page with HasNextPage and a cursor to go on from. Errors
// of the query are those of search.Parse.
func (s *Service) List(ctx context.Context, query *string, args relay.PageArgs) (*relay.Connection[*ent.Contact], error) {
	page, err := args.Resolve(defaultPage)
	if err != nil {
		return nil, err
	}
	w := walk{client: s.store.Client(ctx), limit: page.Limit() + 1, narrow: func(*ent.ContactQuery) {}}
	text := ""
	if query != nil && strings.TrimSpace(*query) != "" {
		text = strings.Join(strings.Fields(*query), " ")
		if err := w.lookFor(ctx, text); err != nil {
			return nil, err
		}
	}
	fingerprint := relay.Fingerprint("contacts", text)
	from, given, err := page.Key(fingerprint, true, id.Contact)
	if err != nil {
		return nil, err
	}
	if given {
		w.from = &from
	}
	rows, stopped, err := w.rows(ctx)
	if err != nil {
		return nil, err
	}
	cursor := func(c *ent.Contact) string { return relay.EncodeCursor(fingerprint, true, keyOf(c)) }
	result := relay.Build(rows, page, cursor)
	if stopped != nil {
		end := cursor(stopped)
		result.PageInfo.HasNextPage, result.PageInfo.EndCursor = true, &end
	}
	return result, nil
}

func keyOf(c *ent.Contact) relay.Key { return relay.Key{Value: int64(c.CreatedAt), ID: c.ID} }

// walk goes through contacts, newest first, and collects those that match.
type walk struct {
	client *ent.Client
	limit  int
	from   *relay.Key
	// narrow leaves out what an index knows not to match.
	narrow func(*ent.ContactQuery)
	// query is nil for all contacts.
	query *search.Query
}

// lookFor narrows the walk to what a query finds.
func (w *walk) lookFor(ctx context.Context, text string) error {
	words := strings.Fields(strings.NewReplacer(`"`, " ", "*", " ").Replace(text))
	for i, word := range words {
		words[i] = word + "*"
	}
	q, err := search.Parse(strings.Join(words, " "))
	if err != nil {
		return err
	}
	w.query = &q
	for _, word := range words {
		if strings.Index(word, "@") > 0 {
			ids, err := idsByAddress(ctx, w.client, strings.ToLower(strings.TrimSuffix(word, "*")), addressLimit)
			w.narrow = among(slices.Compact(slices.Sorted(slices.Values(ids))))
			return err
		}
	}
	return nil
}

// rows returns up to limit contacts. stopped is the last one that was tested
// when the walk ended for its length.
func (w *walk) rows(ctx context.Context) (found []*ent.Contact, stopped *ent.Contact, err error) {
	for tested := 0; tested < walkLimit; {
		size := chunk
		if w.query == nil {
			size = w.limit
		}
		next, err := w.next(ctx, size)
		if err != nil {
			return nil, nil, err
		}
		matching, err := w.matching(ctx, next)
		if err != nil {
			return nil, nil, err
		}
		found = append(found, matching...)
		if len(found) >= w.limit {
			return found[:w.limit], nil, nil
		}
		if len(next) < size {
			return found, nil, nil
		}
		tested += len(next)
		stopped = next[len(next)-1]
		key := keyOf(stopped)
		w.from = &key
	}
	return found, stopped, nil
}

func (w *walk) next(ctx context.Context, size int) ([]*ent.Contact, error) {
	q := w.client.Contact.Query().Limit(size).
		Order(entcontact.ByCreatedAt(sql.OrderDesc()), entcontact.ByID(sql.OrderDesc()))
	w.narrow(q)
	if from := w.from; from != nil {
		q.Where(func(s *sql.Selector) {
			s.Where(sql.CompositeLT([]string{s.C(entcontact.FieldCreatedAt), s.C(entcontact.FieldID)}, from.Value, from.ID))
		})
	}
	return q.All(ctx)
}

func (w *walk) matching(ctx context.Context, contacts []*ent.Contact) ([]*ent.Contact, error) {
	if w.query == nil || len(contacts) == 0 {
		return contacts, nil
	}
	ids := make([]string, len(contacts))
	for i, c := range contacts {
		ids[i] = c.ID
	}
	addresses, err := addressesOf(ctx, w.client, ids)
	if err != nil {
		return nil, err
	}
	var found []*ent.Contact
	for _, c := range contacts {
		if w.query.Match(append(addresses[c.ID], c.Name)...) {
			found = append(found, c)
		}
	}
	return found, nil
}
