package quote_test

import (
	"strings"
	"testing"

	"parley/internal/channel/email/quote"
)

// EM-9: who wrote what is forwarded stands in its header, in whatever language and order,
// and never in a text that only has such a line.
func TestForwardedFrom(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"---------- Forwarded message ---------\nFrom: Uma <uma@x.example>\nDate: Mon\nSubject: x\n": "Uma <uma@x.example>",
		"Betreff: x\nVon: Uma <uma@x.example>\nAn: kim@x.example\n\nHallo":                           "Uma <uma@x.example>",
		"> De : Uma <uma@x.example>\n> Envoyé : lundi\n> À : kim\n":                                  "Uma <uma@x.example>",
		"*From:* uma@x.example\n*Sent:* today":                                                       "uma@x.example",
		"From: one@x.example\nTo: two@x.example\n\nFrom: three@x.example\nTo: four@x.example":        "one@x.example",
		"The train leaves.\nFrom: Berlin\nto the sea":                                                "",
		"From: Berlin": "",
		"":             "",
		strings.Repeat("a line\n", 2500) + "From: late@x.example\nTo: x": "",
	} {
		if got := quote.ForwardedFrom(text); got != want {
			t.Errorf("%.40q: %q, want %q", text, got, want)
		}
	}
}

// EM-9: that a mail is forwarded says a line of its client's, and no sentence.
func TestForwards(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"---------- Forwarded message ---------\nFrom: Uma": true, "Hi\n\nBegin forwarded message:\n": true, "-------- Weitergeleitete Nachricht --------": true,
		"I look forward to it.\n-----Original Message-----\nFrom: Uma": false, "The forwarded message is below": false, "": false,
	} {
		if got := quote.Forwards(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Whatever a text says, what is found stands in it, on one line.
func FuzzForwardedFrom(f *testing.F) {
	f.Add("---------- Forwarded message ---------\nFrom: Uma <uma@x.example>\nDate: Mon\n")
	f.Add("> Von： Uma\n> An： x\n")
	f.Add("From:\nTo:\n*From:*\r\n\x00From\xff: x")
	f.Fuzz(func(t *testing.T, text string) {
		got := quote.ForwardedFrom(text)
		if strings.Contains(got, "\n") || !strings.Contains(text, got) {
			t.Errorf("%q is not of the text", got)
		}
	})
}
