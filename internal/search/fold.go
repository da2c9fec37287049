package search

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// class says what a character is to the reader of words.
type class uint8

const (
	separator class = iota // ends a word
	letter                 // letter or digit of a spaced script
	spaceless              // letter of a script without spaces, or emoji: a part of pairs
	ignored                // neither ends nor lengthens a word: accents, soft hyphens
)

// asciiFold has each ASCII letter in lower case and each digit; 0 separates.
var asciiFold = func() (fold [utf8.RuneSelf]byte) {
	for c := byte('0'); c <= '9'; c++ {
		fold[c] = c
	}
	for c := byte('a'); c <= 'z'; c++ {
		fold[c], fold[c-'a'+'A'] = c, c
	}
	return fold
}()

var spacelessScripts = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

const (
	zeroWidthSpace  = '\u200b' // marks where words end in scripts without spaces
	prolongedSound  = '\u30fc' // of both Japanese alphabets, so of neither by its script
	firstSpaceless  = '\u0e00' // Thai; all lower characters are of spaced scripts
	firstEmoji      = '\u2600' // the signs below are not used as pictures
	firstSkinTone   = '\U0001f3fb'
	lastSkinTone    = '\U0001f3ff'
	firstHan        = '\u4e00'
	lastHan         = '\u9fff'
	firstHangul     = '\uac00'
	lastHangul      = '\ud7a3'
	firstHangulPart = '\u1100'
	lastHangulPart  = '\u11ff'
)

func classOf(r rune) class {
	if r < utf8.RuneSelf {
		if asciiFold[r] != 0 {
			return letter
		}
		return separator
	}
	switch {
	case r >= firstHan && r <= lastHan || r >= firstHangul && r <= lastHangul: // most of them, without a look at the tables
		return spaceless
	case unicode.IsMark(r):
		return ignored
	case unicode.IsLetter(r) || unicode.IsNumber(r):
		if r >= firstSpaceless && (r == prolongedSound || unicode.In(r, spacelessScripts...)) {
			return spaceless
		}
		return letter
	case r >= firstEmoji && r != utf8.RuneError && unicode.Is(unicode.So, r) || unicode.Is(unicode.Sk, r) && r >= firstSkinTone && r <= lastSkinTone:
		return spaceless
	case unicode.Is(unicode.Cf, r) && r != zeroWidthSpace:
		return ignored
	}
	return separator
}

// folder folds characters beyond ASCII. It is not for concurrent use.
type folder struct {
	caser cases.Caser
	ready bool
	src   [utf8.UTFMax]byte
	dst   [64]byte
	out   []rune
}

// foldRune returns what the character at the beginning of s is as letters, without
// case and marks: none, one or several. The result holds until the next call.
func (f *folder) foldRune(r rune, s string) []rune {
	f.out = f.out[:0]
	if r >= firstHangul && r <= lastHangul || r >= firstHan && r <= lastHan {
		return append(f.out, r) // Hangul is one character to its readers, though it decomposes
	}
	parts := norm.NFKD.PropertiesString(s).Decomposition()
	if parts == nil {
		f.appendCaseless(r)
		return f.out
	}
	for len(parts) > 0 {
		part, size := utf8.DecodeRune(parts)
		f.appendCaseless(part)
		parts = parts[size:]
	}
	return f.out
}

// appendCaseless appends r without case, unless it is ignored.
func (f *folder) appendCaseless(r rune) {
	switch classOf(r) {
	case ignored:
		return
	case separator, spaceless:
		f.out = append(f.out, r)
		return
	}
	if r < utf8.RuneSelf {
		f.out = append(f.out, rune(asciiFold[r]))
		return
	}
	if !f.ready {
		f.caser, f.ready = cases.Fold(), true
	}
	n, _, _ := f.caser.Transform(f.dst[:], f.src[:utf8.EncodeRune(f.src[:], r)], true)
	for folded := f.dst[:n]; len(folded) > 0; {
		part, size := utf8.DecodeRune(folded)
		if classOf(part) != ignored {
			f.out = plain(f.out, part)
		}
		folded = folded[size:]
	}
}

// plain appends the letter without the strokes and ties that Unicode counts as
// part of it: people look for Soren and Lodz.
func plain(out []rune, r rune) []rune {
	switch r {
	case 'ø':
		return append(out, 'o')
	case 'ł':
		return append(out, 'l')
	case 'đ', 'ð':
		return append(out, 'd')
	case 'ħ':
		return append(out, 'h')
	case 'ı':
		return append(out, 'i')
	case 'æ':
		return append(out, 'a', 'e')
	case 'œ':
		return append(out, 'o', 'e')
	case 'þ':
		return append(out, 't', 'h')
	}
	return append(out, r)
}
