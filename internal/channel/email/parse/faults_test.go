package parse_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/parse"
)

// EM-4: only an empty line ends a header, and what servers and programs break of one is
// looked through.
func TestHeaderEnds(t *testing.T) {
	t.Parallel()
	type seen struct{ From, Subject, To, Text string }
	for name, c := range map[string]struct {
		raw  string
		want seen
	}{
		"white space in a folded field": {
			"From: uma@x.example\nTo: a@desk.example,\n\t\t\n b@desk.example\nSubject: Offer\n\nHello",
			seen{"uma@x.example", "Offer", "a@desk.example b@desk.example", "Hello"},
		},
		"white space behind the last folded line": {
			"From: uma@x.example\nTo: a@desk.example\n \nSubject: Offer\n\nHello", seen{"uma@x.example", "Offer", "a@desk.example", "Hello"},
		},
		"several lines of white space": {
			"From: uma@x.example\nSubject: one\n  \n\t\n two\nTo: a@desk.example\n\nHello", seen{"uma@x.example", "one    two", "a@desk.example", "Hello"},
		},
		"white space in place of the empty line": {"From: uma@x.example\nSubject: x\n \t\nHello Ada,\nbye", seen{"uma@x.example", "x", "", "Hello Ada,\nbye"}},
		"two CR in the empty line":               {"From: uma@x.example\r\nSubject: x\r\n\r\r\nHello", seen{"uma@x.example", "x", "", "Hello"}},
		"two lines unindented": {
			"From: uma@x.example\nX-Report: first\nsecond line\nthird line\nSubject: Late\nDate: Mon, 05 Feb 2024 12:00:00 +0000\n\nHello",
			seen{"uma@x.example", "Late", "", "Hello"},
		},
		"four lines unindented": {
			"Subject: Late\nX-Report: first\n2\n3\n4\n5\nTo: a@desk.example\nFrom: uma@x.example\n\nHello", seen{"uma@x.example", "Late", "a@desk.example", "Hello"},
		},
		"no empty line at all": {
			"From: uma@x.example\nSubject: x\nDate: Mon, 05 Feb 2024 12:00:00 +0000\nHello\nSubject of my mail", seen{"uma@x.example", "x", "", "Hello\nSubject of my mail"},
		},
		"no empty line, nothing missing below": {"From: uma@x.example\nSubject: x\nHello\nthere\nyou", seen{"uma@x.example", "x", "", "Hello\nthere\nyou"}},
		"an empty first line":                  {"\r\nFrom: uma@x.example\r\nSubject: x\r\n\r\nHello", seen{"uma@x.example", "x", "", "Hello"}},
		"an empty line below our trace": {
			"Return-Path: <uma@x.example>\nReceived: from a by b;\n\tMon, 05 Feb 2024 12:00:00 +0000\n\nFrom: Uma <uma@x.example>\nSubject: x\nTo: a@desk.example\n\nHello",
			seen{"uma@x.example", "x", "a@desk.example", "Hello"},
		},
		"two empty lines and an mbox line below the trace": {
			"Return-Path: <uma@x.example>\nReceived: from a by b\n\n\nFrom uma Mon Jan 1\nFrom: uma@x.example\nSubject: x\n\nHello", seen{"uma@x.example", "x", "", "Hello"},
		},
		"a trace and a body that is no header": {
			"Return-Path: <uma@x.example>\nReceived: from a by b\n\nNote: call back\nHello", seen{"uma@x.example", "", "", "Note: call back\nHello"},
		},
		"a body that begins like a header": {
			"From: uma@x.example\nSubject: x\n\nFrom: Berlin\nSubject: Paris\n\nHello", seen{"uma@x.example", "x", "", "From: Berlin\nSubject: Paris\n\nHello"},
		},
	} {
		for _, end := range []string{"\n", "\r\n"} {
			raw := []byte(c.raw)
			if !strings.Contains(c.raw, "\r") {
				raw = []byte(strings.ReplaceAll(c.raw, "\n", end))
			}
			m := parse.Parse(raw)
			sound(t, raw, m)
			to := ""
			for _, a := range m.To {
				to += " " + a.Address
			}
			if diff := cmp.Diff(c.want, seen{m.From.Address, m.Subject, strings.TrimSpace(to), m.Text}); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

// EM-4: names and addresses, however they are written.
func TestStrangeAddresses(t *testing.T) {
	t.Parallel()
	type list = []parse.Address
	for value, want := range map[string]list{
		// What an encoded word has in it is part of the name.
		`=?iso-8859-1?Q?Ortiz,=20Uma?= <uma@x.example>`:                  {{"Ortiz, Uma", "uma@x.example"}},
		`=?iso-8859-1?Q?Ortiz;_Uma?= <uma@x.example>, b@x.example`:       {{"Ortiz; Uma", "uma@x.example"}, {"", "b@x.example"}},
		`=?iso-8859-1?Q?Sales:_Uma?= <uma@x.example>`:                    {{"Sales: Uma", "uma@x.example"}},
		`=?utf-8?Q?Ortiz,?= =?utf-8?Q?_Uma?= <uma@x.example>`:            {{"Ortiz, Uma", "uma@x.example"}},
		`=?utf-8?Q?Ortiz, Uma?= <uma@x.example>`:                         {{"Ortiz, Uma", "uma@x.example"}},
		`=?utf-8?Q?Uma_(Sales)?= <uma@x.example>`:                        {{"Uma (Sales)", "uma@x.example"}},
		`=?utf-8?Q?"Uma"?= <uma@x.example>`:                              {{"Uma", "uma@x.example"}},
		`=?utf-8?Q?[Desk]_Uma?= <uma@x.example>`:                         {{"[Desk] Uma", "uma@x.example"}},
		`a@x.example, =?utf-8?Q?Ortiz,_Uma?= <uma@x.example>`:            {{"", "a@x.example"}, {"Ortiz, Uma", "uma@x.example"}},
		`=?utf-8?Q?Ortiz <uma@x.example>, =?utf-8?Q?Bob?= <b@x.example>`: {{"=?utf-8?Q?Ortiz", "uma@x.example"}, {"Bob", "b@x.example"}},
		`1=2 <uma@x.example>`:                                            {{"1=2", "uma@x.example"}},
		`=?utf-8?B?T3J0aXosIFVtYQ==?= <uma@x.example>`:                   {{"Ortiz, Uma", "uma@x.example"}},
		`=?utf-8?Q?a,b?= , =?utf-8?Q?c,d?= <uma@x.example>`:              {{"a,b, c,d", "uma@x.example"}},
		// Local parts that net/mail refuses.
		`a.b..c@docomo.example`:        {{"", "a.b..c@docomo.example"}},
		`Uma <.uma.@docomo.example>`:   {{"Uma", ".uma.@docomo.example"}},
		`"a.b..c"@docomo.example`:      {{"", "a.b..c@docomo.example"}},
		`Uma <"odd local"@a.example>`:  {{"Uma", "odd local@a.example"}},
		`"odd \"local"@a.example`:      {{"", `odd "local@a.example`}},
		`"ada@x.example"@evil.example`: {{"", `"ada@x.example"@evil.example`}}, // never another's address
		// Comments, links, brackets.
		`uma(at work)@x.example`:                                     {{"at work", "uma@x.example"}},
		`Uma <uma(at (the) work)@x.example>`:                         {{"Uma", "uma@x.example"}},
		`Uma <uma@x.example (work)>`:                                 {{"Uma", "uma@x.example"}},
		`Uma <(c)uma@(d)x.example(e)>`:                               {{"Uma", "uma@x.example"}},
		`Uma [mailto:uma@x.example]`:                                 {{"Uma", "uma@x.example"}},
		`Uma Ortiz [MAILTO:uma@x.example], Bob [mailto:b@x.example]`: {{"Uma Ortiz", "uma@x.example"}, {"Bob", "b@x.example"}},
		`uma@x.example [mailto:uma@x.example]`:                       {{"", "uma@x.example"}},
		`Uma [uma@x.example]`:                                        {{"Uma", "uma@x.example"}},
		`Uma <mailto:uma@x.example?subject=Hi>`:                      {{"Uma", "uma@x.example"}},
		`Uma <Mailto:uma@x.example>`:                                 {{"Uma", "uma@x.example"}},
		`[Desk] Uma <uma@x.example>`:                                 {{"[Desk] Uma", "uma@x.example"}},
		`uma@[192.0.2.1]`:                                            {{"", "uma@[192.0.2.1]"}},
		`Uma <uma@[192.0.2.1]>`:                                      {{"Uma", "uma@[192.0.2.1]"}},
		// Missing commas.
		`a@x.example b@y.example`:                    {{"", "a@x.example"}, {"", "b@y.example"}},
		`a@x.example b@y.example c@z.example`:        {{"", "a@x.example"}, {"", "b@y.example"}, {"", "c@z.example"}},
		`a@x.example Bob`:                            {{"Bob", "a@x.example"}},
		`Bob b@x.example`:                            {{"Bob", "b@x.example"}},
		`a@x.example b@y.example, Bob <c@z.example>`: {{"", "a@x.example"}, {"", "b@y.example"}, {"Bob", "c@z.example"}},
		`"Uma" a@x.example b@y.example`:              {{"Uma", "a@x.example"}, {"", "b@y.example"}},
		`a@x.example <a@x.example>`:                  {{"", "a@x.example"}},
		`a @ x.example`:                              {{"", "a@x.example"}},
	} {
		raw := []byte("From: f@x.example\nTo: " + value + "\n\n")
		m := parse.Parse(raw)
		sound(t, raw, m)
		if diff := cmp.Diff(want, m.To); diff != "" {
			t.Errorf("%s: %s", value, diff)
		}
	}
}

// EM-4: who wrote a mail, where From does not say.
func TestAuthors(t *testing.T) {
	t.Parallel()
	for head, want := range map[string][]parse.Address{
		"From: Uma Ortiz <uma>\nSender: Office <office@x.example>":         {{"Uma Ortiz", "office@x.example"}},
		"From: Uma Ortiz <uma>\nReply-To: uma@x.example":                   {{"Uma Ortiz", "uma@x.example"}},
		"From: Ortiz, Uma <>\nReply-To: uma@x.example":                     {{"Ortiz, Uma", "uma@x.example"}},
		"From: =?utf-8?Q?Ortiz,_Uma?=\nReturn-Path: <uma@x.example>":       {{"Ortiz, Uma", "uma@x.example"}},
		"From: \"Uma Ortiz\" <uma@>\nReply-To: Desk <uma@x.example>":       {{"Uma Ortiz", "uma@x.example"}},
		"From:\nReply-To: Uma <uma@x.example>\nReturn-Path: <b@x.example>": {{"Uma", "uma@x.example"}},
		"From: <>\nSender: s@x.example\nReply-To: uma@x.example":           {{"", "s@x.example"}},
		"From: Uma Ortiz": {{"Uma Ortiz", ""}},
		"From: Uma <uma@x.example>, Bob <bob@x.example>\nSender: s@x.example": {{"Uma", "uma@x.example"}, {"Bob", "bob@x.example"}},
		"From: a@x.example, A@x.example":                                      {{"", "a@x.example"}},
		"From: a@x.example\nFrom: b@x.example":                                {{"", "a@x.example"}},
	} {
		m := parse.Parse([]byte(head + "\nSubject: x\n\ny"))
		got := m.Authors
		if len(got) == 0 {
			got = []parse.Address{m.From}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", head, diff)
		}
		if m.From != want[0] {
			t.Errorf("%s: from %v", head, m.From)
		}
	}
	for head, want := range map[string][]parse.Address{
		"X-Original-From: =?utf-8?Q?Ortiz,_Uma?= <uma@x.example>":   {{"Ortiz, Uma", "uma@x.example"}},
		"X-Original-From: =?utf-8?Q?Uma_=3Cuma=40x.example=3E?=":    {{"Uma", "uma@x.example"}},
		"X-MailFrom: uma@x.example\nX-Original-Sender: b@x.example": {{"", "b@x.example"}, {"", "uma@x.example"}},
	} {
		if m := parse.Parse([]byte("From: l@x.example\n" + head + "\n\ny")); !cmp.Equal(want, m.OriginalFrom) {
			t.Errorf("%s: got %v", head, m.OriginalFrom)
		}
	}
}
