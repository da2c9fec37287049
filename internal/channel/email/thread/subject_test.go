package thread_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"parley/internal/channel/email/thread"
)

// EM-4, pitfall 8: localised prefixes, and what gateways and lists add.
func TestSubject(t *testing.T) {
	t.Parallel()
	for subject, want := range map[string]string{
		"":                                    "",
		"Hello":                               "hello",
		"Re: Hello":                           "hello",
		"RE: FW: re:  Hello  there ":          "hello there",
		"Re[2]: Hello":                        "hello",
		"Re (3): Hello":                       "hello",
		"Re^4: Hello":                         "hello",
		"Re2: Hello":                          "hello",
		"RE : Hello":                          "hello",
		"Re:Re:Re:Hello":                      "hello",
		"Antwort: AW: WG: Hello":              "hello",
		"Antw.: Hello":                        "antw.: hello",
		"SV: VS: VB: Hello":                   "hello",
		"RV: RES: ENC: TR: Hello":             "hello",
		"R: I: Hello":                         "hello",
		"Odp: PD: Hello":                      "hello",
		"Vá: Továbbítás: Hello":               "hello",
		"YNT: İLT: Hello":                     "hello",
		"ΑΠ: ΠΡΘ: Hello":                      "hello",
		"Отв: Пересл: Hello":                  "hello",
		"回复：Hello":                            "hello",
		"答复: 转发：Hello":                        "hello",
		"ＲＥ： Ｈｅｌｌｏ":                           "hello",
		"返信: Hello":                           "hello",
		"회신: [전달] Hello":                      "[전달] hello",
		"Trả lời: Hello":                      "hello",
		"رد: Hello":                           "hello",
		"\u200fתשובה\u200f: Hello":            "hello",
		"[EXTERNAL] Re: Hello":                "hello",
		"Re: [EXT] - Hello":                   "hello",
		"EXTERNAL: Re: Hello":                 "hello",
		"***SPAM*** Hello":                    "hello",
		"{Spam?} Hello":                       "hello",
		"<EXTERNAL> Hello":                    "hello",
		"[foo] Hello":                         "[foo] hello",
		"Re: [Foo] Re: [foo] AW: Hello":       "[foo] hello",
		"[foo] Re: [bar] Hello":               "[foo] [bar] hello",
		"(foo) Hello":                         "(foo) hello",
		"Meeting at 10: room 5":               "meeting at 10: room 5",
		"Reply":                               "reply",
		"Re:":                                 "",
		"Re: [EXTERNAL]":                      "",
		"Straße":                              "strasse",
		"Re: Hello\r\n world":                 "hello world",
		"Resume: attached":                    "resume: attached",
		"Question re: Hello":                  "question re: hello",
		"http://example.com":                  "http://example.com",
		"Caf\u0065\u0301":                     "café",
		"Re: \xff\xfeHello":                   "hello",
		strings.Repeat("Re: ", 5000) + "deep": "deep",
	} {
		if got := thread.Subject(subject); got != want {
			t.Errorf("Subject(%.60q) = %q, want %q", subject, got, want)
		}
	}
}

func FuzzSubject(f *testing.F) {
	for _, seed := range []string{"Re: Hello", "AW[2]: 转发：x", "[a] [b] re: [a] x", "(EXTERNAL) x", "İ: ß\u0345", "***", "[ ] :"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := thread.Subject(s)
		if !utf8.ValidString(once) || len(once) > 1000 || strings.ContainsAny(once, "\x00\r\n") {
			t.Fatalf("Subject(%q) = %q", s, once)
		}
		if again := thread.Subject(once); again != once {
			t.Fatalf("Subject(%q) = %q, and of that %q", s, once, again)
		}
		if re := thread.Subject("Re: " + once); re != once {
			t.Fatalf("an answer to %q has the subject %q", once, re)
		}
	})
}
