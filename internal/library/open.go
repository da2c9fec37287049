package library

import (
	"context"
	"crypto/subtle"
	"regexp"
	"time"

	"parley/ent"
	entitem "parley/ent/libraryitem"
	entshare "parley/ent/libraryshare"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// SharePath is where the links lie that are sent; a token follows.
	SharePath = "/l/"
	// mostToken bounds what is looked up.
	mostToken = 64
	// scanned is how long after its sending a link is opened by programs: what checks mail
	// for bad links opens all of them at once.
	scanned = 5 * time.Second
	// clickedAgain is how much later an opening is an event of its own.
	clickedAgain = time.Hour
	// pageLives is for how long an opening goes on.
	pageLives = 24 * time.Hour
	// MaxOpenings is how many openings of a link are counted and kept: whoever has it can open
	// it as often as they like.
	MaxOpenings = 1_000
)

// program knows those who open links to look at them and not to read: previews, scanners,
// crawlers.
var program = regexp.MustCompile(`(?i)bot\b|bot/|crawl|spider|preview|scanner|facebookexternalhit|slackbot|whatsapp|telegram|curl|wget|python|java/|go-http-client|headless|okhttp|^$`)

// Visit is how a link is opened.
type Visit struct {
	UserAgent string
	// Reads: the page is asked for, and not only whether it is there.
	Reads bool
	// Email is who they say they are, where they were asked; nil: they sent no form.
	Email *string
	// Pass is what the page gave them that they got for it.
	Pass string
	// OpeningID is what the page counts as, and Downloads whether they keep the file.
	OpeningID string
	Downloads bool
}

// ByPerson reports whether a person may have opened a link that was made at a time; a page
// knows more, whose script runs.
func (v Visit) ByPerson(made, now clock.Micros) bool {
	return v.Reads && !program.MatchString(v.UserAgent) && now >= made.Add(scanned)
}

func (v Visit) byPerson(share *ent.LibraryShare, now clock.Micros) bool {
	return v.ByPerson(share.CreatedAt, now)
}

// Opened is what whoever opens a link gets.
type Opened struct {
	// Target is where it leads on; "": nowhere.
	Target string
	// Title and Description are what a page says, also one that leads on.
	Title, Description string
	// AsksEmail: they say first who they are. Refusal is what is wrong with what they said.
	AsksEmail bool
	Refusal   string
	// File is the newest version, Pass opens it, and OpeningID is what the page counts as;
	// "": it is not counted.
	File            *ent.LibraryFile
	Pass, OpeningID string
	PictureURL      string
}

// Open returns where a link leads that was sent, or what it shows, and counts the opening
// (CO-8, CO-9): what is not known to be a person is counted apart. A page is known to be
// read by a person once its script says so (Seen), or they keep the file. NOT_FOUND: there
// is no such link, or it leads on no longer.
func (s *Service) Open(ctx context.Context, token string, visit Visit) (*Opened, error) {
	ctx, share, err := s.findShare(ctx, token)
	if err != nil {
		return nil, err
	}
	person := visit.byPerson(share, s.store.Now())
	if share.URL != "" {
		if !person {
			return &Opened{Target: share.URL}, s.countProgram(ctx, share)
		}
		return &Opened{Target: share.URL}, s.countClick(ctx, share)
	}
	item, file, err := s.shown(ctx, share)
	if err != nil {
		return nil, err
	}
	tracked, err := s.mayTrack(ctx, share)
	if err != nil {
		return nil, err
	}
	opened := &Opened{Title: share.Title, Description: item.Content.Description, PictureURL: s.PictureURL(item)}
	n := noted{by: byPage}
	if share.AsksEmail && tracked {
		email := ""
		if visit.Email != nil && person {
			if email, err = account.CleanEmail(*visit.Email, "email"); err != nil {
				opened.Refusal = errs.Of(err).Message
			}
		}
		if email == "" {
			opened.AsksEmail = true
			if !person {
				return opened, s.countProgram(ctx, share)
			}
			return opened, nil
		}
		n = noted{by: byForm, email: email}
	}
	n.openingID = id.New(id.LibraryOpening)
	if file == nil {
		opened.Target, n.by = item.Content.URL, byForm // no page of ours tells more
	} else {
		opened.File, opened.Pass = file, share.Pass
	}
	switch {
	case !tracked:
		return opened, nil
	case !person || n.by == byPage:
		if person {
			opened.OpeningID = n.openingID
		}
		return opened, s.countProgram(ctx, share)
	}
	if file != nil {
		opened.OpeningID = n.openingID
	}
	return opened, s.noteOpening(ctx, share, n)
}

// File returns the newest version of a document for whoever has its link, and who they
// are if the link asks. Keeping it tells of a person. Errors are those of Open.
func (s *Service) File(ctx context.Context, token string, visit Visit) (*ent.LibraryFile, error) {
	ctx, share, err := s.findShare(ctx, token)
	if err != nil {
		return nil, err
	}
	if share.URL != "" {
		return nil, goneShare()
	}
	_, file, err := s.shown(ctx, share)
	if err != nil {
		return nil, err
	}
	tracked, err := s.mayTrack(ctx, share)
	switch {
	case err != nil:
		return nil, err
	case file == nil, tracked && share.AsksEmail && subtle.ConstantTimeCompare([]byte(visit.Pass), []byte(share.Pass)) != 1:
		return nil, goneShare()
	}
	if tracked && visit.Downloads && visit.byPerson(share, s.store.Now()) && id.Is(visit.OpeningID, id.LibraryOpening) {
		err = s.noteOpening(ctx, share, noted{openingID: visit.OpeningID, by: byPage, downloads: true})
	}
	return file, err
}

// Seen notes that a page is in sight, for so many seconds by now. What cannot be so is
// left out. Errors are those of Open.
func (s *Service) Seen(ctx context.Context, token, openingID string, seconds int, visit Visit) error {
	ctx, share, err := s.findShare(ctx, token)
	if err != nil {
		return err
	}
	if share.URL != "" || !id.Is(openingID, id.LibraryOpening) || !visit.byPerson(share, s.store.Now()) {
		return nil
	}
	tracked, err := s.mayTrack(ctx, share)
	if err != nil || !tracked {
		return err
	}
	return s.noteOpening(ctx, share, noted{openingID: openingID, by: byPage, seconds: seconds})
}

// nameable reports whether a text from an address may name something, and is no longer than
// that, in bytes.
func nameable(text string, most int) bool {
	return text != "" && len(text) <= most && store.Storable(text)
}

func goneShare() error { return errs.New(errs.NotFound, "There is no such link, or it was removed.") }

// findShare loads a link that still leads on, and makes the context one of its account.
func (s *Service) findShare(ctx context.Context, token string) (context.Context, *ent.LibraryShare, error) {
	if !nameable(token, mostToken) {
		return nil, nil, goneShare()
	}
	everywhere := viewer.NewContext(ctx, viewer.Everywhere("library"))
	share, err := s.store.Client(everywhere).LibraryShare.Query().Where(entshare.Token(token)).Only(everywhere)
	switch {
	case ent.IsNotFound(err):
		return nil, nil, goneShare()
	case err != nil:
		return nil, nil, err
	case share.RevokedAt.IsSet():
		return nil, nil, errs.New(errs.NotFound, "The sender has withdrawn this link.")
	case share.ExpiresAt.IsSet() && s.store.Now() >= share.ExpiresAt:
		return nil, nil, errs.New(errs.NotFound, "This link has expired.")
	}
	return viewer.NewContext(ctx, viewer.System("library", share.AccountID)), share, nil
}

// shown returns what a link of a document shows now: a file, or its item's page.
func (s *Service) shown(ctx context.Context, share *ent.LibraryShare) (*ent.LibraryItem, *ent.LibraryFile, error) {
	item, err := s.store.Client(ctx).LibraryItem.Query().Where(entitem.ID(share.ItemID)).Only(ctx)
	if ent.IsNotFound(err) || err == nil && !item.Kind.HasVersions() {
		return nil, nil, goneShare()
	}
	if err != nil {
		return nil, nil, err
	}
	file, err := s.newestFile(ctx, item)
	if err == nil && (file == nil && item.Content.URL == "" || file != nil && file.Scan == vocab.ScanInfected) {
		err = goneShare()
	}
	return item, file, err
}

// mayTrack reports whether it may be kept who opened a link.
func (s *Service) mayTrack(ctx context.Context, share *ent.LibraryShare) (bool, error) {
	return MayTrack(ctx, s.store.Client(ctx), share.AccountID, share.ContactID, share.ConversationID)
}

// countProgram counts that a link was opened by what is not known to be a person.
func (s *Service) countProgram(ctx context.Context, share *ent.LibraryShare) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE library_shares SET program_count = program_count + 1 WHERE id = $1 AND account_id = $2", share.ID, share.AccountID)
		return err
	})
}

// countClick counts that a link was followed, if that may be kept; the first time, and
// after a while again, it is an event.
func (s *Service) countClick(ctx context.Context, share *ent.LibraryShare) error {
	if tracked, err := s.mayTrack(ctx, share); err != nil || !tracked {
		return err
	}
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		share, err := tx.Client.LibraryShare.Query().Where(entshare.ID(share.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // purged at the same moment
		}
		if err != nil {
			return err
		}
		return countOpening(ctx, tx, share, vocab.LibraryLinkClicked, share.ItemID)
	})
}

// countOpening counts that a person opened a link, whose row is locked.
func countOpening(ctx context.Context, tx *store.Tx, share *ent.LibraryShare, t vocab.EventType, subjectID string) error {
	if !share.OpenedAt.IsSet() {
		share.OpenedAt = tx.Now()
	}
	if !share.LastOpenedAt.IsSet() || tx.Now() >= share.LastOpenedAt.Add(clickedAgain) {
		tx.Append(ctx, store.Event{Type: t, InboxID: share.InboxID, ConversationID: share.ConversationID, SubjectID: subjectID})
	}
	return tx.Client.LibraryShare.UpdateOneID(share.ID).SetOpenCount(share.OpenCount + 1).SetProgramCount(share.ProgramCount).
		SetOpenedAt(share.OpenedAt).SetLastOpenedAt(tx.Now()).Exec(ctx)
}

// how it came to be known that a person opened a document.
type how int

const (
	byPage how = iota // its page, which was counted as a program's until then
	byForm            // they sent a form, or were led on
)

// noted is what becomes known of an opening.
type noted struct {
	openingID string
	by        how
	email     string
	seconds   int
	downloads bool
}

// noteOpening keeps what becomes known of an opening: a new one, or one that goes on. Pages that
// were never given out count as none.
func (s *Service) noteOpening(ctx context.Context, share *ent.LibraryShare, n noted) error {
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		share, err := tx.Client.LibraryShare.Query().Where(entshare.ID(share.ID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) {
			return nil // purged at the same moment
		}
		if err != nil {
			return err
		}
		o, err := tx.Client.LibraryOpening.Get(ctx, n.openingID)
		switch {
		case ent.IsNotFound(err) && (share.OpenCount >= MaxOpenings || n.by == byPage && (share.AsksEmail || share.ProgramCount == 0)):
			return nil
		case ent.IsNotFound(err):
			o, err = s.newOpening(ctx, tx, share, n)
			if ent.IsConstraintError(err) { // an opening of another account's, which its page cannot have
				return goneShare()
			}
		}
		if err != nil || o.ShareID != share.ID || tx.Now() >= o.OpenedAt.Add(pageLives) {
			return err
		}
		update := tx.Client.LibraryOpening.UpdateOneID(o.ID)
		if n.downloads && !o.DownloadedAt.IsSet() {
			update.SetDownloadedAt(tx.Now())
		}
		elapsed := int(tx.Now().Time().Sub(o.OpenedAt.Time()) / time.Second)
		if seconds := min(n.seconds, elapsed, MaxSeconds); seconds > o.Seconds {
			update.SetSeconds(seconds)
		}
		if len(update.Mutation().Fields()) == 0 {
			return nil
		}
		return update.Exec(ctx)
	})
}

func (s *Service) newOpening(ctx context.Context, tx *store.Tx, share *ent.LibraryShare, n noted) (*ent.LibraryOpening, error) {
	again := share.OpenCount > 0
	if n.by == byPage {
		share.ProgramCount--
	}
	if err := countOpening(ctx, tx, share, vocab.DocumentOpened, share.ID); err != nil {
		return nil, err
	}
	return tx.Client.LibraryOpening.Create().SetID(n.openingID).SetInboxID(share.InboxID).SetShareID(share.ID).SetConversationID(share.ConversationID).
		SetContactID(share.ContactID).SetEmail(n.email).SetAgain(again).SetOpenedAt(tx.Now()).Save(ctx)
}
