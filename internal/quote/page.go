package quote

import (
	"context"
	"time"

	"parley/ent"
	entquote "parley/ent/quote"
	entversion "parley/ent/quoteversion"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// PagePath is where the pages of quotes lie; a token follows.
	PagePath = "/q/"
	// mostToken bounds what is looked up.
	mostToken = 64
	// viewedAgain is how much later a view is an event of its own.
	viewedAgain = time.Hour
	// pageLives is for how long a view goes on.
	pageLives = 24 * time.Hour
	// MaxViews is how many views of a quote are counted and kept: whoever has its link can open
	// it as often as they like.
	MaxViews = 1_000
	// maxSeconds is the longest that a view may be in sight.
	maxSeconds = 24 * 60 * 60
)

// Page is what the link of a quote shows.
type Page struct {
	Number  int
	State   vocab.QuoteState
	Version *ent.QuoteVersion
	// Zone is the time zone of the account.
	Zone *time.Location
	// ViewID is what the page counts as; "": it is not counted.
	ViewID string
	quote  *ent.Quote
}

// expired reports whether a quote can no longer be accepted, whether or not that was
// recorded already.
func expired(q *ent.Quote, now clock.Micros) bool {
	return q.State == vocab.QuotePublished && q.ValidUntil.IsSet() && q.ValidUntil <= now
}

func gone() error { return errs.New(errs.NotFound, "There is no such quote, or it was removed.") }

// WithdrawnError is NOT_FOUND: a quote was withdrawn.
type WithdrawnError struct {
	// Language is the quote's.
	Language string
}

func (*WithdrawnError) Error() string { return "the quote was withdrawn" }

// Unwrap returns what callers of the API are to know.
func (*WithdrawnError) Unwrap() error {
	return errs.New(errs.NotFound, "The sender has withdrawn this quote.")
}

// find loads what a link shows now, and makes the context one of its account.
func (s *Service) find(ctx context.Context, token string) (context.Context, *Page, error) {
	if token == "" || len(token) > mostToken || !store.Storable(token) {
		return nil, nil, gone()
	}
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("quotes"))
	q, err := s.store.Client(everywhere).Quote.Query().Where(entquote.Token(token)).Only(everywhere)
	switch {
	case ent.IsNotFound(err):
		return nil, nil, gone()
	case err != nil:
		return nil, nil, err
	case q.State == vocab.QuoteRevoked:
		return nil, nil, &WithdrawnError{Language: q.Content.Language}
	}
	ctx = viewer.NewContext(ctx, viewer.System("quotes", q.AccountID))
	page, err := s.pageOf(ctx, s.store.Client(ctx), q)
	return ctx, page, err
}

// pageOf is what the link of a quote shows.
func (s *Service) pageOf(ctx context.Context, client *ent.Client, q *ent.Quote) (*Page, error) {
	v, err := client.QuoteVersion.Query().Where(entversion.QuoteID(q.ID), entversion.Number(q.Version)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, gone() // deleted at the same moment
	}
	if err != nil {
		return nil, err
	}
	a, err := client.Account.Get(ctx, q.AccountID)
	if err != nil {
		return nil, err
	}
	page := &Page{Number: q.Number, State: q.State, Version: v, Zone: zoneOf(a), quote: q}
	if expired(q, s.store.Now()) {
		page.State = vocab.QuoteExpired
	}
	return page, nil
}

// zoneOf is the time zone of an account.
//
//errors:contained
func zoneOf(a *ent.Account) *time.Location {
	zone, err := time.LoadLocation(a.TimeZone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Open returns what the link of a quote shows (CO-7), and counts that it was opened, as for a
// document: it is known to be read by a person once its script says so, or they keep it as
// PDF. NOT_FOUND: there is no such quote, or it was withdrawn.
func (s *Service) Open(ctx context.Context, token string, visit library.Visit) (*Page, error) {
	ctx, page, err := s.find(ctx, token)
	if err != nil {
		return nil, err
	}
	tracked, err := s.mayTrack(ctx, page.quote)
	if err != nil || !tracked {
		return page, err
	}
	if visit.ByPerson(page.quote.PublishedAt, s.store.Now()) {
		page.ViewID = id.New(id.QuoteView)
	}
	return page, s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE quotes SET program_count = program_count + 1 WHERE id = $1 AND account_id = $2", page.quote.ID, page.quote.AccountID)
		return err
	})
}

// Paper returns what a link shows to be printed. Keeping it tells of a person. Errors are
// those of Open.
func (s *Service) Paper(ctx context.Context, token string, visit library.Visit) (*Page, error) {
	ctx, page, err := s.find(ctx, token)
	if err != nil || !visit.Downloads {
		return page, err
	}
	return page, s.noteView(ctx, page, noted{viewID: visit.OpeningID, downloads: true}, visit)
}

// Seen notes that a page is in sight, for so many seconds by now. What cannot be so is left
// out. Errors are those of Open.
func (s *Service) Seen(ctx context.Context, token, viewID string, seconds int, visit library.Visit) error {
	ctx, page, err := s.find(ctx, token)
	if err != nil {
		return err
	}
	return s.noteView(ctx, page, noted{viewID: viewID, seconds: seconds}, visit)
}

// mayTrack reports whether it may be kept who read a quote, as for a document (CO-9).
func (s *Service) mayTrack(ctx context.Context, q *ent.Quote) (bool, error) {
	return library.MayTrack(ctx, s.store.Client(ctx), q.AccountID, q.ContactID, value(q.ConversationID))
}

// noted is what becomes known of a view.
type noted struct {
	viewID    string
	seconds   int
	downloads bool
}

// noteView keeps what becomes known of a view, if that may be kept: a new one, or one that goes on. Pages that
// were never given out count as none.
func (s *Service) noteView(ctx context.Context, page *Page, n noted, visit library.Visit) error {
	if !id.Is(n.viewID, id.QuoteView) || !visit.ByPerson(page.quote.PublishedAt, s.store.Now()) {
		return nil
	}
	if tracked, err := s.mayTrack(ctx, page.quote); err != nil || !tracked {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		q, err := tx.Client.Quote.Query().Where(entquote.ID(page.quote.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // deleted at the same moment
		}
		if err != nil {
			return err
		}
		v, err := tx.Client.QuoteView.Get(ctx, n.viewID)
		if ent.IsNotFound(err) {
			if q.ViewCount >= MaxViews || q.ProgramCount == 0 {
				return nil
			}
			v, err = newView(ctx, tx, q, n.viewID, page.Version.Number)
			if ent.IsConstraintError(err) { // a view of another account's, which its page cannot have
				return gone()
			}
		}
		if err != nil || v.QuoteID != q.ID || tx.Now() >= v.ViewedAt.Add(pageLives) {
			return err
		}
		return goOn(ctx, tx, v, n)
	})
}

// goOn keeps what becomes known of a view that is there.
func goOn(ctx context.Context, tx *store.Tx, v *ent.QuoteView, n noted) error {
	update := tx.Client.QuoteView.UpdateOneID(v.ID)
	if n.downloads && !v.DownloadedAt.IsSet() {
		update.SetDownloadedAt(tx.Now())
	}
	elapsed := int(tx.Now().Time().Sub(v.ViewedAt.Time()) / time.Second)
	if seconds := min(n.seconds, elapsed, maxSeconds); seconds > v.Seconds {
		update.SetSeconds(seconds)
	}
	if len(update.Mutation().Fields()) == 0 {
		return nil
	}
	return update.Exec(ctx)
}

// newView counts that a person reads a quote, whose row is locked. The first time, and after
// a while again, it is an event.
func newView(ctx context.Context, tx *store.Tx, q *ent.Quote, viewID string, version int) (*ent.QuoteView, error) {
	again := q.ViewCount > 0
	if !q.LastViewedAt.IsSet() || tx.Now() >= q.LastViewedAt.Add(viewedAgain) {
		if err := recordEvent(ctx, tx, vocab.QuoteViewedEvent, q); err != nil {
			return nil, err
		}
	}
	if !q.ViewedAt.IsSet() {
		q.ViewedAt = tx.Now()
	}
	err := tx.Client.Quote.UpdateOneID(q.ID).SetViewCount(q.ViewCount + 1).SetProgramCount(q.ProgramCount - 1).SetViewedAt(q.ViewedAt).
		SetLastViewedAt(tx.Now()).Exec(ctx)
	if err != nil {
		return nil, err
	}
	return tx.Client.QuoteView.Create().SetID(viewID).SetQuoteID(q.ID).SetContactID(q.ContactID).SetVersion(version).SetAgain(again).
		SetViewedAt(tx.Now()).Save(ctx)
}
