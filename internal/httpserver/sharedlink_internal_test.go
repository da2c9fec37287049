package httpserver

import "testing"

// CO-9: the page of a document says how large the file is, also of a small one.
func TestSizeText(t *testing.T) {
	t.Parallel()
	for bytes, want := range map[int]string{0: "1 kB", 14: "1 kB", 1_536: "2 kB", 300_000: "293 kB", 1 << 20: "1.0 MB", 20_500_000: "19.6 MB"} {
		if got := sizeText(bytes); got != want {
			t.Errorf("%d bytes are %s, want %s", bytes, got, want)
		}
	}
}
