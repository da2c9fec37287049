package visitor_test

import (
	"strings"
	"testing"
	"time"

	"parley/internal/channel/chat/visitor"
	"parley/internal/viewer"
)

// CH-6: letters about a chat are in the language that the widget speaks to the visitor,
// their times are in the visitor's zone; where Parley has no words they are in English.
func TestLettersSpeakTheVisitorsLanguage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		locale, zone string
		subject      string
		code         string
		text, html   []string
	}{
		{
			"de-AT", "Europe/Vienna", "Neue Antwort von ", "Ihr Code: ",
			[]string{" hat Ihnen geantwortet:", ", 13:00", "Europe/Vienna", "Hier antworten", "Der Link ist nur für Sie."}, []string{`lang="de" dir="ltr"`},
		},
		{"ar", "", "رد جديد من ", "رمزك: ", []string{"ردّ عليك "}, []string{`lang="ar" dir="rtl"`}},
		{"fi", "Nowhere/At all", "New reply from ", "Your code: ", []string{"1 March 2026", ", 12:00", "UTC"}, []string{`lang="en" dir="ltr"`}},
	} {
		mailing(t, func(w *world, box *postbox) {
			session, err := w.StartSession(viewer.NewContext(w.t.Context(), viewer.Anonymous()),
				visitor.StartVisitorSessionInput{ChannelKey: key(w.ChannelIDs[0]), Locale: &tc.locale, TimeZone: &tc.zone})
			w.ok(err)
			me := w.as(session)
			in := w.chat("question")
			in.Email, in.PageURL = new("dora@example.net"), "https://shop.example/prices"
			c, err := w.StartChat(me, in)
			w.ok(err)
			w.clock.Advance(time.Second)
			w.answer(c.ID, "answer", false)
			w.clock.Advance(delay)
			notices := w.mailed(box)
			if len(notices) != 1 {
				w.t.Fatalf("%+v", notices)
			}
			l := notices[0]
			if !strings.HasPrefix(l.Subject, tc.subject) {
				w.t.Errorf("the subject is %q", l.Subject)
			}
			for _, part := range tc.text {
				if !strings.Contains(l.Text, part) {
					w.t.Errorf("%q is not in\n%s", part, l.Text)
				}
			}
			for _, part := range tc.html {
				if !strings.Contains(l.HTML, part) {
					w.t.Errorf("%q is not in\n%s", part, l.HTML)
				}
			}
			if _, err := w.RequestEmailCode(me, visitor.RequestVisitorEmailCodeInput{}); err != nil {
				w.t.Fatal(err)
			}
			if code := box.notices[len(box.notices)-1]; !strings.HasPrefix(code.Subject, tc.code) || !strings.Contains(code.HTML, tc.html[0]) {
				w.t.Errorf("the code's letter: %q\n%s", code.Subject, code.HTML)
			}
		})
	}
}
