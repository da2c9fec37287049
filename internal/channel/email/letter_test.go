package email_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/vocab"
)

// Pitfall 6: Parley's own letters, of this installation or of another, are told as
// a machine's wherever they come, so that nothing automatic answers them.
func TestLettersAreAutomatic(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w, folder := newWorld(t, db), t.TempDir()
		m := must(mail.New(mail.Options{From: "Parley <hello@parley.example>", Folder: folder, Log: slog.New(slog.DiscardHandler)}))(t)
		l := mail.Letter{ID: "mail_1", WrittenAt: w.Store.Now(), To: "support@shop.example", Subject: "You missed a reply", Text: "Here it is."}
		if err := m.Deliver(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		row := w.gets(string(must(os.ReadFile(filepath.Join(folder, "mail_1.eml")))(t)))
		if v := row.Verdict; row.State != vocab.InboundIngested || !v.Automatic || v.AutoReply || len(v.Reasons) == 0 {
			t.Errorf("it is %s, %+v", row.State, v)
		}
	})
}
