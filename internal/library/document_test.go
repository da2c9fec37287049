package library_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"parley/ent"
	entevent "parley/ent/event"
	entshare "parley/ent/libraryshare"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/library"
	"parley/internal/opt"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const browser = "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0"

// timed is each, with a clock that the test turns.
func timed(t *testing.T, test func(w *world, turned *clock.Turned)) {
	t.Helper()
	testkit.EachDatabase(t, func(t *testing.T, db testkit.Database) {
		turned := clock.At(time.Now().Truncate(time.Second))
		test(newWorld(t, db.Open(t, turned)), turned)
	})
}

// upload makes an upload of the first agent's.
func (w *world) upload(contentType string, size int) string {
	w.t.Helper()
	fileID := id.New(id.Attachment)
	w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
		return tx.Client.Attachment.Create().SetID(fileID).SetInboxID(w.InboxIDs[0]).SetUploaderKind(viewer.Agent).SetUploaderID(w.AgentIDs[0]).
			SetFileName("prices").SetContentType(contentType).SetSize(size).SetHash(strings.Repeat("ab", 32)).SetBlobKey(fileID).
			SetScan(vocab.ScanClean).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	return fileID
}

// document makes a document; change alters how.
func (w *world) document(change func(*create)) (*ent.LibraryItem, error) {
	in := create{Kind: vocab.DocumentItem, Name: "Price list"}
	change(&in)
	return w.Create(w.Agent(0), in)
}

// sends sends an item to the contact of the first conversation, and returns the link of its
// own.
func (w *world) sends(item *ent.LibraryItem) *ent.LibraryShare {
	w.t.Helper()
	message := id.New(id.Message)
	w.Write(w.Agent(0), func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Get(ctx, w.ConversationIDs[0])
		if err != nil {
			return err
		}
		_, err = w.Send(ctx, tx, library.Occasion{Conversation: c, AuthorID: w.AgentIDs[0]}, message, []string{item.ID})
		return err
	})
	return check.Must(w.Store.Client(w.System).LibraryShare.Query().Where(entshare.MessageID(message)).Only(w.System))(w.t)
}

// reload is a link as it is now.
func (w *world) reload(share *ent.LibraryShare) *ent.LibraryShare {
	w.t.Helper()
	return check.Must(w.Store.Client(w.System).LibraryShare.Get(w.System, share.ID))(w.t)
}

// opened lists the openings of a link, the latest first.
func (w *world) opened(share *ent.LibraryShare) []*ent.LibraryOpening {
	w.t.Helper()
	pages := check.Must(w.OpeningsOf(w.Agent(0), []*ent.LibraryShare{share}, paging.PageArgs{}))(w.t)
	return pages[0].Nodes()
}

// CO-9: a document is one file or one page: what was given last; its links show that.
func TestVersions(t *testing.T) {
	t.Parallel()
	timed(t, func(w *world, turned *clock.Turned) {
		t := w.t
		first, second := w.upload("application/pdf", 9), w.upload("image/png", 10)
		item := check.Must(w.document(func(in *create) { in.AttachmentIDs = opt.List(first) }))(t)
		share := w.sends(item)
		turned.Advance(10 * time.Second)
		shows := func(want string) {
			t.Helper()
			file := check.Must(w.File(t.Context(), share.Token, library.Visit{UserAgent: browser, Reads: true}))(t)
			check.Same(t, file.ID, want)
			files := check.Must(w.FilesOf(w.Agent(0), []*ent.LibraryItem{item}))(t)
			check.Same(t, files[0][0].ID, want)
		}
		shows(first)
		change := func(f library.ItemFacts) {
			t.Helper()
			item = check.Must(w.Update(w.Agent(0), library.UpdateLibraryItemInput{LibraryItemID: item.ID, ItemFacts: f}))(t)
		}
		change(library.ItemFacts{AttachmentIDs: opt.List(second)})
		shows(second)
		check.Same(t, item.Revision, 2)
		versions := check.Must(w.VersionsOf(w.Agent(0), []*ent.LibraryItem{item}))(t)
		check.Same(t, []string{versions[0][0].ID, versions[0][1].ID}, []string{second, first})
		change(library.ItemFacts{AttachmentIDs: opt.List(first)})
		shows(first)
		change(library.ItemFacts{AttachmentIDs: opt.List(first)})
		check.Same(t, item.Revision, 3)
		change(library.ItemFacts{URL: opt.Of("https://example.com/prices")})
		got := check.Must(w.Open(t.Context(), share.Token, library.Visit{UserAgent: browser, Reads: true}))(t)
		check.Same(t, got.Target, "https://example.com/prices")
		check.Same(t, len(w.opened(share)), 1)
		change(library.ItemFacts{URL: opt.Null[string]()})
		shows(first)
		for range library.MaxVersions {
			change(library.ItemFacts{AttachmentIDs: opt.List(w.upload("application/pdf", 3))})
		}
		versions = check.Must(w.VersionsOf(w.Agent(0), []*ent.LibraryItem{item}))(t)
		check.Same(t, len(versions[0]), library.MaxVersions)

		check.Must(w.Archive(w.Agent(0), library.ArchiveLibraryItemInput{LibraryItemID: item.ID}))(t)
		check.Must(w.File(t.Context(), share.Token, library.Visit{}))(t)
		check.Must(w.Delete(w.Agent(0), library.DeleteLibraryItemInput{LibraryItemID: item.ID}))(t)
		_, err := w.File(t.Context(), share.Token, library.Visit{})
		check.Refused(t, err, errs.NotFound)

		for _, bad := range []struct {
			change func(*create)
			code   errs.Code
			field  string
		}{
			{func(*create) {}, errs.Required, "url"},
			{func(in *create) { in.AttachmentIDs = opt.List(second, first) }, errs.Invalid, "attachmentIds"},
			{func(in *create) { in.AttachmentIDs, in.URL = opt.List(second), opt.Of("https://example.com") }, errs.Invalid, "attachmentIds"},
			{func(in *create) { in.AttachmentIDs = opt.List("x") }, errs.NotFound, "attachmentIds.0"},
			{func(in *create) { in.URL, in.LinkExpiresAfterDays = opt.Of("https://example.com"), opt.Of(0) }, errs.Invalid, "linkExpiresAfterDays"},
			{func(in *create) { in.URL, in.DurationSeconds = opt.Of("https://example.com"), opt.Of(5) }, errs.Invalid, "durationSeconds"},
			{func(in *create) { in.URL, in.Markdown = opt.Of("https://example.com"), opt.Of("x") }, errs.Invalid, "markdown"},
			{func(in *create) { in.URL, in.ImageAttachmentID = opt.Of("https://example.com"), opt.Of("x") }, errs.NotFound, "imageAttachmentId"},
			{func(in *create) {
				in.URL, in.ImageAttachmentID = opt.Of("https://example.com"), opt.Of(w.upload("application/pdf", 1))
			}, errs.Invalid, "imageAttachmentId"},
			{func(in *create) {
				in.URL, in.ImageAttachmentID = opt.Of("https://example.com"), opt.Of(w.upload("image/png", library.MaxPicture+1))
			}, errs.TooLong, "imageAttachmentId"},
		} {
			_, err := w.document(bad.change)
			check.Refused(t, err, bad.code, strings.Split(bad.field, ".")...)
		}
	})
}

// CO-9: what a page tells is kept: an opening by a person, how long, whether again, and the
// download. Programs are counted apart, and what no page of ours can say is left out.
func TestOpenings(t *testing.T) {
	t.Parallel()
	timed(t, func(w *world, turned *clock.Turned) {
		t := w.t
		item := check.Must(w.document(func(in *create) { in.AttachmentIDs = opt.List(w.upload("application/pdf", 9)) }))(t)
		share, human := w.sends(item), library.Visit{UserAgent: browser, Reads: true}
		open := func(v library.Visit) string {
			t.Helper()
			return check.Must(w.Open(t.Context(), share.Token, v))(t).OpeningID
		}
		counts := func(people, others int) {
			t.Helper()
			now := w.reload(share)
			check.Same(t, []int{now.OpenCount, now.ProgramCount}, []int{people, others})
		}
		seen := func(openingID string, seconds int) {
			t.Helper()
			if err := w.Seen(t.Context(), share.Token, openingID, seconds, human); err != nil {
				t.Fatal(err)
			}
		}
		check.Same(t, open(human), "") // a scanner: at once
		turned.Advance(10 * time.Second)
		check.Same(t, open(library.Visit{UserAgent: browser}), "") // HEAD
		check.Same(t, open(library.Visit{UserAgent: "Slackbot 1.0", Reads: true}), "")
		counts(0, 3)
		page := open(human)
		counts(0, 4) // until its script runs
		seen(page, 0)
		counts(1, 3)
		turned.Advance(time.Minute)
		seen(page, 30)
		seen(page, 20)
		seen(page, 1_000_000)
		check.Same(t, w.opened(share)[0].Seconds, 60)
		seen(id.New(id.LibraryOpening)+"x", 1)
		seen("x", 1)
		counts(1, 3)

		keeps := human
		keeps.Downloads, keeps.OpeningID = true, open(human)
		check.Must(w.File(t.Context(), share.Token, keeps))(t)
		counts(2, 3)
		list := w.opened(share)
		check.Same(t, []bool{list[0].Again, list[0].DownloadedAt.IsSet(), list[1].Again, list[1].DownloadedAt.IsSet()}, []bool{true, true, false, false})
		check.Same(t, list[0].ContactID, w.ContactID)
		events := check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.TypeEQ(vocab.DocumentOpened)).All(w.System))(t)
		check.Same(t, len(events), 1)
		check.Same(t, []string{events[0].SubjectID, events[0].ConversationID, events[0].InboxID}, []string{share.ID, w.ConversationIDs[0], w.InboxIDs[0]})
		turned.Advance(25 * time.Hour)
		seen(page, 3_000)
		check.Same(t, w.opened(share)[1].Seconds, 60)
		for range 5 { // no more pages count than were given out
			seen(id.New(id.LibraryOpening), 1)
		}
		counts(5, 0)
		stranger := newWorld(t, w.Store)
		other := check.Must(w.OpeningsOf(stranger.Admin, []*ent.LibraryShare{share}, paging.PageArgs{}))(t)
		check.Same(t, len(other[0].Nodes()), 0)

		theirs := stranger.sends(check.Must(stranger.document(func(in *create) { in.AttachmentIDs = opt.List(stranger.upload("application/pdf", 9)) }))(t))
		turned.Advance(10 * time.Second)
		check.Must(w.Open(t.Context(), theirs.Token, human))(t)
		if err := w.Seen(t.Context(), theirs.Token, page, 1, human); !errs.Is(err, errs.NotFound) { // an opening of the first account's
			t.Errorf("an opening of another account: %v", err)
		}
		check.Same(t, stranger.reload(theirs).OpenCount, 0)
	})
}

// CO-9: whoever has a link can open it without end; so much of it is kept.
func TestOpeningsWithoutEnd(t *testing.T) {
	t.Parallel()
	timed(t, func(w *world, turned *clock.Turned) {
		t := w.t
		share := w.sends(check.Must(w.document(func(in *create) { in.AttachmentIDs = opt.List(w.upload("application/pdf", 9)) }))(t))
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.LibraryShare.UpdateOneID(share.ID).SetOpenCount(library.MaxOpenings - 1).Exec(ctx)
		})
		turned.Advance(10 * time.Second)
		human := library.Visit{UserAgent: browser, Reads: true}
		for range 3 {
			page := check.Must(w.Open(t.Context(), share.Token, human))(t)
			if err := w.Seen(t.Context(), share.Token, page.OpeningID, 1, human); err != nil {
				t.Fatal(err)
			}
		}
		now := w.reload(share)
		check.Same(t, []int{now.OpenCount, now.ProgramCount, len(w.opened(share))}, []int{library.MaxOpenings, 2, 1})
	})
}

// CO-9: a link expires, is revoked once, and asks who opens it.
func TestLinksOfDocuments(t *testing.T) {
	t.Parallel()
	timed(t, func(w *world, turned *clock.Turned) {
		t := w.t
		human := library.Visit{UserAgent: browser, Reads: true}
		item := check.Must(w.document(func(in *create) {
			in.AttachmentIDs, in.AsksForEmail, in.LinkExpiresAfterDays = opt.List(w.upload("application/pdf", 9)), opt.Of(true), opt.Of(2)
		}))(t)
		share, other := w.sends(item), w.sends(item)
		turned.Advance(10 * time.Second)
		asked := check.Must(w.Open(t.Context(), share.Token, human))(t)
		check.Same(t, []any{asked.AsksEmail, asked.File == nil, asked.Refusal, asked.Pass}, []any{true, true, "", ""})
		_, err := w.File(t.Context(), share.Token, human)
		check.Refused(t, err, errs.NotFound)
		says := func(email string) *library.Opened {
			t.Helper()
			v := human
			v.Email = &email
			return check.Must(w.Open(t.Context(), share.Token, v))(t)
		}
		if got := says("no address"); !got.AsksEmail || got.Refusal == "" {
			t.Errorf("no address opens %+v", got)
		}
		got := says(" Ada@Example.com ")
		check.Same(t, []any{got.AsksEmail, got.File != nil}, []any{false, true})
		human.Pass = got.Pass
		check.Must(w.File(t.Context(), share.Token, human))(t)
		_, err = w.File(t.Context(), other.Token, human)
		check.Refused(t, err, errs.NotFound)
		list := w.opened(share)
		check.Same(t, []any{len(list), list[0].Email, list[0].ID}, []any{1, "ada@example.com", got.OpeningID})

		in := library.RevokeLibraryShareInput{LibraryShareID: other.ID}
		_, err = w.RevokeShare(newWorld(t, w.Store).Admin, in)
		check.Refused(t, err, errs.NotFound, "libraryShareId")
		revoked := check.Must(w.RevokeShare(w.Agent(0), in))(t)
		check.Same(t, revoked.RevokedAt.IsSet(), true)
		check.Must(w.RevokeShare(w.Agent(0), in))(t)
		_, err = w.Open(t.Context(), other.Token, human)
		check.Refused(t, err, errs.NotFound)
		n := check.Must(w.Store.Client(w.System).Event.Query().Where(entevent.TypeEQ(vocab.LibraryShareRevoked)).Count(w.System))(t)
		check.Same(t, n, 1)
		turned.Advance(48 * time.Hour)
		_, err = w.Open(t.Context(), share.Token, human)
		check.Refused(t, err, errs.NotFound)
	})
}

// CO-8, CO-9: while the account asks for consent, openings and clicks are kept only with one
// to process; the link works without.
func TestOpeningsNeedConsent(t *testing.T) {
	t.Parallel()
	timed(t, func(w *world, turned *clock.Turned) {
		t := w.t
		item := check.Must(w.document(func(in *create) {
			in.AttachmentIDs, in.AsksForEmail = opt.List(w.upload("application/pdf", 9)), opt.Of(true)
		}))(t)
		meeting := w.sends(check.Must(w.Create(w.Agent(0), create{Kind: vocab.MeetingLinkItem, Name: "Demo", ItemFacts: library.ItemFacts{URL: opt.Of("https://cal.example.com/ana")}}))(t))
		share, human := w.sends(item), library.Visit{UserAgent: browser, Reads: true}
		turned.Advance(10 * time.Second)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.Account.UpdateOneID(w.AccountID).SetGdprEnabled(true).Exec(ctx)
		})
		got := check.Must(w.Open(t.Context(), share.Token, human))(t)
		check.Same(t, []any{got.AsksEmail, got.File != nil, got.OpeningID}, []any{false, true, ""})
		human.Downloads, human.OpeningID = true, id.New(id.LibraryOpening)
		check.Must(w.File(t.Context(), share.Token, human))(t)
		now := w.reload(share)
		check.Same(t, []int{len(w.opened(share)), now.OpenCount, now.ProgramCount}, []int{0, 0, 0})
		follow := func() int {
			got := check.Must(w.Open(t.Context(), meeting.Token, library.Visit{UserAgent: browser, Reads: true}))(t)
			check.Same(t, got.Target, "https://cal.example.com/ana")
			return w.reload(meeting).OpenCount
		}
		check.Same(t, follow(), 0)
		w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.ConsentRecord.Create().SetID(id.New(id.Consent)).SetContactID(w.ContactID).SetInboxID(w.InboxIDs[0]).
				SetKind(vocab.ConsentProcess).SetBasis(vocab.BasisExplicit).SetTextVersion("1").SetGivenAt(tx.Now()).Exec(ctx)
		})
		got = check.Must(w.Open(t.Context(), share.Token, library.Visit{UserAgent: browser, Reads: true}))(t)
		check.Same(t, got.AsksEmail, true)
		check.Same(t, follow(), 1)
	})
}

// CO-6, CO-12: a video's card has its poster, at an address that only who has seen it
// knows, and its length; one that is a page elsewhere leads there.
func TestVideos(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		t := w.t
		poster := w.upload("image/png", 10)
		video := func(facts library.ItemFacts) (*ent.LibraryItem, error) {
			return w.Create(w.Agent(0), create{Kind: vocab.VideoItem, Name: "Tour", ItemFacts: facts})
		}
		facts := library.ItemFacts{URL: opt.Of("https://www.youtube.com/watch?v=dQw4w9WgXcQ")}
		facts.DurationSeconds, facts.ImageAttachmentID = opt.Of(185), opt.Of(poster)
		item := check.Must(video(facts))(t)
		inserted := check.Must(w.Insert(w.Agent(0), library.InsertLibraryItemInput{LibraryItemID: item.ID}))(t)
		picture := "https://parley.example.com/library-images/" + poster + "/" + strings.Repeat("ab", 16)
		check.Same(t, *inserted.Card, vocab.MessageCard{
			Kind: vocab.VideoItem, LibraryItemID: item.ID, Title: "Tour", URL: "https://www.youtube.com/watch?v=dQw4w9WgXcQ", ButtonText: "Watch",
			ImageURL: picture, Seconds: 185,
		})
		check.Same(t, check.Must(w.Picture(t.Context(), poster, strings.Repeat("ab", 16)))(t).ID, poster)
		for _, key := range []string{"", strings.Repeat("ab", 15), strings.Repeat("ac", 16)} {
			_, err := w.Picture(t.Context(), poster, key)
			check.Refused(t, err, errs.NotFound)
		}
		in := library.UpdateLibraryItemInput{LibraryItemID: item.ID}
		in.ImageAttachmentID = opt.Of(w.upload("image/webp", 10))
		check.Must(w.Update(w.Agent(0), in))(t)
		check.Must(w.Picture(t.Context(), poster, strings.Repeat("ab", 16)))(t) // cards that were sent keep theirs

		film := w.upload("video/mp4", 10)
		own := check.Must(video(library.ItemFacts{AttachmentIDs: opt.List(film)}))(t)
		if got := w.sends(own); got.URL != "" || got.Title != "Tour" {
			t.Errorf("sent as %+v", got)
		}
		_, err := w.File(t.Context(), "unknown", library.Visit{})
		check.Refused(t, err, errs.NotFound)
		_, err = video(library.ItemFacts{AttachmentIDs: opt.List(w.upload("application/pdf", 10))})
		check.Refused(t, err, errs.Invalid, "attachmentIds", "0")
		_, err = w.document(func(in *create) { in.AttachmentIDs = opt.List(film) })
		check.Refused(t, err, errs.Invalid, "attachmentIds", "0")
		for page, fine := range map[string]bool{
			"https://youtu.be/dQw4w9WgXcQ": true, "https://vimeo.com/1": true, "https://www.loom.com/share/1": true, "https://example.com/a.MP4": true,
			"http://vimeo.com/1": false, "https://example.com/a": false, "https://vimeo.com": false, "https://notvimeo.com/1": false, "https://vimeo.com.example.com/1": false,
		} {
			_, err := video(library.ItemFacts{URL: opt.Of(page)})
			if fine && err != nil {
				t.Errorf("%s: %v", page, err)
			} else if !fine {
				check.Refused(t, err, errs.Invalid, "url")
			}
		}
	})
}
