package card_test

import (
	"strings"
	"testing"

	"parley/internal/library/card"
	"parley/internal/vocab"
)

// CO-6, CO-12: a mail has a card's image and length, escaped; plain text has its link alone.
func TestVideoInMail(t *testing.T) {
	t.Parallel()
	cards := []vocab.MessageCard{{
		Kind: vocab.VideoItem, Title: "Tour <1>", URL: "https://youtu.be/a", ButtonText: "Watch", ImageURL: `https://parley.example.com/library-images/a/"`, Seconds: 3725,
	}}
	html := card.HTML(cards)
	for _, want := range []string{`<img src="https://parley.example.com/library-images/a/&#34;"`, "1:02:05", "Tour &lt;1&gt;", ">Watch</a>"} {
		if !strings.Contains(html, want) {
			t.Errorf("%s is not in %s", want, html)
		}
	}
	if got := card.Text(cards); got != "Tour <1>: https://youtu.be/a" {
		t.Errorf("as text: %s", got)
	}
	if got := card.Lasts(65); got != "1:05" {
		t.Errorf("65 seconds last %s", got)
	}
}
