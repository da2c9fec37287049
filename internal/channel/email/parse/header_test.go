package parse_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/parse"
	"parley/internal/vocab"
)

func TestAddresses(t *testing.T) { // EM-4
	t.Parallel()
	type list = []parse.Address
	for value, want := range map[string]list{
		`ada@example.com`:                               {{"", "ada@example.com"}},
		`<ada@EXAMPLE.com>`:                             {{"", "ada@example.com"}},
		`Ada Love <Ada@Example.COM.>`:                   {{"Ada Love", "Ada@example.com"}},
		`"Love, Ada" <ada@x.org>, Bob <b@x.org>`:        {{"Love, Ada", "ada@x.org"}, {"Bob", "b@x.org"}},
		`Love, Ada <ada@x.org>`:                         {{"Love, Ada", "ada@x.org"}},
		`ada@x.org (Ada (the first))`:                   {{"Ada (the first)", "ada@x.org"}},
		`"Ada \"A\" Love" <ada@x.org>`:                  {{`Ada "A" Love`, "ada@x.org"}},
		`'Ada' <ada@x.org>`:                             {{"Ada", "ada@x.org"}},
		`"ada@x.org" <ada@x.org>`:                       {{"", "ada@x.org"}},
		`=?utf-8?Q?J=C3=B6rg?= <j@x.org>`:               {{"Jörg", "j@x.org"}},
		`"=?utf-8?Q?M=C3=BCller=2C_J?=" <j@x.org>`:      {{"Müller, J", "j@x.org"}},
		`=?utf-8?Q?Ada_<ada@x.org>?=`:                   {{"Ada", "ada@x.org"}},
		`=?utf-8?Q?boss=40x.org=3E=2C_a?= <evil@y.org>`: {{"boss@x.org>, a", "evil@y.org"}}, // a name never turns into an address
		`"boss@x.org <boss@x.org>" <evil@y.org>`:        {{"boss@x.org <boss@x.org>", "evil@y.org"}},
		`"ada@x.org"`:                                   {{"", "ada@x.org"}},
		`Team: a@x.org, B <b@x.org>;`:                   {{"", "a@x.org"}, {"B", "b@x.org"}},
		`undisclosed-recipients:;`:                      nil,
		`a@x.org,, b@x.org,`:                            {{"", "a@x.org"}, {"", "b@x.org"}},
		`a@x.org; b@x.org`:                              {{"", "a@x.org"}, {"", "b@x.org"}},
		`A <a@x.org> B <b@x.org>`:                       {{"A", "a@x.org"}, {"B", "b@x.org"}},
		`"Ada <ada@x.org>`:                              {{`"Ada`, "ada@x.org"}},
		`Ada <ada@x.org`:                                {{"Ada", "ada@x.org"}},
		`Ada <ada@x.org, b@x.org`:                       {{"Ada", "ada@x.org"}, {"", "b@x.org"}},
		`ada @ x.org`:                                   {{"", "ada@x.org"}},
		`mailto:ada@x.org`:                              {{"", "ada@x.org"}},
		`<@a.org,@b.org:ada@x.org>`:                     {{"", "ada@x.org"}},
		`"a b"@x.org`:                                   {{"", "a b@x.org"}},
		`<"a>b"@x.org>`:                                 {{"", `"a>b"@x.org`}},
		`jörg@bücher.example`:                           {{"", "jörg@xn--bcher-kva.example"}},
		`ada@[192.0.2.1]`:                               {{"", "ada@[192.0.2.1]"}},
		`<<ada@x.org>>`:                                 {{"", "ada@x.org"}},
		`root, ada@x.org`:                               {{"", "ada@x.org"}},
		`a@x.org, A@X.org`:                              {{"", "a@x.org"}},
		`(open a@x.org`:                                 {{"open", "a@x.org"}},
		`support+x=y.z@x.org`:                           {{"", "support+x=y.z@x.org"}},
		`a@b@x.org <c@x.org>`:                           {{"a@b@x.org", "c@x.org"}},
		`<>`:                                            nil,
		``:                                              nil,
	} {
		m := parse.Parse([]byte("From: f@x.org\nTo: " + value + "\n\n"))
		if diff := cmp.Diff(want, m.To); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
}

func TestSubjects(t *testing.T) { // EM-4
	t.Parallel()
	for value, want := range map[string]string{
		"plain":                                                         "plain",
		"folded\r\n  twice\r\n\there":                                   "folded  twice here",
		"not\r\nindented":                                               "not indented",
		"=?utf-8?Q?Caf=C3=A9?=":                                         "Café",
		"=?UTF-8?b?Q2Fmw6k=?=":                                          "Café",
		"=?utf-8*fr?Q?Caf=C3=A9?=":                                      "Café",
		"=?utf-8?Q?one?= =?utf-8?Q?_two?=":                              "one two",
		"=?utf-8?Q?one?=\r\n\t=?utf-8?Q?_two?=":                         "one two",
		"=?utf-8?Q?one?= and =?utf-8?Q?two?=":                           "one and two",
		"=?utf-8?Q?Gr=C3?= =?utf-8?Q?=BC=C3=9Fe?=":                      "Grüße",
		"=?utf-8?B?w?= =?utf-8?B?6k=?=":                                 "é",
		"=?utf-8?B?w6k?= =?utf-8?B?w6k?=":                               "éé",
		"=?utf-8?Q?a?= =?iso-8859-1?Q?=E9?= =?utf-8?B?w6k=?=":           "aéé",
		"=?iso-2022-jp?B?GyRCRnwbKEI=?= =?iso-2022-jp?B?GyRCS1wbKEI=?=": "日本",
		"=?iso-2022-jp?B?GyRCRnw=?= =?iso-2022-jp?B?S1wbKEI=?=":         "日本",
		"=?utf-8?Q?spaces within?=":                                     "spaces within",
		"Re:=?utf-8?Q?glued?=x":                                         "Re:gluedx",
		"=?utf-8?X?what?=":                                              "=?utf-8?X?what?=",
		"=?utf-8?Q?open":                                                "=?utf-8?Q?open",
		"=?foo?Q?=E9?=":                                                 "é",
		"=?utf-8?Q?a=0D=0ABcc:_x@y?=":                                   "a  Bcc: x@y",
		"8 bit: Grüße":                                                  "8 bit: Grüße",
		"\xc0\xf0\xe9":                                                  "Арй", // read as the body is
		"1 < 2 =? 3":                                                    "1 < 2 =? 3",
	} {
		m := parse.Parse(mail("Subject: "+value, "Content-Type: text/plain; charset=windows-1251", "", "x"))
		if m.Subject != want {
			t.Errorf("%q: %q, want %q", value, m.Subject, want)
		}
	}
}

func TestIDs(t *testing.T) { // pitfall 8
	t.Parallel()
	for value, want := range map[string][]string{
		"<a@x> <b@x>":                           {"a@x", "b@x"},
		"<a@x><b@x>,<c@x>;<a@x>":                {"b@x", "c@x", "a@x"},
		"a@x b@x":                               {"a@x", "b@x"},
		"<a\r\n @x>":                            {"a@x"},
		"<a@x":                                  {"a@x"},
		"<a@x <b@x>":                            {"a@x", "b@x"},
		"Your message of Monday <a@x>":          {"a@x"},
		"<no-at-sign>":                          {"no-at-sign"},
		"=?utf-8?q?=3Ca=40x=3E?=":               {"a@x"}, // Amazon SES
		"<<a@x>>":                               {"a@x"},
		"<>":                                    nil,
		"<" + strings.Repeat("a", 1000) + "@x>": nil,
	} {
		m := parse.Parse([]byte("From: f@x.org\nReferences: " + value + "\n\n"))
		if diff := cmp.Diff(want, m.References); diff != "" {
			t.Errorf("%q: %s", value, diff)
		}
	}
	many := strings.Repeat("<old@x> ", 3)
	for i := range 300 {
		many += "<" + string(rune('a'+i%26)) + strings.Repeat("i", i/26) + "@x> "
	}
	m := parse.Parse([]byte("References: " + many + "\n\n"))
	if n := len(m.References); n != 200 || m.References[199] != "niiiiiiiiiii@x" {
		t.Errorf("%d references, the last %q", n, m.References[n-1])
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	noon := time.Date(2024, 2, 5, 12, 0, 0, 0, time.UTC)
	for value, want := range map[string]time.Time{
		"Mon, 05 Feb 2024 13:00:00 +0100":       noon,
		"Mon, 5 Feb 2024 12:00:00 GMT":          noon,
		"5 Feb 2024 12:00 +0000":                noon,
		"Mon, 05 Feb 2024 13:00:00 +0100 (CET)": noon,
		"Mon, 05 Feb 2024 13:00:00 GMT+01:00":   noon,
		"Mon, 05 Feb 2024 13:00:00 UT+1":        noon,
		"Mo, 05 Feb 2024 13:00:00 +0100":        noon,
		"Mon, 05 Feb 24 12:00:00 +0000":         noon,
		"2024-02-05T13:00:00+01:00":             noon,
		"Mon Feb  5 12:00:00 2024":              noon,
		"Mon, 05-Feb-2024 12:00:00 +0000":       noon,
		"yesterday":                             {},
		"Mon, 05 Feb 0001 12:00:00 +0000":       {},
		"":                                      {},
	} {
		if m := parse.Parse([]byte("Date: " + value + "\n\n")); !m.Date.Equal(want) {
			t.Errorf("%s: %v", value, m.Date)
		}
	}
}

// EM-4: who wrote, whatever of it is missing or there twice.
func TestEnvelope(t *testing.T) {
	t.Parallel()
	m := parse.Parse([]byte(strings.Join([]string{
		"Return-Path: <bounce@x.org>", "Delivered-To: Support@Example.com", "X-Original-To: help@example.com", "Delivered-To: other@example.com",
		"Sender: s@x.org", "From: One <one@x.org>", "From: Two <two@x.org>", "Subject : first", "Subject: second",
		"To: a@x.org", "To: b@x.org, a@x.org", "Cc: c@x.org", "Bcc: d@x.org", "Reply-To: r@x.org",
		"Message-ID: <m@x> (added)", "In-Reply-To: <p@x>", "", "x",
	}, "\n")))
	got := []any{m.From, m.Sender, m.Subject, m.To, m.Cc, m.Bcc, m.ReplyTo, *m.ReturnPath, m.DeliveredTo, m.MessageID, m.InReplyTo}
	want := []any{
		parse.Address{Name: "One", Address: "one@x.org"}, parse.Address{Address: "s@x.org"}, "first",
		[]parse.Address{{Address: "a@x.org"}, {Address: "b@x.org"}}, []parse.Address{{Address: "c@x.org"}}, []parse.Address{{Address: "d@x.org"}},
		[]parse.Address{{Address: "r@x.org"}}, "bounce@x.org",
		[]string{"support@example.com", "other@example.com", "help@example.com"}, "m@x", []string{"p@x"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]vocab.MailProblem{
		{Code: vocab.MailHeaderDamaged, Text: "the field From is there 2 times; the first counts"},
		{Code: vocab.MailHeaderDamaged, Text: "the field Subject is there 2 times; the first counts"},
	}, m.Problems); diff != "" {
		t.Error(diff)
	}
	for raw, want := range map[string]string{
		"Sender: s@x.org\n\n":                           "s@x.org",
		"From: nobody\nReturn-Path: <r@x.org>\n\n":      "r@x.org",
		"From: nobody\nReply-To: a@x.org\n\n":           "a@x.org",
		"Return-Path: <>\nSubject: x\n\n":               "",
		"From: =?utf-8?Q?x?=\nSender: Me <m@x.org>\n\n": "m@x.org",
	} {
		if m := parse.Parse([]byte(raw)); m.From.Address != want || len(m.Problems) == 0 {
			t.Errorf("%q: %v, %q", raw, m.From, m.Problems)
		}
	}
	if m := parse.Parse([]byte("Return-Path: <>\n\n")); m.ReturnPath == nil || *m.ReturnPath != "" {
		t.Errorf("null sender: %v", m.ReturnPath)
	}
	if m := parse.Parse([]byte("Subject: x\n\n")); m.ReturnPath != nil {
		t.Errorf("no return path: %q", *m.ReturnPath)
	}
}

// EM-4: Nothing is thrown away: what is no mail is kept as a file.
func TestWhatIsNoMail(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"", "just words\nand more", "\x00\x01\x02"} {
		m := parse.Parse([]byte(raw))
		if len(m.Parts) != 1 || string(m.Parts[0].Content) != raw || m.Parts[0].FileName != "message.eml" || len(m.Problems) == 0 {
			t.Errorf("%q: %q, %q", raw, files(m), m.Problems)
		}
	}
}

// problemTexts are a mail's problems, one a line.
func problemTexts(m *parse.Mail) string {
	var list []string
	for _, p := range m.Problems {
		list = append(list, p.Text)
	}
	return strings.Join(list, "\n")
}
