package webpush_test

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	gowebpush "github.com/SherClockHolmes/webpush-go"

	"parley/internal/clock"
	"parley/internal/egress"
	"parley/internal/webpush"
)

// NT-1: an address that leads into the network is refused when a push is sent, not only when its
// browser is registered: what a name leads to may have changed.
func TestInsideTheNetwork(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	t.Cleanup(inside.Close)
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	private, public, err := gowebpush.GenerateVAPIDKeys()
	if err != nil {
		t.Fatal(err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	b := webpush.Browser{Endpoint: inside.URL + "/push", P256dh: encode(key.PublicKey().Bytes()), Auth: encode(make([]byte, 16))}
	s := webpush.New(egress.New(nil), clock.System{}, "https://parley.example.com", nil)
	answer, err := s.Send(t.Context(), webpush.Keys{Public: public, Private: private}, b, webpush.Message{Payload: []byte("{}"), TTL: time.Minute})
	if err != nil || answer.Outcome != webpush.Refused || asked.Load() != 0 {
		t.Errorf("it is %+v (%v), and was asked %d times", answer, err, asked.Load())
	}
}
