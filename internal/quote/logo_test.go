package quote_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/quote"
	"parley/internal/store"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// drawer opens each upload as one picture; nil: the storage does not work.
type drawer []byte

func (d drawer) Open(context.Context, *ent.Attachment) (io.ReadCloser, error) {
	if d == nil {
		return nil, errors.New("the storage does not work")
	}
	return io.NopCloser(bytes.NewReader(d)), nil
}

// CO-7: what a logo is refused for, and that a fault of the storage is not the caller's.
func TestLogoIsRefused(t *testing.T) {
	t.Parallel()
	testkit.EachStore(t, clock.System{}, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var drawn bytes.Buffer
		check.NoError(t, png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 2, 2))))
		upload := func(by string, size int, scan vocab.ScanState) string {
			fileID := id.New(id.Attachment)
			w.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Attachment.Create().SetID(fileID).SetInboxID(w.InboxIDs[0]).SetUploaderKind(viewer.Agent).SetUploaderID(by).SetFileName("logo.png").
					SetContentType("image/png").SetSize(size).SetHash("hash").SetBlobKey(fileID).SetScan(scan).SetCreatedAt(tx.Now()).Exec(ctx)
			})
			return fileID
		}
		for name, of := range map[string]struct {
			fileID string
			files  drawer
			code   errs.Code
		}{
			"too large":         {upload(w.AgentIDs[0], quote.MaxLogoBytes+1, vocab.ScanClean), drawn.Bytes(), errs.TooLong},
			"a virus":           {upload(w.AgentIDs[0], 10, vocab.ScanInfected), drawn.Bytes(), errs.Invalid},
			"another's upload":  {upload(w.AdminID, 10, vocab.ScanClean), drawn.Bytes(), errs.NotFound},
			"none":              {id.New(id.Attachment), drawn.Bytes(), errs.NotFound},
			"not a picture":     {upload(w.AgentIDs[0], 10, vocab.ScanClean), drawer("hello"), errs.Invalid},
			"no storage":        {upload(w.AgentIDs[0], 10, vocab.ScanClean), nil, ""},
			"a picture (taken)": {upload(w.AgentIDs[0], 10, vocab.ScanClean), drawn.Bytes(), ""},
		} {
			service := quote.New(s, "https://parley.example.com/", of.files)
			_, err := service.Create(w.Agent(0), quote.CreateQuoteInput{QuoteFacts: facts(func(f *quote.QuoteFacts) { f.SenderLogoID = opt.Of(of.fileID) })})
			switch {
			case of.code != "":
				check.Refused(t, err, of.code, "senderLogoId")
			case (err == nil) != (of.files != nil) || errs.Of(err) != nil:
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
