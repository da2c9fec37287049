package receive_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"parley/internal/mail"
	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// Pitfall 6: Parley's own notices, of this installation or of another, are
// recognized as a machine's wherever they come, so that nothing automatic answers
// them.
func TestNoticesAreAutomatic(t *testing.T) {
	t.Parallel()
	testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) {
		w, folder := newWorld(t, db), t.TempDir()
		m := check.Must(mail.New(mail.Options{From: "Parley <hello@parley.example>", Folder: folder, Log: slog.New(slog.DiscardHandler)}))(t)
		l := mail.Notice{ID: "mail_1", WrittenAt: w.Store.Now(), To: "support@shop.example", Subject: "You missed a reply", Text: "Here it is."}
		if err := m.Deliver(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		row := w.Gets(string(check.Must(os.ReadFile(filepath.Join(folder, "mail_1.eml")))(t)))
		if v := row.Verdict; row.State != vocab.InboundIngested || !v.Automatic || v.AutoReply || len(v.Reasons) == 0 {
			t.Errorf("it is %s, %+v", row.State, v)
		}
	})
}
