package richtext_test

import (
	"testing"

	"parley/internal/richtext"
)

func TestIsEmoji(t *testing.T) {
	t.Parallel()
	for _, one := range []string{"👍", "👍🏽", "❤", "❤️", "❤️‍🔥", "👩‍👩‍👧‍👦", "🏳️‍🌈", "🇦🇹", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "1️⃣", "#⃣", "☺︎", "🧑🏿‍🚀", "🤷🏻‍♀️", "©️", "🫨"} {
		if !richtext.IsEmoji(one) {
			t.Errorf("%q is an emoji", one)
		}
	}
	for _, other := range []string{"", " ", "a", "1", "👍👍", "👍 ", "+1", ":thumbsup:", "🇦", "🇦🇹🇩🇪", "❤️ok", "\u200d", "👩\u200d", "\ufe0f", "🏽", "<b>", "👍\n"} {
		if richtext.IsEmoji(other) {
			t.Errorf("%q is no emoji", other)
		}
	}
}
