package imap_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/imap"
)

// scripted is what a server says to a command: lines, of which "$" at the start
// of the last stands for the command's tag. nil: what a good server says.
type scripted func(command string) []string

// good answers for a mailbox with two mails, whose UIDs are 5 and 6.
func good(command string) []string {
	verb, rest, _ := strings.Cut(command, " ")
	switch {
	case verb == "CAPABILITY":
		return []string{"* CAPABILITY IMAP4rev1 IDLE SASL-IR AUTH=XOAUTH2", "$ OK"}
	case verb == "EXAMINE":
		return []string{"* 2 EXISTS", "* OK [UIDVALIDITY 9] .", "* OK [UIDNEXT 7] .", "$ OK [READ-ONLY] ."}
	case strings.HasPrefix(rest, "SEARCH"):
		return []string{"* SEARCH 5 6", "$ OK"}
	case strings.Contains(rest, "RFC822.SIZE"):
		return []string{`* 1 FETCH (UID 5 RFC822.SIZE 3)`, `* 2 FETCH (UID 6 RFC822.SIZE 3)`, "$ OK"}
	case strings.Contains(rest, "FETCH 5 "):
		return []string{"* 1 FETCH (UID 5 BODY[] {3}", "e 5)", "$ OK"}
	case strings.Contains(rest, "FETCH 6 "):
		return []string{"* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"}
	case strings.Contains(rest, "FETCH 5:6 "):
		return []string{"* 1 FETCH (UID 5 BODY[] {3}", "e 5)", "* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"}
	case verb == "IDLE":
		return []string{"+ idling"}
	}
	return []string{"$ OK"}
}

// on answers the commands that contain what, and no other.
func on(what string, lines ...string) scripted {
	return func(command string) []string {
		if strings.Contains(command, what) {
			return lines
		}
		return nil
	}
}

// serve is a server's side of a connection. It ends when the client hangs up, or
// instead of a line "hang up".
func serve(conn net.Conn, greeting string, s scripted) {
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, greeting+"\r\n")
	tag, lines := "", bufio.NewScanner(conn)
	for lines.Scan() {
		command := lines.Text()
		if command != "DONE" {
			var found bool
			if tag, command, found = strings.Cut(lines.Text(), " "); !found {
				continue // an answer to "+"
			}
		}
		answer := s(command)
		if answer == nil {
			answer = good(command)
		}
		for _, line := range answer {
			if line == "hang up" {
				return
			}
			if rest, last := strings.CutPrefix(line, "$"); last {
				line = tag + rest
			}
			_, _ = io.WriteString(conn, line+"\r\n")
		}
	}
}

// against is how the scripted server is reached, in memory.
func against(s scripted) imap.Config { return greeted("* OK hello", s) }

func greeted(greeting string, s scripted) imap.Config {
	return imap.Config{
		Host: "imap.example.com", Port: 143, Security: imap.None, Username: "ada", Password: "secret",
		Dial: func(context.Context, string, string) (net.Conn, error) {
			here, there := net.Pipe()
			go serve(there, greeting, s)
			return here, nil
		},
	}
}

var both = []got{{UID: 5, Raw: "e 5"}, {UID: 6, Raw: "f 6"}}

// EM-7: whatever servers do wrong, no mail is left out and none comes twice or
// out of order.
func TestQuirks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		server scripted
		want   []got
	}{
		"none":                     {good, both},
		"the last is found by n:*": {on("SEARCH", "* SEARCH 3 5 6", "$ OK"), both},
		"found in any order":       {on("SEARCH", "* SEARCH 6 5", "$ OK"), both},
		"sent in any order": {on("FETCH 5:6 (UID BODY", "* 2 FETCH (UID 6 BODY[] {3}", "f 6)",
			"* 1 FETCH (UID 5 BODY[] {3}", "e 5)", "$ OK"), both},
		"flags come between": {on("FETCH 5:6 (UID BODY", `* 1 FETCH (UID 5 FLAGS (\Seen))`, "* 1 FETCH (UID 5 BODY[] {3}", "e 5)",
			"* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"), both},
		"one is not given with others": {on("FETCH 5:6 (UID BODY", "* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"), both},
		"NO to all for one's sake":     {on("FETCH 5:6 (UID BODY", "$ NO some messages cannot be converted"), both},
		"no sizes":                     {on("RFC822.SIZE", "$ NO cannot compute"), both},
		"quoted, not literal":          {on("FETCH 5:6 (UID BODY", `* 1 FETCH (UID 5 BODY[] "e 5")`, `* 2 FETCH (UID 6 BODY[] "f 6")`, "$ OK"), both},
		"one was expunged": {func(command string) []string {
			switch {
			case strings.Contains(command, "FETCH 5:6 (UID BODY"):
				return []string{"* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"}
			case strings.Contains(command, "FETCH 5 "):
				return []string{"$ OK"}
			case strings.Contains(command, "SEARCH UID 5"), strings.Contains(command, "SEARCH (UID 5)"):
				if !strings.Contains(command, ":*") {
					return []string{"* SEARCH", "$ OK"}
				}
			}
			return nil
		}, both[1:]},
		"one is unreadable": {func(command string) []string {
			switch {
			case strings.Contains(command, "FETCH 5:6 (UID BODY"), strings.Contains(command, "FETCH 5 (UID BODY.PEEK[])"):
				return []string{"$ NO it is damaged"}
			case strings.Contains(command, "FETCH 5 (UID BODY.PEEK[HEADER])"):
				return []string{"* 1 FETCH (UID 5 BODY[HEADER] {1}", "h)", "$ OK"}
			}
			return nil
		}, []got{{UID: 5, Raw: "h", Problem: "imap: NO it is damaged"}, both[1]}},
		"one is quite unreadable": {func(command string) []string {
			if strings.Contains(command, "FETCH 5:6 (UID BODY") || strings.Contains(command, "FETCH 5 (") {
				return []string{"$ NO it is damaged"}
			}
			return nil
		}, []got{{UID: 5, Problem: "imap: NO it is damaged"}, both[1]}},
		"one is empty": {on("FETCH 5:6 (UID BODY", "* 1 FETCH (UID 5 BODY[] NIL)", "* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"),
			[]got{{UID: 5, Problem: "the server has no content for it"}, both[1]}},
		"one is larger than was said": {func(command string) []string {
			switch {
			case strings.Contains(command, "FETCH 5:6 (UID BODY"):
				return []string{"* 1 FETCH (UID 5 BODY[] {50}", strings.Repeat("x", 50) + ")", "* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK"}
			case strings.Contains(command, "FETCH 5 (UID BODY.PEEK[HEADER])"):
				return []string{"* 1 FETCH (UID 5 BODY[HEADER] {1}", "h)", "$ OK"}
			}
			return nil
		}, []got{{UID: 5, Raw: "h", TooLarge: true}, both[1]}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := open(t, against(test.server))
			mails, more := fetch(t, conn, 5, 10, 40)
			if diff := cmp.Diff(test.want, mails); diff != "" || more {
				t.Errorf("more: %t, %s", more, diff)
			}
		})
	}
}

// EM-7: what goes wrong on the way is temporary, and nothing of what was not
// whole is taken for a mail.
func TestBroken(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]scripted{
		"bye":          on("FETCH", "* BYE shutting down", "hang up"),
		"cut":          on("FETCH 5:6 (UID BODY", "* 1 FETCH (UID 5 BODY[] {300}", "e 5", "hang up"),
		"nonsense":     on("FETCH", "** what? **"),
		"throttled":    on("FETCH", "$ NO [THROTTLED] slow down"),
		"never given":  on("(UID BODY", "$ OK"),
		"endless line": on("NOOP", "* OK "+strings.Repeat("x", 9*mega)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, _ := open(t, against(server))
			taken := 0
			_, err := conn.Fetch(t.Context(), 5, 10, 400, func(m imap.Mail) error {
				_, err := io.ReadAll(m.Raw)
				if err == nil {
					taken++
				}
				return err
			})
			if err == nil || permanent(err) || taken != 0 {
				t.Errorf("got %v and %d mails", err, taken)
			}
		})
	}
}

// EM-7: what an administrator must mend is told from what mends itself.
func TestLoginErrors(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		config imap.Config
		want   error
	}{
		"Gmail, wrong":         {against(on("LOGIN", "$ NO [AUTHENTICATIONFAILED] Invalid credentials secret (Failure)")), imap.ErrAuthentication},
		"Outlook, wrong":       {against(on("LOGIN", "$ NO LOGIN failed.")), imap.ErrAuthentication},
		"Gmail, needs another": {against(on("LOGIN", "$ NO [ALERT] Application-specific password required")), imap.ErrAuthentication},
		"Gmail, too many":      {against(on("LOGIN", "$ NO [ALERT] Too many simultaneous connections. (Failure)")), nil},
		"Dovecot, no backend":  {against(on("LOGIN", "$ NO [UNAVAILABLE] Temporary authentication failure.")), nil},
		"Outlook, too early":   {against(on("EXAMINE", "$ BAD User is authenticated but not connected.")), nil},
		"no INBOX":             {against(on("EXAMINE", "$ NO [NONEXISTENT] no such mailbox")), imap.ErrRefused},
		"no UIDs":              {against(on("EXAMINE", "* 2 EXISTS", "$ OK")), imap.ErrRefused},
		"no passwords":         {against(on("CAPABILITY", "* CAPABILITY IMAP4rev1 LOGINDISABLED", "$ OK")), imap.ErrRefused},
		"TLS is demanded":      {against(on("LOGIN", "$ NO [PRIVACYREQUIRED] not so")), imap.ErrRefused},
		"full":                 {greeted("* BYE Too many connections", good), nil},
		"of somebody else":     {greeted("* PREAUTH welcome", good), imap.ErrRefused},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := imap.Dial(t.Context(), test.config)
			if err == nil {
				_, err = conn.Select(t.Context())
				conn.Close()
			}
			if err == nil || permanent(err) != (test.want != nil) || (test.want != nil && !errors.Is(err, test.want)) {
				t.Errorf("got %v", err)
			} else if strings.Contains(err.Error(), "secret") {
				t.Errorf("it tells the password: %v", err)
			}
		})
	}
}

// Google and Microsoft tell in a challenge why they refuse a token, and wait for
// an answer to it.
func TestTokenRefusal(t *testing.T) {
	t.Parallel()
	config := against(func(command string) []string {
		switch {
		case strings.HasPrefix(command, "AUTHENTICATE"):
			return []string{"+ eyJzdGF0dXMiOiI0MDAiLCJzY2hlbWVzIjoiQmVhcmVyIn0="} // {"status":"400","schemes":"Bearer"}
		case command == "AQ==":
			return []string{"$ NO [AUTHENTICATIONFAILED] Invalid credentials"}
		}
		return nil
	})
	config.Token = func(context.Context) (string, error) { return "token", nil }
	dial := config.Dial
	config.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &tagged{Conn: conn}, err
	}
	if _, err := imap.Dial(t.Context(), config); !errors.Is(err, imap.ErrAuthentication) || !strings.Contains(err.Error(), "status 400") {
		t.Errorf("got %v", err)
	}
}

// tagged gives the answer to a challenge the tag of its command, which the
// scripted server goes by.
type tagged struct {
	net.Conn
	tag string
}

// Write implements net.Conn.
func (c *tagged) Write(b []byte) (int, error) {
	tag, _, found := strings.Cut(string(b), " ")
	if found {
		c.tag = tag
		return c.Conn.Write(b)
	}
	_, err := c.Conn.Write([]byte(c.tag + " " + string(b)))
	return len(b), err
}

// A server that does not tell UIDNEXT is asked for the last UID.
func TestNoUIDNext(t *testing.T) {
	t.Parallel()
	_, box := open(t, against(func(command string) []string {
		switch {
		case strings.HasPrefix(command, "EXAMINE"):
			return []string{"* 2 EXISTS", "* OK [UIDVALIDITY 9] .", "$ OK"}
		case strings.HasPrefix(command, "FETCH 2 "):
			return []string{"* 2 FETCH (UID 6)", "$ OK"}
		}
		return nil
	}))
	if diff := cmp.Diff(imap.Box{UIDValidity: 9, UIDNext: 7, Messages: 2}, box); diff != "" {
		t.Error(diff)
	}
}

// EM-7: a server that refuses the IDLE that it offered is asked again and again.
func TestIdleRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		conn, _ := open(t, against(func(command string) []string {
			switch command {
			case "IDLE":
				return []string{"$ BAD not today"}
			case "NOOP":
				if asked++; asked == 3 {
					return []string{"* 3 EXISTS", "$ OK"}
				}
			}
			return nil
		}))
		began := time.Now()
		if err := conn.Idle(t.Context(), nil); err != nil || conn.CanIdle() {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(began); waited != 2*time.Minute || asked != 3 {
			t.Errorf("it asked %d times in %s", asked, waited)
		}
		conn.Close()
	})
}

// EM-7: IDLE is said again before a server hangs up.
func TestIdleRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var idles []time.Duration
		began := time.Now()
		conn, _ := open(t, against(func(command string) []string {
			if command == "IDLE" {
				if idles = append(idles, time.Since(began)); len(idles) == 3 {
					return []string{"+ idling", "* 3 EXISTS"}
				}
			}
			return nil
		}))
		if err := conn.Idle(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if diff := cmp.Diff([]time.Duration{0, 25 * time.Minute, 50 * time.Minute}, idles); diff != "" {
			t.Error(diff)
		}
		conn.Close()
	})
}

// EM-7: what was told while mails were fetched is news, and told once.
func TestNewsWhileFetching(t *testing.T) {
	t.Parallel()
	told, idles := false, 0
	conn, _ := open(t, against(func(command string) []string {
		switch {
		case strings.Contains(command, "FETCH 5:6 (UID BODY") && !told:
			told = true
			return append([]string{"* 3 EXISTS"}, good(command)...)
		case command == "IDLE":
			idles++
			return []string{"+ idling", "* 4 EXISTS"}
		}
		return nil
	}))
	for want := range 2 {
		fetch(t, conn, 5, 10, 400)
		if err := conn.Idle(t.Context(), nil); err != nil || idles != want {
			t.Errorf("got %v after %d IDLE, want %d", err, idles, want)
		}
	}
}

// Headers that are cut are no headers.
func TestHeadersCut(t *testing.T) {
	t.Parallel()
	conn, _ := open(t, against(on("BODY.PEEK[HEADER]", "* 1 FETCH (UID 5 BODY[HEADER] {300}", "e 5", "hang up")))
	_, err := conn.Headers(t.Context(), 1, 10, func(h imap.Header) error {
		t.Errorf("got %+v", h)
		return nil
	})
	if err == nil || permanent(err) {
		t.Errorf("got %v", err)
	}
}

// A caller may take all the time it needs for a mail.
func TestSlowCaller(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100_000)
	synctest.Test(t, func(t *testing.T) {
		conn, _ := open(t, against(on("FETCH 5:6 (UID BODY", "* 1 FETCH (UID 5 BODY[] {100000}", long+")",
			"* 2 FETCH (UID 6 BODY[] {3}", "f 6)", "$ OK")))
		var raws []string
		_, err := conn.Fetch(t.Context(), 5, 10, mega, func(m imap.Mail) error {
			first := make([]byte, 10)
			_, _ = m.Raw.Read(first[:3])
			<-time.After(time.Hour)
			rest, err := io.ReadAll(m.Raw)
			raws = append(raws, string(first[:3])+string(rest))
			return err
		})
		if diff := cmp.Diff([]string{long, "f 6"}, raws); diff != "" || err != nil {
			t.Errorf("%v %s", err, diff)
		}
		conn.Close()
	})
}

// EM-7: a server that falls silent is left after two minutes, or when the caller
// will not wait.
func TestSilence(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]scripted{
		"no answer":      on("SEARCH", []string{}...),
		"in mid-mail":    on("FETCH 5:6 (UID BODY", "* 1 FETCH (UID 5 BODY[] {300}", "e 5"),
		"in mid-answer":  on("SEARCH", "* SEARCH 5"),
		"in the opening": on("NOOP", "* OK"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ignore := func(m imap.Mail) error {
					_, err := io.Copy(io.Discard, m.Raw)
					return err
				}
				silent := func(command string) []string {
					if answer := server(command); answer != nil || strings.Contains(command, "SEARCH") && name == "no answer" {
						return append([]string{}, answer...)
					}
					return nil
				}
				conn, _ := open(t, against(silent))
				began := time.Now()
				_, err := conn.Fetch(t.Context(), 5, 10, 400, ignore)
				if err == nil || permanent(err) || time.Since(began) != 2*time.Minute {
					t.Errorf("got %v after %s", err, time.Since(began))
				}
				conn.Close()

				conn, _ = open(t, against(silent))
				began = time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				_, err = conn.Fetch(ctx, 5, 10, 400, ignore)
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
					t.Errorf("got %v after %s", err, time.Since(began))
				}
				conn.Close()
			})
		})
	}
}
