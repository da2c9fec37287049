package attachment_test

import (
	"context"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/testkit"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// IN-14: staff upload for conversations and inboxes that they see, visitors for
// their own (CH-7, AC-3).
func TestWhoMayUpload(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		other := testkit.Account(t, w.Fixture.Store)
		for name, c := range map[string]struct {
			ctx                 context.Context
			conversation, inbox string
			code                errs.Code
			field               string
		}{
			"StaffConversation":   {ctx: w.Agent(0), conversation: w.ConversationIDs[0]},
			"StaffInbox":          {ctx: w.Agent(0), inbox: w.InboxIDs[0]},
			"VisitorConversation": {ctx: w.Visitor(0), conversation: w.ConversationIDs[0]},
			"VisitorBeforeChat":   {ctx: w.Visitor(1)},
			"NotAMember":          {w.Agent(0), w.ConversationIDs[2], "", errs.NotFound, "to.conversationId"},
			"AdminNotAMember":     {w.Admin, "", w.InboxIDs[1], errs.NotFound, "to.inboxId"},
			"AnothersChat":        {w.Visitor(1), w.ConversationIDs[0], "", errs.NotFound, "conversationId"},
			"AnothersAccount":     {other.Admin, w.ConversationIDs[0], "", errs.NotFound, "to.conversationId"},
			"NoConversation":      {w.Agent(0), "1 OR 1=1", "", errs.NotFound, "to.conversationId"},
			"Nowhere":             {w.Agent(0), "", "", errs.Required, "to"},
			"Stranger":            {viewer.NewContext(t.Context(), viewer.Anonymous()), w.ConversationIDs[0], "", errs.Unauthenticated, ""},
		} {
			a, err := w.Upload(c.ctx, attachment.UploadInput{
				ConversationID: c.conversation, InboxID: c.inbox, File: strings.NewReader(png), FileName: "a.png",
			})
			if c.code != "" {
				refused(t, err, c.code, c.field)
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			v := viewer.FromContext(c.ctx)
			if a.InboxID != w.InboxIDs[0] || a.ConversationID != c.conversation || a.UploaderID != v.ActorID || a.UploaderKind != v.Kind ||
				a.ContentType != "image/png" || a.Size != len(png) || a.MessageID != "" || a.Scan != vocab.ScanNone {
				t.Errorf("%s: %v", name, a)
			}
		}
	})
}

// What cannot be kept is refused, and leaves nothing.
func TestBadFiles(t *testing.T) {
	eachWorld(t, attachment.Options{MaxBytes: 1000}, func(t *testing.T, w *world) {
		long := strings.Repeat("x", 1001)
		for name, c := range map[string]struct {
			file  io.Reader
			size  int64
			code  errs.Code
			field string
		}{
			"Empty":        {strings.NewReader(""), 0, errs.Invalid, "file"},
			"SaysTooLarge": {strings.NewReader("x"), 1001, errs.TooLong, "file"},
			"IsTooLarge":   {iotest.OneByteReader(strings.NewReader(long)), 1, errs.TooLong, "file"},
		} {
			_, err := w.Upload(w.Agent(0), attachment.UploadInput{ConversationID: w.ConversationIDs[0], File: c.file, Size: c.size, FileName: name})
			refused(t, err, c.code, c.field)
		}
		broken := io.MultiReader(strings.NewReader(long[:900]), iotest.ErrReader(io.ErrUnexpectedEOF))
		if _, err := w.Upload(w.Agent(0), attachment.UploadInput{ConversationID: w.ConversationIDs[0], File: broken}); err == nil {
			t.Error("half a file was taken")
		}
		if a := w.upload(w.Agent(0), "most", long[:1000]); a.Size != 1000 {
			t.Errorf("%d bytes", a.Size)
		}
		if keys := w.blobs(); len(keys) != 1 || w.rows() != 1 {
			t.Errorf("%d rows with the contents %v", w.rows(), keys)
		}
	})
}

// CH-7: from visitors nothing is taken that a computer would run, whatever it is
// called; a type is found in the content.
func TestVisitorsTypes(t *testing.T) {
	eachWorld(t, attachment.Options{VisitorPending: 1000}, func(t *testing.T, w *world) {
		const exe, page = "MZ\x90\x00\x03\x00\x00\x00\x04\x00", "<!DOCTYPE html><script>alert(1)</script>"
		for name, c := range map[string]struct {
			content string
			taken   bool
		}{
			"photo.png":   {png, true},
			"notes.txt":   {"Hello", true},
			"report.pdf":  {"%PDF-1.7\n", true},
			"all.zip":     {"PK\x03\x04\x14\x00", true},
			"setup.exe":   {exe, false},
			"setup.png":   {exe, false},
			"photo.gif":   {page, false},
			"page.txt":    {page, false},
			"logo.svg":    {`<svg xmlns="http://www.w3.org/2000/svg"></svg>`, false},
			"logo.png":    {`<svg xmlns="http://www.w3.org/2000/svg"></svg>`, false},
			"run.sh":      {"#!/bin/sh\n", false},
			"a.js":        {"alert(1)", false},
			"a.png.exe..": {png, false},
			"a.lnk":       {"Hello", false},
		} {
			_, err := w.Upload(w.Visitor(0), attachment.UploadInput{File: strings.NewReader(c.content), FileName: name})
			if c.taken && err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if !c.taken {
				refused(t, err, errs.Invalid, "file")
			}
			if _, err := w.Upload(w.Agent(0), attachment.UploadInput{InboxID: w.InboxIDs[0], File: strings.NewReader(c.content), FileName: name}); err != nil {
				t.Errorf("%s from staff: %v", name, err)
			}
		}
	})
}

// CH-7: a visitor has no more than so much waiting, however many come at once.
func TestVisitorsPending(t *testing.T) {
	eachWorld(t, attachment.Options{VisitorPending: 3, VisitorPendingBytes: 1000}, func(t *testing.T, w *world) {
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				_, err := w.Upload(w.Visitor(0), attachment.UploadInput{File: strings.NewReader("Hello"), FileName: "a.txt"})
				if err != nil {
					refused(t, err, errs.TooLong, "file")
				}
			})
		}
		group.Wait()
		if n, keys := w.rows(), w.blobs(); n != 3 || len(keys) != 3 {
			t.Errorf("%d files wait, with %d contents", n, len(keys))
		}
		_, err := w.Upload(w.Visitor(1), attachment.UploadInput{File: strings.NewReader(strings.Repeat("x", 1001)), FileName: "a.txt"})
		refused(t, err, errs.TooLong, "file")
	})
}

// CR-1: who may upload at all is not decided here.
func TestVisitorsAreAllowed(t *testing.T) {
	no := errs.New(errs.ConsentRequired, "Agree first.")
	eachWorld(t, attachment.Options{Allow: func(context.Context) error { return no }}, func(t *testing.T, w *world) {
		_, err := w.Upload(w.Visitor(0), attachment.UploadInput{File: strings.NewReader("Hello"), FileName: "a.txt"})
		refused(t, err, errs.ConsentRequired, "")
		w.upload(w.Agent(0), "a.txt", "Hello")
	})
}

// OP-3: the same key gives the same attachment, and one content.
func TestUploadAgain(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		key := "k"
		upload := func(content string) (string, error) {
			a, err := w.Upload(w.Agent(0), attachment.UploadInput{
				ConversationID: w.ConversationIDs[0], File: strings.NewReader(content), FileName: "a.txt", IdempotencyKey: &key,
			})
			if err != nil {
				return "", err
			}
			return a.ID, nil
		}
		first, err := upload("Hello")
		if err != nil {
			t.Fatal(err)
		}
		if again, err := upload("Hello"); err != nil || again != first {
			t.Errorf("%s, then %s (%v)", first, again, err)
		}
		_, err = upload("Bye")
		refused(t, err, errs.Conflict, "idempotencyKey")
		if keys := w.blobs(); len(keys) != 1 {
			t.Errorf("contents: %v", keys)
		}
	})
}

// Names lose what misleads people or file systems.
func TestNames(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		for _, c := range [][2]string{
			{"report.txt", "report.txt"},
			{"../../etc/passwd", "passwd"},
			{`C:\Users\ada\report.txt`, "report.txt"},
			{"..", "file.txt"},
			{"", "file.txt"},
			{"  a \t b\r\nc.txt ", "a b c.txt"},
			{"invoice\u202Etxt.exe", "invoicetxt.exe"},
			{"zero\u200Bwidth\u0000.txt", "zerowidth.txt"},
			{"\u3164\u2800\u200B", "file.txt"},
			{"con", "_con"},
			{"NUL.txt", "_NUL.txt"},
			{"console.txt", "console.txt"},
			{`a<b>:"|?*.txt`, "a_b______.txt"},
			{"bad\xff.txt", "bad_.txt"},
			{"u\u0308bung.txt", "übung.txt"},
			{"setup.exe...", "setup.exe"},
			{strings.Repeat("ä", 300) + ".x", strings.Repeat("ä", 198) + ".x"},
		} {
			if got := w.upload(w.Agent(0), c[0], "Hello").FileName; got != c[1] {
				t.Errorf("%q became %q, want %q", c[0], got, c[1])
			}
		}
	})
}

// Whatever a name was, what is kept is one that can be shown and saved.
func TestAnyName(t *testing.T) {
	t.Parallel()
	db := testkit.Database{Name: "sqlite"}
	w := newWorld(t, db, attachment.Options{})
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.String().Draw(r, "name")
		a, err := w.Upload(w.Agent(0), attachment.UploadInput{InboxID: w.InboxIDs[0], File: strings.NewReader("x"), FileName: name})
		if err != nil {
			r.Fatal(err)
		}
		got := a.FileName
		if got == "" || utf8.RuneCountInString(got) > 200 || strings.ContainsAny(got, "/\\\x00\r\n\"") || strings.Trim(got, ".") == "" ||
			strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) {
			r.Fatalf("%q became %q", name, got)
		}
	})
}

// A virus, and a scanner that is down, keep people's files out.
func TestUploadsAreScanned(t *testing.T) {
	watch := &scanner{}
	eachWorld(t, attachment.Options{Scanner: watch}, func(t *testing.T, w *world) {
		if a := w.upload(w.Agent(0), "a.txt", "Hello"); a.Scan != vocab.ScanClean {
			t.Errorf("a clean file is %s", a.Scan)
		}
		_, err := w.Upload(w.Agent(0), attachment.UploadInput{InboxID: w.InboxIDs[0], File: strings.NewReader("A VIRUS"), FileName: "a.txt"})
		refused(t, err, errs.Invalid, "file")
		if e := errs.Of(err); e == nil || !strings.Contains(e.Message, "Test.Virus") {
			t.Errorf("%v does not name the virus", err)
		}
		if keys := w.blobs(); len(keys) != 1 {
			t.Errorf("contents: %v", keys)
		}
	})
}

func TestScannerIsDown(t *testing.T) {
	eachWorld(t, attachment.Options{Scanner: &scanner{errDown}}, func(t *testing.T, w *world) {
		_, err := w.Upload(w.Agent(0), attachment.UploadInput{InboxID: w.InboxIDs[0], File: strings.NewReader("Hello"), FileName: "a.txt"})
		refused(t, err, errs.Unavailable, "")
		if diff := cmp.Diff([]string(nil), w.blobs()); diff != "" {
			t.Error(diff)
		}
	})
}

// A large upload passes through: it is not held in memory. Nothing else runs
// beside this test.
func TestUploadsTakeNoMemory(t *testing.T) {
	w := newWorld(t, testkit.Database{Name: "sqlite"}, attachment.Options{Scanner: counting{}})
	const size, most = 25 << 20, 3 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	source := io.LimitReader(rand.NewChaCha8([32]byte{}), size)
	if _, err := w.Upload(w.Agent(0), attachment.UploadInput{InboxID: w.InboxIDs[0], File: source, FileName: "a.bin"}); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > most {
		t.Errorf("%d bytes were allocated for a file of %d", used, size)
	}
}

// counting is a scanner that reads all and finds nothing.
type counting struct{}

// Scan reads all.
func (counting) Scan(_ context.Context, content io.Reader) (string, error) {
	_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{content}, make([]byte, 32<<10))
	return "", err
}
