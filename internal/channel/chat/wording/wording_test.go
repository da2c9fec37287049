package wording_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/chat/wording"
	"parley/internal/errs"
	"parley/internal/vocab"
)

// CH-1: each language has every text, with the names that the widget fills in.
func TestLanguagesAreWhole(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]string{"ar", "de", "en", "es", "fr", "he", "ja"}, wording.Languages()); diff != "" {
		t.Fatal(diff)
	}
	names := regexp.MustCompile(`\{\w+\}`)
	english := wording.For(vocab.WidgetTexts{}, "en")
	for _, l := range wording.Languages() {
		raw, err := os.ReadFile("texts/" + l + ".json")
		if err != nil {
			t.Fatal(err)
		}
		texts := map[string]string{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		if len(texts) != len(wording.Keys()) {
			t.Errorf("%s has %d texts, want %d", l, len(texts), len(wording.Keys()))
		}
		for _, key := range wording.Keys() {
			if strings.TrimSpace(texts[key]) == "" {
				t.Errorf("%s has no %s", l, key)
			}
			if diff := cmp.Diff(names.FindAllString(english.Get(key), -1), names.FindAllString(texts[key], -1)); diff != "" {
				t.Errorf("%s of %s: %s", key, l, diff)
			}
		}
	}
}

func TestFor(t *testing.T) {
	t.Parallel()
	own := vocab.WidgetTexts{DefaultLocale: "fr", Locales: map[string]map[string]string{
		"de-AT": {"send": "Schicken"}, "de": {"send": "Abschicken", "close": "Zu"}, "pt-BR": {"send": "Enviar agora"}, "fr": {"close": "Fin"},
	}}
	none := vocab.WidgetTexts{}
	for _, c := range []struct {
		texts               vocab.WidgetTexts
		asked, locale       string
		send, close, chosen string
		direction           vocab.TextDirection
	}{
		{none, "", "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, "nonsense!", "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, strings.Repeat("x", 10000), "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, "tlh", "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, "nl", "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, "de-CH", "de", "Senden", "Chat schließen", "de", vocab.LeftToRight},
		{none, "EN-gb", "en", "Send", "Close chat", "en", vocab.LeftToRight},
		{none, "ar-EG", "ar", "إرسال", "إغلاق المحادثة", "ar", vocab.RightToLeft},
		{none, "iw", "he", "שליחה", "סגירת הצ׳אט", "he", vocab.RightToLeft},
		{none, "ja-JP", "ja", "送信", "チャットを閉じる", "ja", vocab.LeftToRight},
		{own, "", "fr", "Envoyer", "Fin", "fr", vocab.LeftToRight},
		{own, "it", "fr", "Envoyer", "Fin", "fr", vocab.LeftToRight},
		{own, "de-AT", "de-AT", "Schicken", "Zu", "de", vocab.LeftToRight},
		{own, "de", "de", "Abschicken", "Zu", "de", vocab.LeftToRight},
		{own, "pt", "pt-BR", "Enviar agora", "Fin", "fr", vocab.LeftToRight},
		{own, "en", "en", "Send", "Close chat", "en", vocab.LeftToRight},
	} {
		w := wording.For(c.texts, c.asked)
		got := []string{w.Locale, string(w.Direction), w.Get("send"), w.Get("close")}
		if diff := cmp.Diff([]string{c.locale, string(c.direction), c.send, c.close}, got); diff != "" {
			t.Errorf("%.20q: %s", c.asked, diff)
		}
		i := slices.IndexFunc(w.Texts, func(t wording.Text) bool { return t.Key == "close" })
		if w.Texts[i].Locale != c.chosen || w.Texts[i].Custom != (w.Texts[i].Text == "Zu" || w.Texts[i].Text == "Fin") {
			t.Errorf("%.20q: %+v", c.asked, w.Texts[i])
		}
		if len(w.Texts) != len(wording.Keys()) {
			t.Errorf("%.20q: %d texts", c.asked, len(w.Texts))
		}
	}
	if text := wording.For(none, "en").Get("nothing"); text != "" {
		t.Errorf("an unknown key says %q", text)
	}
}

func TestChosen(t *testing.T) {
	t.Parallel()
	before := vocab.WidgetTexts{Locales: map[string]map[string]string{"de": {"send": "Los"}}}
	after, err := wording.Chosen(before, wording.Choice{Locale: "DE-at", Key: "typing", Text: " {name} tippt\x00 "})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"de": {"send": "Los"}, "de-AT": {"typing": "{name} tippt"}}
	if diff := cmp.Diff(want, after.Locales); diff != "" {
		t.Error(diff)
	}
	if after, err = wording.Chosen(after, wording.Choice{Locale: "de", Key: "send"}); err != nil || len(after.Locales) != 1 {
		t.Errorf("taking back leaves %v (%v)", after.Locales, err)
	}
	if len(before.Locales) != 1 || before.Locales["de"]["send"] != "Los" {
		t.Error("the texts before were changed")
	}
	for field, c := range map[string]wording.Choice{
		"INVALID locale": {Locale: "!", Key: "send", Text: "x"},
		"INVALID key":    {Locale: "de", Key: "sent?", Text: "x"},
		"INVALID text":   {Locale: "de", Key: "send", Text: "{name}"},
		"TOO_LONG text":  {Locale: "de", Key: "send", Text: strings.Repeat("é", wording.MaxText+1)},
	} {
		_, err := wording.Chosen(before, c)
		if e := errs.Of(err); e == nil || string(e.Code)+" "+strings.Join(e.Field, ".") != field {
			t.Errorf("%+v: %v, want %s", c, err, field)
		}
	}
}
