package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// device is a browser that a push service knows.
type device struct {
	t       *testing.T
	service *pushService
	path    string
	private *ecdh.PrivateKey
	auth    []byte
}

// pushService is one as browsers' vendors have it, on this machine.
type pushService struct {
	*httptest.Server
	mu       sync.Mutex
	browsers map[string]*device
	// answers are what it says next, at a path; none: 201.
	answers map[string][]func(http.ResponseWriter)
	got     chan gotPush
	asked   map[string]int
}

// gotPush is what a browser was pushed.
type gotPush struct {
	path, topic, urgency, ttl string
	payload                   map[string]any
	claims                    jwt.MapClaims
	key                       string
}

func newPushService(t *testing.T) *pushService {
	t.Helper()
	s := &pushService{browsers: map[string]*device{}, answers: map[string][]func(http.ResponseWriter){}, got: make(chan gotPush, 100), asked: map[string]int{}}
	s.Server = httptest.NewTLSServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *pushService) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return pool
}

func (s *pushService) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.Path]++
	b := s.browsers[r.URL.Path]
	var answer func(http.ResponseWriter)
	if list := s.answers[r.URL.Path]; len(list) > 0 {
		answer, s.answers[r.URL.Path] = list[0], list[1:]
	}
	s.mu.Unlock()
	if b == nil {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	p, err := b.read(r)
	if err != nil {
		b.t.Errorf("a push cannot be read: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if answer != nil {
		answer(w)
		return
	}
	s.got <- p
	w.WriteHeader(http.StatusCreated)
}

// answersWith has the service answer so, next, at a browser's address.
func (b *device) answersWith(answers ...func(http.ResponseWriter)) {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	b.service.answers[b.path] = answers
}

func status(code int, header ...string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
	}
}

// asks is how often a browser's address was pushed to.
func (b *device) asks() int {
	b.service.mu.Lock()
	defer b.service.mu.Unlock()
	return b.service.asked[b.path]
}

func (s *pushService) device(t *testing.T) *device {
	t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &device{t: t, service: s, private: private, auth: make([]byte, 16)}
	rand.Read(b.auth)
	s.mu.Lock()
	defer s.mu.Unlock()
	b.path = fmt.Sprintf("/push/%d", len(s.browsers))
	s.browsers[b.path] = b
	return b
}

func (b *device) fields() []any {
	return []any{
		"endpoint", b.service.URL + b.path, "p256dh", base64.RawURLEncoding.EncodeToString(b.private.PublicKey().Bytes()),
		"auth", base64.RawURLEncoding.EncodeToString(b.auth), "userAgent", "Firefox on Linux",
	}
}

// read decrypts a push as a browser does (RFC 8188, RFC 8291), and checks who sent it (RFC 8292).
func (b *device) read(r *http.Request) (p gotPush, err error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return p, err
	}
	if r.Header.Get("Content-Encoding") != "aes128gcm" || len(body) > 4096 || len(body) < 21 {
		return p, fmt.Errorf("%d bytes of %s", len(body), r.Header.Get("Content-Encoding"))
	}
	salt, size, length := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	sender, sealed := body[21:21+length], body[21+length:]
	if uint32(len(sealed)) > size {
		return p, fmt.Errorf("a record of %d bytes", len(sealed))
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return p, err
	}
	shared, err := b.private.ECDH(public)
	if err != nil {
		return p, err
	}
	info := "WebPush: info\x00" + string(b.private.PublicKey().Bytes()) + string(sender)
	ikm, err1 := hkdf.Key(sha256.New, shared, b.auth, info, 32)
	key, err2 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, err3 := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	block, err4 := aes.NewCipher(key)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return p, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return p, err
	}
	plain, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return p, err
	}
	text := strings.TrimRight(string(plain), "\x00")
	text, ok := strings.CutSuffix(text, "\x02")
	if !ok {
		return p, errors.New("the record is not the last one")
	}
	p = gotPush{path: b.path, topic: r.Header.Get("Topic"), urgency: r.Header.Get("Urgency"), ttl: r.Header.Get("TTL")}
	if err := json.Unmarshal([]byte(text), &p.payload); err != nil {
		return p, err
	}
	return p, p.readVAPID(r.Header.Get("Authorization"))
}

func (p *gotPush) readVAPID(header string) error {
	rest, ok := strings.CutPrefix(header, "vapid t=")
	token, key, both := strings.Cut(rest, ", k=")
	if !ok || !both {
		return fmt.Errorf("the authorization is %q", header)
	}
	point, err := base64.RawURLEncoding.DecodeString(key)
	if err != nil || len(point) != 65 {
		return fmt.Errorf("the key is %q", key)
	}
	p.key, p.claims = key, jwt.MapClaims{}
	_, err = jwt.ParseWithClaims(token, p.claims, func(*jwt.Token) (any, error) {
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	}, jwt.WithValidMethods([]string{"ES256"}), jwt.WithExpirationRequired())
	return err
}

// registers has a token's user register a browser, and returns its id.
func (a *api) registers(token string, b *device) string {
	a.t.Helper()
	got := a.do(token, `mutation($in: RegisterPushSubscriptionInput!) { registerPushSubscription(input: $in) { pushSubscription { id pushService userAgent } userErrors { code field message } } }`, input(b.fields()...))
	registered := text(got, "registerPushSubscription", "pushSubscription", "id")
	if registered == "" {
		a.t.Fatalf("a browser is not registered: %v", got)
	}
	return registered
}

// pushes waits for the next push.
func (s *pushService) pushes(t *testing.T) gotPush {
	t.Helper()
	select {
	case p := <-s.got:
		return p
	case <-time.After(time.Minute):
		t.Fatal("nothing was pushed")
	}
	panic("unreachable")
}

// browsers are those of a token's user.
func (a *api) browsers(token string) []any {
	a.t.Helper()
	list, _ := at(a.do(token, `{ pushSubscriptions { id pushService userAgent usedAt createdAt } }`, nil), "pushSubscriptions").([]any)
	return list
}

// lessBrowsers waits until a token's user has so many browsers.
func (a *api) lessBrowsers(token string, want int) {
	a.t.Helper()
	for deadline := time.After(time.Minute); len(a.browsers(token)) != want; {
		select {
		case <-deadline:
			a.t.Fatalf("there are %v, want %d", a.browsers(token), want)
		case <-time.After(10 * time.Millisecond):
		}
	}
}
