package parse_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/parse"
)

// mail writes a mail with CRLF line ends around a body whose header fields come first.
func mail(lines ...string) []byte {
	head := []string{"From: Ada <ada@example.com>", "Message-ID: <1@example.com>"}
	return []byte(strings.Join(append(head, lines...), "\r\n"))
}

// multipart writes one with the boundary "b".
func multipart(kind string, parts ...string) []byte {
	lines := []string{`Content-Type: multipart/` + kind + `; boundary="b"`, "", "preamble"}
	for _, p := range parts {
		lines = append(lines, "--b", strings.ReplaceAll(p, "\n", "\r\n"))
	}
	return mail(append(lines, "--b--", "epilogue")...)
}

// files lists parts as "name type cid=content".
func files(m *parse.Mail) []string {
	var list []string
	for _, p := range m.Parts {
		flag := ""
		if p.ContentID != "" {
			flag += " <" + p.ContentID + ">"
		}
		list = append(list, fmt.Sprintf("%s %s%s=%.40s", p.FileName, p.ContentType, flag, p.Content))
	}
	return list
}

func TestBodies(t *testing.T) { // EM-4
	t.Parallel()
	const (
		plain = "Content-Type: text/plain\n\nplain"
		page  = "Content-Type: text/html\n\n<p>page</p>"
		image = "Content-Type: image/png\nContent-ID: <pic@x>\nContent-Transfer-Encoding: base64\n\nUElD"
		shows = "Content-Type: text/html\n\n<img src=\"cid:pic@x\">"
		pdf   = "Content-Type: application/pdf; name=a.pdf\nContent-Disposition: attachment\n\nPDF"
	)
	inner := func(kind string, parts ...string) string {
		return "Content-Type: multipart/" + kind + "; boundary=" + kind + "\n\n--" + kind + "\n" + strings.Join(parts, "\n--"+kind+"\n") + "\n--" + kind + "--"
	}
	for name, c := range map[string]struct {
		raw        []byte
		text, html string
		files      []string
	}{
		"nothing of MIME":       {raw: mail("", "Hello", "you"), text: "Hello\nyou"},
		"text alone":            {raw: mail("Content-Type: text/plain", "", "Hello"), text: "Hello"},
		"HTML alone":            {raw: mail("Content-Type: text/html", "", "<p>Hello</p><p>you</p>"), text: "Hello\n\nyou", html: "<p>Hello</p><p>you</p>"},
		"alternative":           {raw: multipart("alternative", plain, page), text: "plain", html: "<p>page</p>"},
		"HTML first":            {raw: multipart("alternative", page, plain), text: "plain", html: "<p>page</p>"},
		"blank text":            {raw: multipart("alternative", "Content-Type: text/plain\n\n  \n", page), text: "page", html: "<p>page</p>"},
		"AMP":                   {raw: multipart("alternative", plain, "Content-Type: text/x-amp-html\n\n<html amp4email>", page), text: "plain", html: "<p>page</p>"},
		"footer in alternative": {raw: multipart("alternative", plain, page, "Content-Type: text/plain\n\nscanned"), text: "plain", html: "<p>page</p>"},
		"mixed with a file":     {raw: multipart("mixed", plain, pdf), text: "plain", files: []string{"a.pdf application/pdf=PDF"}},
		"mixed(alternative(plain, related))": {
			raw:  multipart("mixed", inner("alternative", plain, inner("related", shows, image)), pdf),
			text: "plain", html: `<img src="cid:pic@x">`,
			files: []string{"image.png image/png <pic@x>=PIC", "a.pdf application/pdf=PDF"},
		},
		"related(alternative)": {
			raw:  multipart("related", inner("alternative", plain, shows), image),
			text: "plain", html: `<img src="cid:pic@x">`, files: []string{"image.png image/png <pic@x>=PIC"},
		},
		"alternative(plain, mixed(html, pdf, html))": { // Apple Mail
			raw:  multipart("alternative", plain, inner("mixed", page, pdf, "Content-Type: text/html\n\n<p>more</p>")),
			text: "plain", html: "<p>page</p>\n<p>more</p>", files: []string{"a.pdf application/pdf=PDF"},
		},
		"text, image, text": {raw: multipart("mixed", plain, image, "Content-Type: text/plain\n\nmore"), text: "plain\n\nmore", files: []string{"image.png image/png <pic@x>=PIC"}},
		"a text footer below HTML": {
			raw:  multipart("mixed", page, "Content-Type: text/plain\n\n<list>\nfooter"),
			text: "page\n\n<list>\nfooter", html: "<p>page</p>\n<div>&lt;list&gt;<br>footer</div>",
		},
		"text files": {
			raw:  multipart("mixed", plain, "Content-Type: text/plain; name=log.txt\nContent-Disposition: inline; filename=log.txt\n\nlog", "Content-Type: text/html\nContent-Disposition: attachment\n\n<b>"),
			text: "plain", files: []string{"log.txt text/plain=log", "page.html text/html=<b>"},
		},
		"a body with a name":    {raw: multipart("mixed", "Content-Type: text/plain; name=message.txt\n\nhello", pdf), text: "hello", files: []string{"a.pdf application/pdf=PDF"}},
		"a file alone":          {raw: mail("Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "UERG"), files: []string{"a.pdf application/pdf=PDF"}},
		"an attached text":      {raw: mail("Content-Type: text/plain", "Content-Disposition: attachment; filename=a.txt", "", "A"), files: []string{"a.txt text/plain=A"}},
		"no boundary named":     {raw: mail("Content-Type: multipart/mixed", "", "--zz", "Content-Type: text/plain", "", "found", "--zz--"), text: "found"},
		"a wrong boundary":      {raw: mail("Content-Type: multipart/mixed; boundary=other", "", "--zz", "Content-Type: text/plain", "", "found", "--zz--"), text: "found"},
		"no parts at all":       {raw: mail("Content-Type: multipart/mixed; boundary=b", "", "just text"), text: "just text"},
		"not closed":            {raw: mail("Content-Type: multipart/mixed; boundary=b", "", "--b", "", "half a te"), text: "half a te"},
		"inner not closed":      {raw: multipart("mixed", "Content-Type: multipart/alternative; boundary=c\n\n--c\n\ninner", pdf), text: "inner", files: []string{"a.pdf application/pdf=PDF"}},
		"boundaries that nest":  {raw: multipart("mixed", "Content-Type: multipart/alternative; boundary=b-1\n\n--b-1\n\ninner\n--b-1--", pdf), text: "inner", files: []string{"a.pdf application/pdf=PDF"}},
		"an encoded multipart":  {raw: mail("Content-Type: multipart/mixed; boundary=b", "Content-Transfer-Encoding: base64", "", "LS1iCgpoZWxsbwotLWItLQo="), text: "hello"},
		"a part without header": {raw: multipart("mixed", "\nbare"), text: "bare"},
		"a part without empty line": {
			raw: multipart("mixed", "bare words\nof text"), text: "bare words\nof text",
		},
		"a nested mail": {
			raw:  multipart("mixed", plain, "Content-Type: message/rfc822\n\nSubject: =?utf-8?Q?R=C3=A9: a/b?=\nMessage-ID: <9@x>\n\nold"),
			text: "plain", files: []string{"Ré- a-b.eml message/rfc822=Subject: =?utf-8?Q?R=C3=A9: a/b?=\r\nMessa"},
		},
		"a nested mail, encoded": {
			raw:   multipart("mixed", "Content-Type: message/global\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogSGkKCm9sZA=="),
			files: []string{"Hi.eml message/global=Subject: Hi\n\nold"},
		},
		"a digest": {raw: multipart("digest", "\nSubject: one\n\n1", "\nSubject: two\n\n2"), files: []string{"one.eml message/rfc822=Subject: one\r\n\r\n1", "two.eml message/rfc822=Subject: two\r\n\r\n2"}},
		"an invitation": {
			raw:  multipart("alternative", plain, page, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR"),
			text: "plain", html: "<p>page</p>", files: []string{"invite.ics text/calendar=BEGIN:VCALENDAR"},
		},
		"an invitation alone": {raw: mail("Content-Type: text/calendar", "", "BEGIN:VCALENDAR"), text: "The attached calendar file could not be read.", files: []string{"invite.ics text/calendar=BEGIN:VCALENDAR"}},
		"winmail.dat":         {raw: multipart("mixed", plain, "Content-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\neJ8+Ig=="), text: "plain", files: []string{"winmail.dat application/ms-tnef=x\x9f>\""}},
		"signed":              {raw: multipart("signed; protocol=x", plain, "Content-Type: application/pgp-signature\n\nSIG"), text: "plain", files: []string{"signature.asc application/pgp-signature=SIG"}},
		"S/MIME":              {raw: mail("Content-Type: application/pkcs7-mime; name=smime.p7m", "", "X"), files: []string{"smime.p7m application/pkcs7-mime=X"}},
		"PGP": {
			raw:   multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream; name=encrypted.asc\n\nPGP"),
			files: []string{"version.asc application/pgp-encrypted=Version: 1", "encrypted.asc application/octet-stream=PGP"},
		},
		"uuencoded":  {raw: mail("", "begin 644 a.txt", "#86)C", "end"), text: "begin 644 a.txt\n#86)C\nend"},
		"flowed":     {raw: mail("Content-Type: text/plain; format=flowed", "", "one ", "two", "> a ", "> b", "-- ", "me"), text: "one two\n> a b\n-- \nme"},
		"delsp":      {raw: mail("Content-Type: text/plain; format=flowed; delsp=yes", "", "日本 ", "語"), text: "日本語"},
		"wrong type": {raw: mail("Content-Type: text", "", "x"), text: "x"},
		"no type":    {raw: mail("Content-Type: foo bar", "", "x"), text: "x"},
		"no type, a PDF": {
			raw:   mail("Content-Type: foo bar", "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte("%PDF-1.7\n\x00"))),
			files: []string{"document.pdf application/octet-stream=%PDF-1.7\n\x00"},
		},
		"bare CR":       {raw: mail("", "one\rtwo\nthree"), text: "one\ntwo\nthree"},
		"an old Mac":    {raw: []byte("From: a@b.c\rSubject: x\r\rone\rtwo"), text: "one\ntwo"},
		"an mbox":       {raw: []byte("From a@b Mon Jan 1\nFrom: a@b.c\n\nbody"), text: "body"},
		"leading space": {raw: []byte(" From: a@b.c\nSubject: x\n\nbody"), text: "body"},
		"NUL":           {raw: mail("", "a\x00b\x07c"), text: "abc"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse.Parse(c.raw)
			sound(t, c.raw, m)
			if m.Text != c.text {
				t.Errorf("text %q, want %q (%q)", m.Text, c.text, m.Problems)
			}
			if m.HTML != c.html {
				t.Errorf("HTML %q, want %q", m.HTML, c.html)
			}
			if diff := cmp.Diff(c.files, files(m)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Pitfall 9: what the HTML refers to keeps its id, or gets one.
func TestContentIDs(t *testing.T) {
	t.Parallel()
	part := func(fields, content string) string { return "Content-Type: image/png\n" + fields + "\n\n" + content }
	raw := multipart("related",
		"Content-Type: text/html\n\n<img src=\"cid:one@x\"><img src='CID:TWO%40x'><img src=cid:three> <img src=\"pics/four.png\"><a href=\"https://x/cid:\">",
		part("Content-ID: <one@x>", "1"),
		part("Content-ID: two@x\nContent-Disposition: attachment; filename=two.png", "2"),
		part("Content-Id:  <three>", "3"),
		part("Content-Location: pics/four.png", "4"),
		part("Content-ID: <unused@x>\nContent-Disposition: inline; filename=five.png", "5"),
		part("Content-ID: <one@x>", "6"))
	m := parse.Parse(raw)
	want := []string{
		"image.png image/png <one@x>=1", "two.png image/png <two@x>=2", "image.png image/png <three>=3",
		"image.png image/png <location-4>=4", "five.png image/png <unused@x>=5", "image.png image/png <one@x>=6",
	}
	if diff := cmp.Diff(want, files(m)); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(m.HTML, `<img src="cid:location-4">`) {
		t.Errorf("the location is not linked: %s", m.HTML)
	}
}

func TestFileNames(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]string{
		`attachment; filename=a.pdf`:                                                  "a.pdf",
		`attachment; filename="a b; c.pdf"`:                                           "a b; c.pdf",
		`attachment; filename=a b.pdf`:                                                "a b.pdf",
		`attachment; filename="C:\temp\a.pdf"`:                                        "a.pdf",
		`attachment; filename="../../etc/passwd"`:                                     "passwd",
		`attachment; filename=".."`:                                                   "attachment.bin",
		`attachment; filename*=utf-8''%e2%82%ac%20rates.pdf`:                          "€ rates.pdf",
		`attachment; filename*=iso-2022-jp'ja'%1B%24B%46%7C%4B%5C%1B%28B.pdf`:         "日本.pdf",
		`attachment; filename*=windows-1251''%EF%F0.pdf; filename="x.pdf"`:            "пр.pdf",
		`attachment; filename*1*=%ac.pdf; filename*0*=utf-8''%e2%82`:                  "€.pdf",
		`attachment; filename*0="long"; filename*1="name.pdf"`:                        "longname.pdf",
		`attachment; filename="=?utf-8?B?w6k=?=.pdf"`:                                 "é.pdf",
		`attachment; filename==?utf-8?Q?=C3=A9.pdf?=`:                                 "é.pdf",
		"attachment; filename=\"r\u00e9sum\u00e9.pdf\"":                               "résumé.pdf",
		"attachment; filename=\"fdp\u202eexe.pdf\"":                                   "fdpexe.pdf",
		"attachment; filename=\"a.pdf":                                                "a.pdf",
		`attachment; filename=""`:                                                     "attachment.bin",
		`attachment; filename="` + strings.Repeat("é", 300) + `.pdf"`:                 strings.Repeat("é", 98) + ".pdf",
		`attachment; filename="=?utf-8?Q?a=2E?= =?utf-8?Q?=2F=2E=2E=2Fb=0D=0A.txt?="`: "b  .txt",
		`attachment; filename="a<b>|c?.txt"`:                                          "a_b__c_.txt",
		`attachment; foo; ; filename=x.txt; filename=y.txt`:                           "x.txt",
		`filename=x.txt`:                              "x.txt",
		`attachment; filename*=utf-8''%zz.txt`:        "%zz.txt",
		`attachment; filename*=unknown'en'caf%E9.txt`: "café.txt",
		`ATTACHMENT; FILENAME="UP.TXT"`:               "UP.TXT",
		`attachment; filename*0*=UTF-8''%D0%BF; filename*1*=%D1%80; filename*3=lost; filename=p`: "прlost",
	} {
		m := parse.Parse(mail("Content-Type: application/octet-stream", "Content-Disposition: "+header, "", "x"))
		if len(m.Parts) != 1 || m.Parts[0].FileName != want {
			t.Errorf("%s: %q, want %q", header, files(m), want)
		}
	}
}
