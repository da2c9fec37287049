package receive

import (
	"strings"
	"unicode"
)

// wordsIn are the words of a text, in lower case: runs of letters and digits, and each
// character of scripts that write no spaces.
func wordsIn(text string) []string {
	var words []string
	var word strings.Builder
	end := func() {
		if word.Len() > 0 {
			words = append(words, word.String())
			word.Reset()
		}
	}
	for _, r := range text {
		switch {
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
			end()
			words = append(words, string(r))
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
			word.WriteRune(unicode.ToLower(r))
		default:
			end()
		}
	}
	end()
	return words
}

// differ reports whether more than a fifth of the words of two texts differ, in whatever
// order they stand.
func differ(a, b []string) bool {
	left := map[string]int{}
	for _, w := range a {
		left[w]++
	}
	shared := 0
	for _, w := range b {
		if left[w] > 0 {
			left[w]--
			shared++
		}
	}
	all := max(len(a), len(b))
	return (all-shared)*5 > all
}
