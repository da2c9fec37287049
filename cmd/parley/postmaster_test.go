package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/channel/email/listener"
)

// EM-1: mail to the postmaster is kept until there is too much of it.
func TestPostmasterKeeps(t *testing.T) {
	t.Parallel()
	p := postmaster{folder: filepath.Join(t.TempDir(), "postmaster"), log: slog.New(slog.DiscardHandler)}
	keep := func(text string) error {
		return p.keepMail(t.Context(), listener.Delivery{From: "ada@example.net", Raw: strings.NewReader(text)})
	}
	for range 2 {
		if err := keep("Subject: x\r\n\r\ny\r\n"); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(p.folder, "*.eml"))
	if err != nil || len(files) != 2 {
		t.Fatalf("it keeps %v, %v", files, err)
	}
	if got, err := os.ReadFile(files[0]); err != nil || string(got) != "Subject: x\r\n\r\ny\r\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if err := keep(strings.Repeat("x", maxPostmaster)); err == nil {
		t.Error("more is kept than there is place for")
	}
}
