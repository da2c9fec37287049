package receive_test

import (
	"net/url"
	"strings"
	"testing"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/receive"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// confirmation reads what a mail asks to confirm.
func confirmation(raw string) (vocab.ForwardingConfirmation, bool) {
	m := parse.Parse([]byte(raw))
	return receive.ConfirmationOf(m, m.Text, 0)
}

// EM-10: only a provider that is known asks, with a code or a link of its own.
func TestConfirmationOf(t *testing.T) {
	t.Parallel()
	const gmail = "From: forwarding-noreply@google.com\nSubject: Gmail Forwarding Confirmation\n"
	for name, c := range map[string]struct {
		raw  string
		want vocab.ForwardingConfirmation
	}{
		"a code":      {gmail + "\nCode: 123456789", vocab.ForwardingConfirmation{Provider: "google.com", Code: "123456789"}},
		"a link":      {gmail + "\nhttps://mail.google.com/mail/vf-abcdefghijklmnop", vocab.ForwardingConfirmation{Provider: "google.com", URL: "https://mail.google.com/mail/vf-abcdefghijklmnop"}},
		"in HTML":     {gmail + "Content-Type: text/html\n\n<a href='https://evil.example/aaaaaaaaaaaaaaaaaaaaaaa'>x</a><a href='https://mail.google.com/mail/vf-abcdefghijklmnop'>y</a>", vocab.ForwardingConfirmation{Provider: "google.com", URL: "https://mail.google.com/mail/vf-abcdefghijklmnop"}},
		"of Yandex":   {"From: noreply@mail.yandex.ru\nSubject: Подтвердите переадресацию\nContent-Type: text/plain; charset=utf-8\n\nhttps://mail.yandex.ru/confirm?key=abcdefghijklmnop для uma@firm.example", vocab.ForwardingConfirmation{Provider: "yandex.ru", Mailbox: "uma@firm.example", URL: "https://mail.yandex.ru/confirm?key=abcdefghijklmnop"}},
		"no secret":   {gmail + "\nhttps://google.com/", vocab.ForwardingConfirmation{}},
		"user info":   {gmail + "\nhttps://mail.google.com@evil.example/mail/vf-abcdefghijklmnop", vocab.ForwardingConfirmation{}},
		"plain http":  {gmail + "\nhttp://mail.google.com/mail/vf-abcdefghijklmnop", vocab.ForwardingConfirmation{}},
		"an answer":   {gmail + "In-Reply-To: <a@b.example>\n\nCode: 123456789", vocab.ForwardingConfirmation{}},
		"a subdomain": {strings.Replace(gmail, "google.com", "google.com.evil.example", 1) + "\nCode: 123456789", vocab.ForwardingConfirmation{}},
		"a suffix":    {strings.Replace(gmail, "google.com", "evilgoogle.com", 1) + "\nCode: 123456789", vocab.ForwardingConfirmation{}},
		"other mail":  {"From: noreply@google.com\nSubject: Your account\n\nCode: 123456789", vocab.ForwardingConfirmation{}},
	} {
		got, ok := confirmation(c.raw)
		if !ok {
			got = vocab.ForwardingConfirmation{}
		}
		check.Same(t, []any{name, got}, []any{name, c.want})
	}
}

// Whatever a mail says, what is shown to admins is a page of a provider.
func FuzzConfirmation(f *testing.F) {
	f.Add("From: forwarding-noreply@google.com\nSubject: (#123456) forward\n\nhttps://mail.google.com/mail/vf-abcdefghijklmnop 123456789")
	f.Add("From: a@mail.ru\nSubject: forward\nContent-Type: text/html\n\n<a href=\"https://mail.ru\\@evil.example/aaaaaaaaaaaaaaaaaaaaaaaaa\">")
	f.Add("From: a@qq.com\nSubject: 转发\n\nhttps://qq.com:443/aaaaaaaaaaaaaaaaaaaaaaaaaaaa https://qq.com./aaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, raw string) {
		got, ok := confirmation(raw)
		if !ok || got.URL == "" {
			return
		}
		u, err := url.Parse(got.URL)
		if err != nil || u.Scheme != "https" || u.User != nil || strings.ContainsAny(u.Hostname(), "@\\/ ") {
			t.Errorf("%q is no page of a provider", got.URL)
		}
	})
}
