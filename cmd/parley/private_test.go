package main

import (
	"io/fs"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// ENG-7, AC-6: what the program makes, others cannot read: the database, its journals, the
// key, files and folders. The command line sets how many inboxes the account may have.
func TestWhatIsMadeIsPrivate(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("files have no modes")
	}
	dir := filepath.Join(t.TempDir(), "data")
	s := startServer(t, "PARLEY_DATA_DIR="+dir, "PARLEY_ADMIN_TOKEN="+adminToken)
	inboxID := text(s.do(adminToken, `{ inboxes { nodes { id } } }`, nil), "inboxes", "nodes", 0, "id")
	const upload = `mutation($in: UploadAttachmentInput!) { uploadAttachment(input: $in) { attachment { id } userErrors { message } } }`
	if got := s.upload(adminToken, upload, "secret.txt", strings.Repeat("secret ", 1000), map[string]any{"to": map[string]any{"inboxId": inboxID}}); len(got.Errors) > 0 ||
		text(got.Data, "uploadAttachment", "attachment", "id") == "" {
		t.Fatalf("%+v", got)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has the mode %o", path, info.Mode().Perm())
		}
		if strings.HasPrefix(path, filepath.Join(dir, "files")) && !entry.IsDir() {
			files++
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files were stored (%v)", files, err)
	}
	set := func(most string) (string, error) {
		out, err := program(t.Context(), []string{"PARLEY_DATA_DIR=" + dir}, "account", "set", "--max-inboxes", most).CombinedOutput()
		return string(out), err
	}
	for _, bad := range []string{"many", "-1"} {
		if out, err := set(bad); err == nil {
			t.Errorf("--max-inboxes %s: %s", bad, out)
		}
	}
	for _, step := range [][2]string{{"1", "INBOX_LIMIT_REACHED"}, {"unlimited", ""}} {
		if out, err := set(step[0]); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if got := s.codes(adminToken, "createInbox", "CreateInboxInput", "name", "Another"); got != step[1] {
			t.Errorf("with %s inboxes, another gives %q, want %q", step[0], got, step[1])
		}
	}
}
