package parse_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"parley/internal/channel/email/parse"
)

// sound checks what Parse promises of any mail: UTF-8 in NFC without NUL, no
// line ends within a line, names that are no paths.
func sound(t interface {
	Helper()
	Errorf(string, ...any)
}, raw []byte, m *parse.Mail) {
	t.Helper()
	before := bytes.Clone(raw)
	defer func() {
		if !bytes.Equal(before, raw) {
			t.Errorf("the raw mail was written to")
		}
	}()
	strs(reflect.ValueOf(m), func(s string) {
		if !utf8.ValidString(s) || !norm.NFC.IsNormalString(s) || strings.ContainsAny(s, "\x00\r") {
			t.Errorf("%q is not UTF-8 in NFC without NUL and CR", s)
		}
	})
	if strings.Contains(problemTexts(m), "to its end") {
		t.Errorf("a panic: %q", m.Problems)
	}
	for _, p := range m.Parts {
		if p.FileName == "" || strings.ContainsAny(p.FileName, "/\\\n") || p.FileName == ".." || len(p.FileName) > 255 {
			t.Errorf("file name %q", p.FileName)
		}
		if p.ContentType == "" {
			t.Errorf("%s has no type", p.FileName)
		}
	}
	for _, list := range [][]parse.Address{{m.From, m.Sender}, m.ReplyTo, m.To, m.Cc, m.Bcc} {
		for _, a := range list {
			if a.Address != "" && strings.Count(a.Address, "@") == 0 || strings.ContainsAny(a.Address+a.Name, "\n") {
				t.Errorf("address %q", a)
			}
		}
	}
	if strings.Contains(m.Subject, "\n") || len(m.Text) > 1<<20 || len(m.HTML) > 1<<20 || len(m.References) > 200 {
		t.Errorf("out of bounds: subject %q, %d of text, %d of HTML", m.Subject, len(m.Text), len(m.HTML))
	}
}

// strs visits all strings but the contents of parts.
func strs(v reflect.Value, visit func(string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			strs(v.Elem(), visit)
		}
	case reflect.String:
		visit(v.String())
	case reflect.Slice:
		for i := range v.Len() {
			strs(v.Index(i), visit)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			strs(key, visit)
			strs(v.MapIndex(key), visit)
		}
	case reflect.Struct:
		if v.Type().PkgPath() == "time" {
			return
		}
		for i := range v.NumField() {
			strs(v.Field(i), visit)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.eml")
	corpus, _ := filepath.Glob("../receive/testdata/corpus/*/*.eml")
	if len(files) == 0 || len(corpus) == 0 {
		f.Fatal("there are no mails to begin with")
	}
	files = append(files, corpus...)
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	for _, raw := range seeds {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		sound(t, raw, parse.Parse(raw))
	})
}

var seeds = []string{
	"", "\n", "\r\r", "From: a@b\rTo: c@d\r\rbody",
	"Content-Type: multipart/mixed; boundary=a\n\n--a\n--a\nContent-Type: multipart/mixed; boundary=a\n\n--a--\n",
	"Content-Type: multipart/mixed\n\n--x\nContent-Type: text/html; charset=utf-7\n\n+AGE-+\n--x--",
	"Content-Type: multipart/related; boundary=\"b\"; start=\"<1>\"\n\n--b\nContent-ID: <1>\nContent-Type: text/html\n\n<img src=cid:2>\n--b\nContent-Type: image/png\nContent-ID: <2>\nContent-Transfer-Encoding: base64\n\niVBORw0=\n--b--\n",
	"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; a@b\nAction: failed\nStatus: 5.1.1\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <a@b>\n\n--b--\n",
	"From: MAILER-DAEMON@b\nSubject: failure notice\nX-Failed-Recipients: x@y\n\n<x@y>:\n550 5.1.1 no\n\nMessage-ID: <a@b>\n",
	"Return-Path: <a@b>\nReceived: x\n\nFrom: a@b\nSubject: c\n\nd", "Subject: a\nX: b\nc\nd\nFrom: e@f\n \n\t\n g\n\nh",
	"Content-Type: text/plain; charset=iso-2022-kr\n\n\x1b$)C\x0e0!\x0f",
	"Content-Type: text/plain; format=flowed; delsp=yes\n\n> a \n> b \nc \nd",
}

func FuzzHeader(f *testing.F) {
	for _, value := range []string{
		"=?utf-8?B?w6k?= =?utf-8?B?w6k=?=", "=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=", `"Smith, John" <j@x>, (c (d)) a@b; "open <a@b`,
		"Team: a@b, c@d;, <@r,@s:e@f>", "a;filename*0*=utf-8''%e2%82;filename*1*=%ac;filename=\"x\\\"y\"", "<a@b><c@d> <e", "Mon, 2 Jan 2006 15:04:05 GMT+1",
		"=?iso-8859-1?Q?Ortiz,=20Uma?= <u@x>", `"a.b..c"@x, Uma [mailto:u@x] (c)`, "a@b c@d <(e)f(g)@h>", "x\n \t\n y", "x\ny\nz\nDate: 1",
		"\x1b$B$\"\x1b(B", "=?utf-16?Q?=FF=FEa=00?=", "=?utf-8?Q?=3Ca=40b=3E?=", "a@b\x00c@d, \xff\xfe@\xe9",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, name := range []string{"From", "Subject", "References", "Message-ID", "Date", "Content-Type", "Content-Disposition", "Return-Path", "Delivered-To"} {
			raw := []byte(name + ": " + value + "\n\nbody")
			sound(t, raw, parse.Parse(raw))
		}
	})
}

// Any sequence of MIME's own pieces is read without harm.
func TestAnythingIsRead(t *testing.T) { // EM-4
	t.Parallel()
	pieces := []string{
		"From: a@b\n", "Subject: =?utf-8?B?", "?=", "Content-Type: multipart/mixed; boundary=b\n", "Content-Type: multipart/alternative; boundary=c\n",
		"Content-Type: text/html\n", "Content-Type: message/rfc822\n", "Content-Transfer-Encoding: base64\n", "Content-ID: <1>\n",
		"Content-Disposition: attachment; filename=\"../../x\"\n", "\n", "\r\n", "\r", "--b\n", "--c\n", "--b--\n", "--c--\n", "\n--b\n", "\n--c\n", "<img src=cid:1>", "é", "\xe9", "\x00", "=", "QUJD", "e\u0301",
	}
	rapid.Check(t, func(rt *rapid.T) {
		raw := []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(rt, "mail"), ""))
		sound(rt, raw, parse.Parse(raw))
	})
}
