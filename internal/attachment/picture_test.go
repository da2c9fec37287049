package attachment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"hash/crc32"
	"image"
	pngs "image/png"
	"strings"
	"testing"
	"time"

	"parley/internal/attachment"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// sized is a PNG that says of itself that it has so many pixels.
func sized(t *testing.T, width, height uint32) string {
	t.Helper()
	var b bytes.Buffer
	if err := pngs.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	raw := b.Bytes()
	binary.BigEndian.PutUint32(raw[16:], width)
	binary.BigEndian.PutUint32(raw[20:], height)
	binary.BigEndian.PutUint32(raw[29:], crc32.ChecksumIEEE(raw[12:29]))
	return string(raw)
}

// tokenIn is the token in a file's address.
func tokenIn(address string) string {
	_, token, _ := strings.Cut(address, "?token=")
	return token
}

// CH-7: a small file of so many pixels that a browser would run out of memory is not
// shown in place.
func TestLargePictures(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		for _, c := range []struct {
			width, height uint32
			shown         bool
		}{{1, 1, true}, {4000, 3000, true}, {50_000, 50_000, false}, {65_000, 10, false}, {0, 0, false}} {
			a := w.upload(w.Agent(0), "a.png", sized(t, c.width, c.height))
			f, err := w.Download(t.Context(), a.ID, tokenIn(w.url(w.Agent(0), a)))
			if err != nil {
				t.Fatal(err)
			}
			if f.Shown != c.shown {
				t.Errorf("%d × %d: shown %t", c.width, c.height, f.Shown)
			}
			_ = f.Reader.Close()
		}
	})
}

// CH-7, AC-13: a file's address ends with the token that asked for it.
func TestAddressEndsWithItsToken(t *testing.T) {
	eachWorld(t, attachment.Options{}, func(t *testing.T, w *world) {
		a := w.upload(w.Agent(0), "a.txt", "Hello")
		v := *viewer.FromContext(w.Agent(0))
		v.TokenID = "revoked"
		ctx := viewer.NewContext(t.Context(), &v)
		_, err := w.Download(t.Context(), a.ID, tokenIn(w.url(ctx, a)))
		if !errs.Is(err, errs.Forbidden) {
			t.Errorf("got %v", err)
		}
	})
}

// CH-7: what waits to be sent is bounded for a network address too, since sessions
// cost nothing; what was sent waits no more.
func TestWaitingUploadsOfAnAddress(t *testing.T) {
	eachWorld(t, attachment.Options{VisitorPending: 1}, func(t *testing.T, w *world) {
		channel := viewer.FromContext(w.Visitor(0)).ChannelID
		try := func(remote string) error {
			v := id.New(id.Visitor)
			w.Fixture.Write(w.System, func(ctx context.Context, tx *store.Tx) error {
				return tx.Client.Visitor.Create().SetID(v).SetInboxID(w.InboxIDs[0]).SetChannelID(channel).SetCreatedAt(tx.Now()).Exec(ctx)
			})
			me := viewer.NewContext(t.Context(), &viewer.Viewer{Kind: viewer.Visitor, AccountID: w.AccountID, ActorID: v, ChannelID: channel})
			_, err := w.Upload(viewer.WithRemote(me, remote), attachment.UploadInput{FileName: "a.txt", File: strings.NewReader("Hello"), Size: 5})
			return err
		}
		for range 10 {
			if err := try("192.0.2.1"); err != nil {
				t.Fatal(err)
			}
		}
		if err := try("192.0.2.1"); !errs.Is(err, errs.TooLong) {
			t.Errorf("the eleventh from one address: %v", err)
		}
		if err := try("192.0.2.2"); err != nil {
			t.Errorf("from another: %v", err)
		}
		w.clock.Advance(day + time.Second)
		w.removeOrphans()
		if err := try("192.0.2.1"); err != nil {
			t.Errorf("after a day: %v", err)
		}
	})
}
