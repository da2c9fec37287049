package parse_test

import (
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"

	"parley/internal/channel/email/parse"
	"parley/internal/vocab"
)

// EM-4: HTML without anything to see does not stand in the way of the text.
func TestHTMLWithoutContent(t *testing.T) {
	t.Parallel()
	const text = "Content-Type: text/plain\n\nHello"
	for page, want := range map[string]string{
		"<table><tr><td><br></td></tr></table>":          "",
		"<html><body></body></html>":                     "",
		"<div>&nbsp;</div><p>\u200b</p>":                 "",
		"<style>p{color:red}</style><!-- Hello -->":      "",
		"<head><title>Mail</title></head><body> </body>": "",
		"<p>Hello</p>":                   "<p>Hello</p>",
		"<div><img src=\"cid:1\"></div>": "<div><img src=\"cid:1\"></div>",
	} {
		page := "Content-Type: text/html; charset=utf-8\n\n" + page
		for name, raw := range map[string][]byte{
			"alternative": multipart("alternative", text, page), "HTML first": multipart("alternative", page, text),
			"related within": multipart("mixed", "Content-Type: multipart/alternative; boundary=c\n\n--c\n"+text+"\n--c\nContent-Type: multipart/related; boundary=d\n\n--d\n"+page+"\n--d--\n--c--"),
		} {
			if m := parse.Parse(raw); m.HTML != want || m.Text != "Hello" {
				t.Errorf("%s, %s: HTML %q, text %q", name, page, m.HTML, m.Text)
			}
		}
	}
	if m := parse.Parse(mail("Content-Type: text/html", "", "<table><tr><td></td></tr></table>")); m.HTML == "" {
		t.Error("without a text it is all there is")
	}
}

// Pitfall 9: what does not name its charset has the one that the mail names elsewhere, and
// Japanese is read though its label is wrong.
func TestCharsetHints(t *testing.T) {
	t.Parallel()
	in := func(as encoding.Encoding, text string) string {
		raw, err := as.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	const word = "=?windows-1251?B?z/Do4uXy?=" // Привет
	for name, c := range map[string]struct {
		raw        []byte
		text, file string
		subject    string
	}{
		"Shift_JIS as ISO-2022-JP":     {mail("Content-Type: text/plain; charset=ISO-2022-JP", "Subject: =?ISO-2022-JP?B?"+base64.StdEncoding.EncodeToString([]byte(in(japanese.ShiftJIS, "注文")))+"?=", "", in(japanese.ShiftJIS, japaneseText)), japaneseText, "", "注文"},
		"EUC-JP as ISO-2022-JP":        {mail("Content-Type: text/plain; charset=ISO-2022-JP", "", in(japanese.EUCJP, japaneseText)), japaneseText, "", ""},
		"one word of Shift_JIS":        {mail("Content-Type: text/plain; charset=iso-2022-jp", "", in(japanese.ShiftJIS, "注文")), "注文", "", ""},
		"true ISO-2022-JP":             {mail("Content-Type: text/plain; charset=iso-2022-jp", "", in(japanese.ISO2022JP, japaneseText)), japaneseText, "", ""},
		"half-width kana":              {mail("Content-Type: text/plain; charset=iso-2022-jp", "", in(japanese.ShiftJIS, "ｱｲｳ")), "ｱｲｳ", "", ""},
		"a short text, by the subject": {mail("Subject: "+word, "Content-Type: text/plain", "", in(charmap.Windows1251, "Да")), "Да", "", "Привет"},
		"a file name, by the subject": {
			mail("Subject: "+word, "Content-Type: application/pdf", "Content-Disposition: attachment; filename=\""+in(charmap.Windows1251, "счёт")+".pdf\"", "", "x"), "", "счёт.pdf", "Привет",
		},
		"a file name, by the text": {
			multipart("mixed", "Content-Type: text/plain; charset=koi8-r\n\n"+in(charmap.KOI8R, "Да"), "Content-Type: application/pdf; name=\""+in(charmap.KOI8R, "счёт")+".pdf\"\n\nx"), "Да", "счёт.pdf", "",
		},
		"a subject, by a file name": {
			mail("Subject: "+in(charmap.Windows1251, "Счёт"), "Content-Type: application/pdf", "Content-Disposition: attachment; filename*=windows-1251''%F1.pdf", "", "x"), "", "с.pdf", "Счёт",
		},
		"a text, by the other part": {
			multipart("alternative", "Content-Type: text/plain\n\n"+in(charmap.Windows1251, "Да"), "Content-Type: text/html; charset=windows-1251\n\n<p>"+in(charmap.Windows1251, "Да")+"</p>"), "Да", "", "",
		},
		"UTF-8 stays":        {mail("Subject: "+word, "Content-Type: text/plain", "", "Grüße"), "Grüße", "", "Привет"},
		"a label of its own": {mail("Subject: "+word, "Content-Type: text/plain; charset=iso-8859-1", "", in(charmap.Windows1252, "Café")), "Café", "", "Привет"},
		"nothing says so":    {mail("Content-Type: text/plain", "", in(charmap.Windows1252, "Café")), "Café", "", ""},
		"ASCII says nothing": {mail("Subject: "+word, "Content-Type: text/plain; charset=us-ascii", "", in(charmap.Windows1251, "Да")), "Да", "", "Привет"},
	} {
		m := parse.Parse(c.raw)
		sound(t, c.raw, m)
		file := ""
		if len(m.Parts) > 0 {
			file = m.Parts[0].FileName
		}
		if m.Text != c.text || file != c.file || m.Subject != c.subject {
			t.Errorf("%s: got %q, %q, %q; want %q, %q, %q", name, m.Text, file, m.Subject, c.text, c.file, c.subject)
		}
	}
}

// der writes a value of ASN.1; stream one whose length is not known.
func der(tag byte, parts ...string) string {
	value := strings.Join(parts, "")
	length := []byte{byte(len(value))}
	if len(value) > 127 {
		length = []byte{0x82, byte(len(value) >> 8), byte(len(value))}
	}
	return string(append([]byte{tag}, length...)) + value
}

func stream(tag byte, parts ...string) string {
	return string(append([]byte{tag, 0x80}, strings.Join(parts, "")...)) + "\x00\x00"
}

const (
	oidData     = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	oidSigned   = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
	oidEnvelope = "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
)

// EM-4: what a mail that is signed or encrypted says is shown, or said to be in its file.
func TestSMIME(t *testing.T) {
	t.Parallel()
	const inner = "Content-Type: text/plain; charset=utf-8\r\n\r\nGrüße"
	signed := func(content string) string {
		return der(0x30, oidSigned, der(0xa0, der(0x30, "\x02\x01\x01", der(0x31), der(0x30, oidData, content), der(0x31))))
	}
	streamed := stream(0x30, oidSigned, stream(0xa0, stream(0x30, "\x02\x01\x01", der(0x31), stream(0x30, oidData, stream(0xa0, stream(0x24, der(4, inner[:20]), der(4, inner[20:])))), der(0x31))))
	within := "Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n" + inner + "\r\n--i\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\nPDF\r\n--i--"
	for name, c := range map[string]struct {
		contentType, file, text string
		files                   []string
		code                    vocab.MailProblemCode
	}{
		"signed":             {"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", signed(der(0xa0, der(4, inner))), "Grüße", []string{"smime.p7m"}, ""},
		"signed, no type":    {"application/x-pkcs7-mime; name=smime.p7m", signed(der(0xa0, der(4, inner))), "Grüße", []string{"smime.p7m"}, ""},
		"signed, by name":    {"application/octet-stream; name=smime.p7m", signed(der(0xa0, der(4, inner))), "Grüße", []string{"smime.p7m"}, ""},
		"signed, a stream":   {"application/pkcs7-mime; smime-type=signed-data", streamed, "Grüße", []string{"smime.p7m"}, ""},
		"signed, with files": {"application/pkcs7-mime; smime-type=signed-data", signed(der(0xa0, der(4, within))), "Grüße", []string{"a.pdf", "smime.p7m"}, ""},
		"certificates":       {"application/pkcs7-mime; smime-type=certs-only; name=a.p7c", signed(""), "", []string{"a.p7c"}, ""},
		"encrypted":          {"application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", der(0x30, oidEnvelope, der(0xa0, "x")), "", []string{"smime.p7m"}, vocab.MailEncrypted},
		"encrypted, no type": {"application/pkcs7-mime; name=smime.p7m", der(0x30, oidEnvelope, der(0xa0, "x")), "", []string{"smime.p7m"}, vocab.MailEncrypted},
		"cut off":            {"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", signed(der(0xa0, der(4, inner)))[:40], "", []string{"smime.p7m"}, vocab.MailContentDamaged},
		"nothing":            {"application/pkcs7-mime; smime-type=signed-data; name=smime.p7m", "", "", []string{"smime.p7m"}, vocab.MailContentDamaged},
	} {
		raw := mail("Content-Type: "+c.contentType, "Content-Transfer-Encoding: base64", "", base64.StdEncoding.EncodeToString([]byte(c.file)))
		m := parse.Parse(raw)
		sound(t, raw, m)
		check(t, name, m, c.text, c.files, c.code)
	}
	m := parse.Parse(multipart("encrypted; protocol=\"application/pgp-encrypted\"", "Content-Type: application/pgp-encrypted\n\nVersion: 1", "Content-Type: application/octet-stream; name=encrypted.asc\n\nPGP"))
	check(t, "PGP/MIME", m, "", []string{"version.asc", "encrypted.asc"}, vocab.MailEncrypted)
	armoured := "-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----"
	check(t, "PGP in the text", parse.Parse(mail("", armoured)), armoured, nil, vocab.MailEncrypted)
}

func check(t *testing.T, name string, m *parse.Mail, text string, files []string, code vocab.MailProblemCode) {
	t.Helper()
	var names []string
	for _, p := range m.Parts {
		names = append(names, p.FileName)
	}
	if diff := cmp.Diff(files, names); diff != "" || m.Text != text {
		t.Errorf("%s: text %q; %s", name, m.Text, diff)
	}
	if found := slices.ContainsFunc(m.Problems, func(p vocab.MailProblem) bool { return p.Code == code }); found != (code != "") || code == "" && len(m.Problems) > 0 {
		t.Errorf("%s: problems %v, want %s", name, m.Problems, code)
	}
}

// Values within values without end, and lengths that are none, are not followed.
func FuzzSMIME(f *testing.F) {
	for _, seed := range []string{
		"0\x80", strings.Repeat("0\x80", 1000), strings.Repeat("$\x80", 500), "0\x84\xff\xff\xff\xff", der(0x30, oidSigned, der(0xa0, der(0x30, "\x02\x01\x01", der(0x31), der(0x30, oidData, der(0xa0, der(4, "\n\nx")))))),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		raw := []byte("From: a@b.c\nContent-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString(file))
		sound(t, raw, parse.Parse(raw))
	})
}

// EM-4: an invitation that comes alone can be read.
func TestInvitations(t *testing.T) {
	t.Parallel()
	calendar := func(method string, lines ...string) []byte {
		return mail(append([]string{"Content-Type: text/calendar; charset=utf-8; method=" + method, "", "BEGIN:VCALENDAR", "METHOD:" + method,
			"BEGIN:VTIMEZONE", "TZID:Europe/Berlin", "BEGIN:STANDARD", "DTSTART:16011028T030000", "END:STANDARD", "END:VTIMEZONE", "BEGIN:VEVENT"}, append(lines,
			"BEGIN:VALARM", "DESCRIPTION:REMINDER", "END:VALARM", "END:VEVENT", "END:VCALENDAR")...)...)
	}
	for name, c := range map[string]struct {
		raw  []byte
		want string
	}{
		"an invitation": {calendar("REQUEST",
			"ORGANIZER;CN=\"Ortiz, Uma\":mailto:uma@x.example", "SUMMARY;LANGUAGE=de:Übergabe\\, Teil 1", "DTSTART;TZID=Europe/Berlin:20260305T120000",
			"DTEND;TZID=Europe/Berlin:20260305T130000", "LOCATION:Room 1\\; floor 2", "DESCRIPTION:Please bring\\nthe la", " mp.\\n"),
			"Invitation: Übergabe, Teil 1\nWhen: Thu, 5 Mar 2026 12:00 Europe/Berlin to 13:00 Europe/Berlin\nWhere: Room 1; floor 2\nOrganizer: Ortiz, Uma <uma@x.example>\n\nPlease bring\nthe lamp."},
		"over night": {calendar("REQUEST", "SUMMARY:Move", "DTSTART:20260305T220000Z", "DTEND:20260306T020000Z"),
			"Invitation: Move\nWhen: Thu, 5 Mar 2026 22:00 UTC to Fri, 6 Mar 2026 02:00 UTC"},
		"a whole day": {calendar("PUBLISH", "SUMMARY:Fair", "DTSTART;VALUE=DATE:20260305"), "Invitation: Fair\nWhen: Thu, 5 Mar 2026"},
		"cancelled":   {calendar("CANCEL", "SUMMARY:Fair"), "Cancelled: Fair"},
		"an answer": {calendar("REPLY", "SUMMARY:Fair", "ATTENDEE;PARTSTAT=ACCEPTED;CN=Uma:mailto:uma@x.example"),
			"Answer to an invitation: Fair\nAnswer: Uma <uma@x.example> accepted"},
		"no title":     {calendar("REQUEST", "DTSTART:20260305T220000"), "Invitation:\nWhen: Thu, 5 Mar 2026 22:00"},
		"no event":     {mail("Content-Type: text/calendar", "", "BEGIN:VCALENDAR", "END:VCALENDAR"), "The attached calendar file could not be read."},
		"beside text":  {multipart("alternative", "Content-Type: text/plain\n\nCome", "Content-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT"), "Come"},
		"in two parts": {multipart("mixed", "Content-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:x\nEND:VEVENT", "Content-Type: application/pdf\n\nx"), "Invitation: x"},
	} {
		if m := parse.Parse(c.raw); m.Text != c.want || m.HTML != "" {
			t.Errorf("%s: got\n%s\nwant\n%s", name, m.Text, c.want)
		}
	}
}

// Pitfall 9: names of files, wherever they stand.
func TestOtherFileNames(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"Content-Type: application/pdf; filename=x.pdf":                                              "x.pdf",
		"Content-Type: application/pdf\nContent-Disposition: attachment; name=\"x.pdf\"":             "x.pdf",
		"Content-Type: application/pdf; name=y.pdf\nContent-Disposition: attachment; filename=x.pdf": "x.pdf",
		"Content-Type: application/vnd.ms-outlook; name=\"RE: Offer 1/2.msg\"":                       "RE_ Offer 1_2.msg",
		"Content-Type: application/pdf; name=\"Invoice 3\\4.pdf\"":                                   "Invoice 3_4.pdf",
		"Content-Type: application/pdf; name=\"C:\\My Files\\a b.pdf\"":                              "a b.pdf",
		"Content-Type: application/pdf; name=\"files/a b.pdf\"":                                      "a b.pdf",
		"Content-Type: application/pdf; name=\"/home/uma/a.pdf\"":                                    "a.pdf",
		"Content-Type: application/pdf; name=\"a b/../../c.pdf\"":                                    "c.pdf",
		"Content-Type: application/pdf; name=\"a b/..\"":                                             "a b_",
	} {
		m := parse.Parse(multipart("mixed", "\ntext", fields+"\n\nx"))
		if len(m.Parts) != 1 || m.Parts[0].FileName != want {
			t.Errorf("%s: got %v, want %s", fields, files(m), want)
		}
	}
	for content, want := range map[string]string{
		"%PDF-1.7\n": "document.pdf", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR": "image.png", "GIF89a\x01\x00": "image.gif", "PK\x03\x04\x14\x00": "archive.zip", "what": "attachment.bin",
	} {
		for _, media := range []string{"application/octet-stream", "x-unknown/x-unknown", "foo bar"} {
			m := parse.Parse(multipart("mixed", "\ntext", "Content-Type: "+media+"\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString([]byte(content))))
			if len(m.Parts) != 1 || m.Parts[0].FileName != want {
				t.Errorf("%q as %s: got %v, want %s", content, media, files(m), want)
			}
		}
	}
}
