package smtp_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/mail/smtp"
)

var when = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func letter() smtp.Outgoing {
	return smtp.Outgoing{
		MessageID: "message_1.abc@example.com", Date: when,
		From: smtp.Address{Name: "Ada, of Example", Address: "support@example.com"},
		To:   []smtp.Address{{Name: "Jürgen Groß", Address: "juergen@bücher.example"}, {Address: "x@example.net"}},
		Cc:   []smtp.Address{{Address: "two words@example.net"}}, ReplyTo: []smtp.Address{{Address: "support+r-token@example.com"}},
		Subject: "Re: Ihre Bestellung – 你好", Text: "Grüße\n.\nFrom here\n", HTML: `<p>Grüße <img src="cid:logo@1"></p>`,
	}
}

func file(name, contentType, id, contents string) smtp.Part {
	return smtp.Part{FileName: name, ContentType: contentType, ContentID: id, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(contents)), nil
	}}
}

func compose(t *testing.T, o smtp.Outgoing) []byte {
	t.Helper()
	raw, err := smtp.Compose(o)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func read(t *testing.T, raw []byte) *netmail.Message {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	return m
}

// leaves lists a body's parts, as "type (path) name: contents".
func leaves(t *testing.T, path string, h textproto.MIMEHeader, body io.Reader) []string {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if inner, found := strings.CutPrefix(kind, "multipart/"); found {
		var all []string
		for r := multipart.NewReader(body, parameters["boundary"]); ; {
			p, err := r.NextRawPart()
			if err == io.EOF {
				return all
			} else if err != nil {
				t.Fatal(err)
			}
			all = append(all, leaves(t, path+"/"+inner, p.Header, p)...)
		}
	}
	if h.Get("Content-Transfer-Encoding") == "base64" {
		body = base64.NewDecoder(base64.StdEncoding, body)
	} else {
		body = quotedprintable.NewReader(body)
	}
	contents, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	if h.Get("Content-Disposition") != "" {
		disposition, parameters, err := mime.ParseMediaType(h.Get("Content-Disposition"))
		if err != nil {
			t.Fatal(err)
		}
		name = " " + disposition + " " + parameters["filename"] + " " + h.Get("Content-Id")
	}
	return []string{fmt.Sprintf("%s %s%s: %s", path, kind, name, contents)}
}

// EM-6: a mail of every kind of part, in any language, and the headers that
// keep its thread together.
func TestCompose(t *testing.T) {
	t.Parallel()
	o := letter()
	o.InReplyTo, o.References = "a@x", []string{"root@x", "not an id", "a@x"}
	o.Inline = []smtp.Part{file("logo.png", "image/png", "logo@1", "PNG")}
	o.Attachments = []smtp.Part{
		file("Übersicht \"3\" 你好.pdf", "application/pdf", "", strings.Repeat("data", 1000)),
		file("../etc/passwd", "no type", "", ""), file("mail.eml", "message/rfc822", "", "Subject: x\r\n\r\ny"),
	}
	o.Headers = map[string]string{"List-Unsubscribe": "<https://example.com/" + strings.Repeat("u", 200) + ">"}
	raw := compose(t, o)
	m := read(t, raw)
	for name, want := range map[string]string{
		"Date": "Mon, 02 Mar 2026 09:00:00 +0000", "Message-Id": "<message_1.abc@example.com>", "In-Reply-To": "<a@x>",
		"References": "<root@x> <a@x>", "Reply-To": "<support+r-token@example.com>", "Mime-Version": "1.0",
		"Auto-Submitted": "", "Bcc": "", "List-Unsubscribe": o.Headers["List-Unsubscribe"],
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != o.Subject {
		t.Errorf("the subject is %q (%v)", got, err)
	}
	for name, want := range map[string][]*netmail.Address{
		"From": {{Name: "Ada, of Example", Address: "support@example.com"}},
		"To":   {{Name: "Jürgen Groß", Address: "juergen@xn--bcher-kva.example"}, {Address: "x@example.net"}},
		"Cc":   {{Address: "two words@example.net"}},
	} {
		if got, err := m.Header.AddressList(name); err != nil || cmp.Diff(want, got) != "" {
			t.Errorf("%s: %v (%v)", name, got, err)
		}
	}
	want := []string{
		"/mixed/related/alternative text/plain: Grüße\r\n.\r\nFrom here\r\n",
		"/mixed/related/alternative text/html: " + o.HTML,
		"/mixed/related image/png inline logo.png <logo@1>: PNG",
		"/mixed application/pdf attachment Übersicht \"3\" 你好.pdf : " + strings.Repeat("data", 1000),
		"/mixed application/octet-stream attachment .._etc_passwd : ",
		"/mixed application/octet-stream attachment mail.eml : Subject: x\r\n\r\ny",
	}
	if diff := cmp.Diff(want, leaves(t, "", textproto.MIMEHeader(m.Header), m.Body)); diff != "" {
		t.Error(diff)
	}
	if again := compose(t, o); !bytes.Equal(raw, again) {
		t.Error("it is another mail the second time")
	}
	sendable(t, raw)
}

// sendable: lines are short, end in CRLF and are of ASCII.
func sendable(t *testing.T, raw []byte) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(raw), "\r\n"), "\r\n") {
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") || !ascii(line) {
			t.Errorf("%q in\n%s", line, raw)
		}
	}
	if !bytes.HasSuffix(raw, []byte("\r\n")) {
		t.Error("the last line does not end")
	}
}

func ascii(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7f }) }

// The mail is no more complicated than it must be.
func TestComposeShapes(t *testing.T) {
	t.Parallel()
	image, pdf := file("a.png", "image/png", "a@1", "PNG"), file("a.pdf", "application/pdf", "", "PDF")
	for name, c := range map[string]struct {
		text, html          string
		inline, attachments []smtp.Part
		want                []string
	}{
		"text":            {"Hi", "", nil, nil, []string{" text/plain: Hi\r\n"}},
		"nothing":         {"", "", nil, nil, []string{" text/plain: "}},
		"markup":          {"", "<p>Hi", nil, nil, []string{" text/html: <p>Hi\r\n"}},
		"both":            {"Hi", "<p>Hi", nil, nil, []string{"/alternative text/plain: Hi", "/alternative text/html: <p>Hi"}},
		"image":           {"", "<p>Hi", []smtp.Part{image}, nil, []string{"/related text/html: <p>Hi", "/related image/png inline a.png <a@1>: PNG"}},
		"file":            {"Hi", "", nil, []smtp.Part{pdf}, []string{"/mixed text/plain: Hi", "/mixed application/pdf attachment a.pdf : PDF"}},
		"image, no HTML":  {"Hi", "", []smtp.Part{image}, nil, []string{"/mixed text/plain: Hi", "/mixed image/png attachment a.png <a@1>: PNG"}},
		"not UTF-8":       {"\xff\x00", "", nil, nil, []string{" text/plain: \uFFFD\x00\r\n"}},
		"line ends mixed": {"a\r\nb\rc\n", "", nil, nil, []string{" text/plain: a\r\nb\r\nc\r\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := letter()
			o.Text, o.HTML, o.Inline, o.Attachments = c.text, c.html, c.inline, c.attachments
			raw := compose(t, o)
			m := read(t, raw)
			if diff := cmp.Diff(c.want, leaves(t, "", textproto.MIMEHeader(m.Header), m.Body)); diff != "" {
				t.Errorf("%s\n%s", diff, raw)
			}
		})
	}
}

// Pitfall 6: what no person wrote says so.
func TestComposeAutomatic(t *testing.T) {
	t.Parallel()
	o := letter()
	o.Automatic = true
	h := read(t, compose(t, o)).Header
	if h.Get("Auto-Submitted") != "auto-generated" || h.Get("X-Auto-Response-Suppress") != "All" {
		t.Errorf("%v", h)
	}
	o.InReplyTo = "a@x"
	if h = read(t, compose(t, o)).Header; h.Get("Auto-Submitted") != "auto-replied" {
		t.Errorf("an automatic answer is %q", h.Get("Auto-Submitted"))
	}
	o.To, o.Cc = nil, nil
	if got := read(t, compose(t, o)).Header.Get("To"); got != "undisclosed-recipients:;" {
		t.Errorf("to %q", got)
	}
}

// A long thread keeps its beginning and its end.
func TestComposeReferences(t *testing.T) {
	t.Parallel()
	o := letter()
	for i := range 500 {
		o.References = append(o.References, fmt.Sprintf("%d@x", i))
	}
	got := strings.Fields(read(t, compose(t, o)).Header.Get("References"))
	if len(got) != 52 || got[0] != "<0@x>" || got[1] != "<1@x>" || got[2] != "<450@x>" || got[51] != "<499@x>" {
		t.Errorf("%d: %v", len(got), got)
	}
}

// Nothing that comes from elsewhere can add a header, and a file that cannot be
// read is no fault of the mail's.
func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*smtp.Outgoing){
		"subject":         func(o *smtp.Outgoing) { o.Subject = "x\r\nBcc: y@example.net" },
		"subject, LF":     func(o *smtp.Outgoing) { o.Subject = "x\ny" },
		"name":            func(o *smtp.Outgoing) { o.From.Name = "x\r\nBcc: y@example.net" },
		"address":         func(o *smtp.Outgoing) { o.To[0].Address = "x@example.net>\r\nBcc: <y@example.net" },
		"two addresses":   func(o *smtp.Outgoing) { o.To[0].Address = "x@example.net, y@example.net" },
		"no address":      func(o *smtp.Outgoing) { o.Cc[0].Address = "nobody" },
		"no sender":       func(o *smtp.Outgoing) { o.From = smtp.Address{} },
		"Message-ID":      func(o *smtp.Outgoing) { o.MessageID = "a>\r\nBcc: y" },
		"no date":         func(o *smtp.Outgoing) { o.Date = time.Time{} },
		"header":          func(o *smtp.Outgoing) { o.Headers = map[string]string{"X-A": "a\r\nBcc: y"} },
		"header's name":   func(o *smtp.Outgoing) { o.Headers = map[string]string{"X-A: a\r\nBcc": "y"} },
		"our header":      func(o *smtp.Outgoing) { o.Headers = map[string]string{"bcc": "y@example.net"} },
		"body's header":   func(o *smtp.Outgoing) { o.Headers = map[string]string{"Content-type": "text/html"} },
		"resent's header": func(o *smtp.Outgoing) { o.Headers = map[string]string{"Resent-To": "y@example.net"} },
	} {
		o := letter()
		spoil(&o)
		if raw, err := smtp.Compose(o); !errors.Is(err, smtp.ErrMalformed) {
			t.Errorf("%s: %v\n%s", name, err, raw)
		}
	}
	o := letter()
	o.Attachments = []smtp.Part{{FileName: "a", Open: func() (io.ReadCloser, error) { return nil, io.ErrClosedPipe }}}
	if _, err := smtp.Compose(o); errors.Is(err, smtp.ErrMalformed) || !errors.Is(err, io.ErrClosedPipe) {
		t.Error(err)
	}
}

var expected = strings.Fields("Date From To Subject Message-Id In-Reply-To References X-Further Mime-Version Content-Type")

// Whatever is put into a mail, it is the mail's and no more: no header comes of
// it, and what can be read is what was written.
func FuzzCompose(f *testing.F) {
	f.Add("Hello", "Ada", "ada@example.net", "Hi\n", "a@b", "a.pdf", "application/pdf", "x")
	f.Add("=?utf-8?q?x=0D=0ABcc:_y?=", "\"\\,<>", "\"a b\"@example.net", ".\r\n--=_\n", "a@b>\r\nX: y", "=?x?=\"\r\n.exe", "text/html; charset=\"\r\n\"", "\r\nBcc: y")
	f.Add("tab\there  two", "  Ada  ", "用户@bücher.example", "\xff\xfe", "", "", "", "")
	f.Add(strings.Repeat("long", 300), strings.Repeat("é", 300), strings.Repeat("a", 60)+"@example.net", "a=\r", strings.Repeat("i", 950)+"@b", strings.Repeat("日", 300)+".pdf", "multipart/mixed", strings.Repeat("v ", 600))
	f.Fuzz(func(t *testing.T, subject, name, address, text, id, fileName, contentType, value string) {
		o := smtp.Outgoing{
			MessageID: "m@example.com", Date: when, From: smtp.Address{Name: name, Address: "support@example.com"},
			To: []smtp.Address{{Name: name, Address: address}}, Subject: subject, Text: text, HTML: text,
			InReplyTo: id, References: []string{id, "a@b"}, Headers: map[string]string{"X-Further": value},
			Attachments: []smtp.Part{file(fileName, contentType, id, text)},
		}
		raw, err := smtp.Compose(o)
		if err != nil {
			if !errors.Is(err, smtp.ErrMalformed) {
				t.Fatal(err)
			}
			return
		}
		if ascii(address) {
			sendable(t, raw)
		}
		m := read(t, raw)
		for key, values := range m.Header {
			if !slices.Contains(expected, key) || len(values) != 1 {
				t.Fatalf("%s: %q", key, values)
			}
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != strings.ToValidUTF8(subject, "\uFFFD") {
			t.Errorf("the subject is %q (%v), want %q", got, err, subject)
		}
		if got, err := m.Header.AddressList("To"); err != nil || len(got) != 1 || got[0].Name != strings.TrimSpace(strings.ToValidUTF8(name, "\uFFFD")) {
			t.Errorf("to %v (%v)", got, err)
		}
		if got := leaves(t, "", textproto.MIMEHeader(m.Header), m.Body); !strings.HasSuffix(got[len(got)-1], text) || len(got) != 3 && text != "" {
			t.Errorf("the parts are %q", got)
		}
	})
}
