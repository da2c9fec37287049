package imap_test

import (
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"parley/internal/channel/email/imap"
	"parley/internal/testkit/mailserver"
)

// EM-7: the first look at a mailbox of 2,000 mails, one of them of 50 MB, takes
// no memory to speak of. It measures, and so runs beside no other test.
func TestMemory(t *testing.T) {
	s := mailserver.Dovecot(t, mailserver.Options{})
	raws := make([]string, 2000)
	for i := range raws {
		raws[i] = mail(fmt.Sprint(i)) + strings.Repeat("x", 5000)
	}
	s.Put(t, s.User, raws...)
	s.Put(t, s.User, mail("large")+strings.Repeat(strings.Repeat("x", 98)+"\r\n", 500_000))
	conn, _ := open(t, config(s))

	before, highest := heap(), uint64(0)
	uid, bytes, next := uint32(0), int64(0), uint32(1)
	for more := true; more; next = uid + 1 {
		var err error
		more, err = conn.Fetch(t.Context(), next, 300, 100*mega, func(m imap.Mail) error {
			if uid++; m.UID != uid {
				t.Errorf("got %d, want %d", m.UID, uid)
			}
			n, err := io.Copy(io.Discard, m.Raw)
			bytes += n
			if uid%100 == 1 {
				highest = max(highest, heap())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if uid != 2001 || bytes < 60_000_000 {
		t.Errorf("got %d mails of %d bytes", uid, bytes)
	}
	if highest > before+4*mega {
		t.Errorf("the heap grew from %d to %d", before, highest)
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
