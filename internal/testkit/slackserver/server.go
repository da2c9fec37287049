package slackserver

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/clock"
)

// Fixed values of the workspace and its app.
const (
	Team          = "T0PARLEY"
	OtherTeam     = "T0OTHER" // installed with codes that begin with code-other
	BotUser       = "U0BOT"
	ClientID      = "client.1"
	ClientSecret  = "client-secret"
	SigningSecret = "signing-secret"
)

// User is someone in the workspace.
type User struct {
	ID, Name, Email               string
	Guest, Bot, Deleted, Stranger bool
	Unconfirmed                   bool
	TeamID                        string // empty: the workspace's
	Other                         bool   // they are in the other workspace
}

// Channel is one of the workspace.
type Channel struct {
	ID, Name                          string
	Private, Member, Shared, Archived bool
	Members                           []string // besides the app
}

// Message is what stands in a channel.
type Message struct {
	Channel, TS, ThreadTS, Text, User string
	Blocks                            string
	Metadata                          string
	Files                             []string
	Reactions                         []string
	Edits                             int
}

// File is one that was uploaded, or that someone sent.
type File struct {
	ID, Name, Content, Channel, ThreadTS string
}

// Call is a call of a method.
type Call struct {
	Method string
	Form   map[string]string
}

// Server is a Slack.
type Server struct {
	// URL is where its methods are.
	URL string

	t     testing.TB
	http  *httptest.Server
	clock clock.Clock

	mu       sync.Mutex
	parley   string           // where events are sent
	pushes   []map[string]any // events of what the app just did
	changed  chan struct{}
	users    map[string]*User
	channels map[string]*Channel
	messages []*Message
	files    map[string]*File
	calls    []Call
	token    string
	other    string // the token in the other workspace
	by       string // who installs
	rotates  bool
	breaks   map[string]broken
	revoked  []string
	limits   map[string]limit
	refusals map[string][]string
	drops    map[string]int
	slow     int // how many times files.info does not know yet where a file is shown
	after    map[string]func()
	replies  []string // what was said to response addresses
	scopes   string
	last     int64
	number   int
}

type limit struct {
	times, seconds int
}

type broken struct {
	times, status int
}

// Start starts a server that ends with the test.
func Start(t testing.TB, scopes []string) *Server {
	t.Helper()
	s := &Server{
		t: t, clock: clock.System{}, changed: make(chan struct{}), users: map[string]*User{}, channels: map[string]*Channel{}, files: map[string]*File{}, token: "xoxb-1",
		limits: map[string]limit{}, refusals: map[string][]string{}, drops: map[string]int{}, after: map[string]func(){}, scopes: strings.Join(scopes, ","),
		breaks: map[string]broken{}, by: "U1",
	}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.http.Close)
	s.URL = s.http.URL + "/api/"
	s.AddUser(User{ID: BotUser, Name: "parley", Bot: true})
	return s
}

// Serves says where Parley is, to which events are sent.
func (s *Server) Serves(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parley = address
}

// AddUser puts someone into the workspace, or changes them.
func (s *Server) AddUser(u User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users[u.ID] = &u
}

// AddChannel puts a channel into the workspace, or changes it.
func (s *Server) AddChannel(c Channel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.channels[c.ID] = &c
}

// Limit has the next calls of a method be answered with 429.
func (s *Server) Limit(method string, times, seconds int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[method] = limit{times, seconds}
}

// Break has the next calls of a method be answered with a status, and nothing else, as what
// stands between may answer.
func (s *Server) Break(method string, times, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.breaks[method] = broken{times, status}
}

// Installs says who installs the app from now on, and whether the app has token rotation on.
func (s *Server) Installs(user string, rotates bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by, s.rotates = user, rotates
}

// Refuse has the next call of a method be refused with a code.
func (s *Server) Refuse(method string, codes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusals[method] = append(s.refusals[method], codes...)
}

// Drop has the next calls of a method be done, and the connection break before the answer.
func (s *Server) Drop(method string, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drops[method] = times
}

// ForgetShares has the next calls of files.info not say where a file is shown.
func (s *Server) ForgetShares(times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.slow = times
}

// After calls f once, after the next call of a method was done and before it is answered.
func (s *Server) After(method string, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.after[method] = f
}

// Revoke takes the app's token away.
func (s *Server) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = ""
}

// Messages are those of a channel, in the order in which they were made; of a thread, if one is
// given.
func (s *Server) Messages(channel, threadTS string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Message
	for _, m := range s.messages {
		if m.Channel == channel && m.ThreadTS == threadTS {
			c := *m
			c.Reactions = slices.Clone(m.Reactions)
			list = append(list, c)
		}
	}
	return list
}

// Calls are the calls of a method.
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Call
	for _, c := range s.calls {
		if c.Method == method {
			list = append(list, c)
		}
	}
	return list
}

// Files are those that are shown in a thread.
func (s *Server) Files(threadTS string) []File {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []File
	for _, f := range s.files {
		if f.Channel != "" && f.ThreadTS == threadTS {
			list = append(list, *f)
		}
	}
	slices.SortFunc(list, func(a, b File) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Replies are what was said to those who pressed a button.
func (s *Server) Replies() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.replies)
}

// Revoked are the tokens that were given back.
func (s *Server) Revoked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.revoked)
}

// Await waits until a condition holds, which is asked after each call; the test fails after a
// minute.
func (s *Server) Await(what string, holds func() bool) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if holds() {
			return
		}
		again := time.NewTimer(50 * time.Millisecond)
		select {
		case <-changed:
		case <-again.C:
		case <-ctx.Done():
			s.t.Fatalf("waited for: %s. There are %s", what, s.dump())
		}
		again.Stop()
	}
}

func (s *Server) dump() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, m := range s.messages {
		fmt.Fprintf(&b, "\n[%s %s %s] %s: %s %v", m.Channel, m.ThreadTS, m.TS, m.User, m.Text, m.Reactions)
	}
	b.WriteString("\ncalls:")
	for _, c := range s.calls {
		b.WriteString(" " + c.Method)
	}
	return b.String()
}

// nextTS is the time of the next message: unique, and rising. The lock is held.
func (s *Server) nextTS() string {
	s.last = max(s.last+1, s.clock.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.last/1_000_000, s.last%1_000_000)
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	method, ok := strings.CutPrefix(r.URL.Path, "/api/")
	if !ok {
		s.serveFile(w, r)
		return
	}
	_ = r.ParseMultipartForm(32 << 20)
	form := map[string]string{}
	for name := range r.Form {
		form[name] = r.Form.Get(name)
	}
	s.mu.Lock()
	s.calls = append(s.calls, Call{method, form})
	if l := s.limits[method]; l.times > 0 {
		s.limits[method] = limit{l.times - 1, l.seconds}
		s.signal()
		s.mu.Unlock()
		w.Header().Set("Retry-After", strconv.Itoa(l.seconds))
		w.WriteHeader(http.StatusTooManyRequests)
		return
	}
	if b := s.breaks[method]; b.times > 0 {
		s.breaks[method] = broken{b.times - 1, b.status}
		s.signal()
		s.mu.Unlock()
		w.WriteHeader(b.status)
		return
	}
	var answer map[string]any
	token := cmp.Or(form["token"], strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	form["token"] = token
	switch codes := s.refusals[method]; {
	case len(codes) > 0:
		s.refusals[method] = codes[1:]
		answer = refuse(codes[0])
	case method != "oauth.v2.access" && (token == "" || token != s.token && token != s.other):
		answer = refuse("invalid_auth")
	default:
		answer = s.do(method, form)
	}
	drop, after := s.drops[method] > 0, s.after[method]
	if drop {
		s.drops[method]--
	}
	delete(s.after, method)
	pushes := s.pushes
	s.pushes = nil
	s.signal()
	s.mu.Unlock()
	if after != nil {
		after()
	}
	for _, event := range pushes { // what the app itself writes is said to it, too
		body := s.Event(event)
		s.Post("/slack/events", "application/json", body, Sign(SigningSecret, s.clock.Now(), body))
	}
	if drop {
		if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_ = conn.Close()
		}
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

func (s *Server) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func refuse(code string) map[string]any { return map[string]any{"ok": false, "error": code} }

// serveFile takes the content of an upload, gives that of a file, and takes what is said to
// someone who pressed a button.
func (s *Server) serveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kind, id, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch kind {
	case "upload":
		file, _, err := r.FormFile("file")
		if err != nil || s.files[id] == nil {
			http.Error(w, "no file", http.StatusBadRequest)
			return
		}
		content, _ := io.ReadAll(file)
		s.files[id].Content = string(content)
		_, _ = io.WriteString(w, "OK - "+strconv.Itoa(len(content)))
	case "file":
		if r.Header.Get("Authorization") != "Bearer "+s.token || s.files[id] == nil {
			http.Error(w, "no file", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, s.files[id].Content)
	case "respond":
		raw, _ := io.ReadAll(r.Body)
		s.replies = append(s.replies, string(raw))
		s.signal()
	default:
		http.NotFound(w, r)
	}
}
