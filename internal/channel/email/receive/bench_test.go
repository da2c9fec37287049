package receive_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"parley/ent/inboundmail"
	"parley/internal/attachment/blob"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
	"parley/internal/testkit/mailserver"
	"parley/internal/vocab"
)

// benchMails is how many mails the benchmark receives.
const benchMails = 10_000

// BenchmarkReceive receives mails of many shapes from Dovecot, from IMAP to the
// conversation, with files on the disk. Memory in use, and the process's resident
// memory, are measured before, in the middle and afterwards: they must not grow
// with the mails. Run it with -benchtime=1x.
func BenchmarkReceive(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { receives(b, mailroom.SQLite) })
	b.Run("postgres", func(b *testing.B) { receives(b, testkit.Postgres(b)) })
}

func receives(b *testing.B, db testkit.Database) {
	b.Helper()
	for b.Loop() {
		b.StopTimer()
		p := mailroom.NewPost(b, db, mailserver.Options{})
		p.Bucket = check.Must(blob.Open(b.Context(), "", b.TempDir()))(b)
		s := p.NewNode()
		p.Connects(s)
		raws := make([]string, benchMails)
		for i := range raws {
			raws[i] = mixed(i)
		}
		p.Box.Put(b, p.Box.User, raws...)
		clear(raws)
		memory(b, "before")
		b.StartTimer()
		p.Run(s)
		readSoFar(p, benchMails/2)
		b.StopTimer()
		memory(b, "middle")
		b.StartTimer()
		readSoFar(p, benchMails)
		b.StopTimer()
		memory(b, "after")
		b.ReportMetric(benchMails/b.Elapsed().Seconds(), "mails/s")
		b.StartTimer()
	}
}

// readSoFar waits until so many mails were read.
func readSoFar(p *mailroom.Post, n int) {
	p.T.Helper()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for range ticker.C {
		p.Jobs.TakenArgs() // no one does them
		if check.Must(p.Store.Client(p.System).InboundMail.Query().Where(inboundmail.StateNEQ(vocab.InboundStored)).Count(p.System))(p.T) >= n {
			return
		}
	}
}

// memory reports the heap in use and the process's resident memory.
func memory(b *testing.B, when string) {
	b.Helper()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.HeapAlloc)/1e6, when+"-heap-MB")
	for line := range strings.Lines(string(check.Must(os.ReadFile("/proc/self/status"))(b))) {
		if fields := strings.Fields(line); fields[0] == "VmRSS:" {
			b.ReportMetric(float64(check.Must(strconv.Atoi(fields[1]))(b))/1e3, when+"-rss-MB")
		}
	}
}

// mixed is one of many mails: plain ones, with HTML, answers with quotes, with
// files and images, newsletters, automatic ones, and without an id.
func mixed(i int) string {
	from := fmt.Sprintf("Ada %[1]d <ada%[1]d@client.example>", i%2500)
	head := fmt.Sprintf("From: %s\nTo: support@example.com\nDate: Mon, 05 Jan 2026 09:00:00 +0000\nSubject: Question %d\nMIME-Version: 1.0\n", from, i)
	name := fmt.Sprintf("Message-ID: <mail-%d@client.example>\n", i)
	const text = "Dear team, my order has not come yet. Could you look where it is?\nIt should have been here on Tuesday.\n\n"
	html := "<html><body><p>Dear team,</p><p>my order has <b>not</b> come yet. <a href=\"https://client.example/order\">Here it is</a>.</p>%s</body></html>"
	quoted := strings.Repeat("> On Monday we sent it.\n", 20)
	alternative := "Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n" + text +
		"--b\nContent-Type: text/html; charset=utf-8\n\n" + html + "\n--b--\n"
	switch i % 8 {
	case 0:
		return mailroom.CRLF(head + name + "\n" + text)
	case 1:
		return mailroom.CRLF(head + name + fmt.Sprintf(alternative, ""))
	case 2: // an answer to the mail of the same sender
		return mailroom.CRLF(head + name + fmt.Sprintf("In-Reply-To: <mail-%[1]d@client.example>\nReferences: <mail-%[1]d@client.example>\n\n", i-2500) + text +
			"On Mon, Jan 5, 2026 at 9:00 AM Support <support@example.com> wrote:\n" + quoted)
	case 3:
		return mailroom.CRLF(head + name + fmt.Sprintf(alternative, "<blockquote type=\"cite\">"+strings.Repeat("<p>On Monday we sent it.</p>", 20)+"</blockquote>"))
	case 4:
		file := base64.StdEncoding.EncodeToString([]byte(strings.Repeat(fmt.Sprintf("%%PDF-1.4 %d ", i), 4000)))
		return mailroom.CRLF(head + name + "Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: text/plain\n\n" + text +
			"--m\nContent-Type: application/pdf; name=order.pdf\nContent-Disposition: attachment; filename=order.pdf\nContent-Transfer-Encoding: base64\n\n" +
			wrapped(file) + "\n--m--\n")
	case 5:
		return mailroom.CRLF(head + name + "List-Unsubscribe: <https://news.example/u>\nPrecedence: bulk\n" + fmt.Sprintf(alternative, strings.Repeat("<table><tr><td>Offer</td></tr></table>", 50)))
	case 6:
		return mailroom.CRLF(head + name + "Auto-Submitted: auto-replied\n\nI am out of office.\n")
	}
	return mailroom.CRLF(head + "\n" + text + strconv.Itoa(i))
}

// wrapped breaks base64 into lines.
func wrapped(s string) string {
	var out strings.Builder
	for len(s) > 76 {
		out.WriteString(s[:76] + "\n")
		s = s[76:]
	}
	return out.String() + s
}
