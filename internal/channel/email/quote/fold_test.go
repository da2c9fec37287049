package quote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"parley/internal/channel/email/quote"
	"parley/internal/richtext"
)

// EM-4: each file of testdata is a body as a client makes it; the .visible file
// beside it holds what is to be seen of it, as plain text.
func TestFixtures(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.visible")
	if err != nil || len(paths) < 60 {
		t.Fatalf("%d fixtures (%v)", len(paths), err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".visible"), func(t *testing.T) {
			t.Parallel()
			want := strings.TrimSpace(read(t, path))
			source := strings.TrimSuffix(path, ".visible")
			var got string
			if _, err := os.Stat(source + ".html"); err == nil {
				folded := quote.Fold(read(t, source+".html"), "")
				got = richtext.Text(folded.HTML)
				keepsHTML(t, read(t, source+".html"), folded)
			} else {
				folded := quote.Fold("", read(t, source+".txt"))
				got = folded.Text
				keepsText(t, read(t, source+".txt"), folded)
			}
			if strings.TrimSpace(got) != want {
				t.Errorf("visible:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
