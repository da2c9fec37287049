package pageurl_test

import (
	"testing"

	"parley/internal/pageurl"
)

// TM-9: the address of a page is taken without a user and password.
func TestWithoutUser(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		"https://ada:secret@shop.example/a@b?c=@": "https://shop.example/a@b?c=@", "https://ada@shop.example": "https://shop.example",
		"https://a@b@shop.example?x": "https://shop.example?x", "https://shop.example/": "https://shop.example/", "shop.example/@x": "shop.example/@x",
	} {
		if got := pageurl.WithoutUser(page); got != want {
			t.Errorf("%s became %s, want %s", page, got, want)
		}
	}
}
