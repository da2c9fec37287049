package search

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of a document. Those of PostgreSQL are a little wider: positions to
// 16383, 256 places of a lexeme, 1 MB in all.
const (
	maxText      = 256 << 10 // bytes of all texts of a document
	maxPositions = 16_000
	maxRepeats   = 255     // places of one word
	maxWord      = 64      // characters of a word that count
	maxStored    = 900_000 // bytes of all terms as stored
	termOverhead = 28      // at most, beside a term's own bytes: account, position, lengths
)

// word is one indexed term with its place.
type word struct {
	lo, hi     int32 // its term: words.terms[lo:hi]
	position   int32 // from 1; a new text leaves one out
	start, end int32 // its bytes in the text
	first      int32 // where its first character ends in the text, if spaceless
	spaceless  bool  // two characters of a run, or its last one alone
	runEnd     bool  // spaceless: the last one
	surplus    bool  // one place too many of this term: takes up its position, is not found
}

// words are the terms of one document, in order.
type words struct {
	terms string
	list  []word
}

func (w *words) term(i int) string { return w.terms[w.list[i].lo:w.list[i].hi] }

// markSurplus marks the places of a term beyond those that PostgreSQL keeps.
func (w *words) markSurplus() {
	if len(w.list) <= maxRepeats {
		return
	}
	seen := make(map[string]int)
	for i := range w.list {
		term := w.term(i)
		seen[term]++
		w.list[i].surplus = seen[term] > maxRepeats
	}
}

// readWords returns the words of texts that are searched together. No phrase
// reaches from one text into the next: a position lies between them.
func readWords(texts ...string) words {
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	size = min(size, maxText)
	r := reader{
		terms:    make([]byte, 0, size+size/4),
		list:     make([]word, 0, min(size/5+1, maxPositions)),
		textLeft: maxText,
	}
	for _, text := range texts {
		before := len(r.list)
		r.readText(text)
		if len(r.list) > before {
			r.position++
		}
	}
	return words{terms: string(r.terms), list: r.list}
}

// reader collects words. Between words open is separator; within, it is the
// kind of what has begun.
type reader struct {
	terms    []byte
	list     []word
	position int32
	textLeft int
	stored   int
	full     bool
	folder   folder

	open  class
	word  word // what has begun; lo and the places are set
	chars int  // letter: characters so far
	last  rune // spaceless: the character that still lacks its pair
}

func (r *reader) readText(text string) {
	text = cutBytes(text, r.textLeft)
	r.textLeft -= len(text)
	from := len(r.list)
	for i := 0; i < len(text) && !r.full; {
		if text[i] < utf8.RuneSelf {
			i = r.readASCII(text, i)
			continue
		}
		i = r.readOther(text, i)
	}
	r.endWord()
	r.joinWords(text, from)
}

// cutBytes returns at most n bytes of text, and no part of a character.
func cutBytes(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// readASCII reads the ASCII letters from i on, or the one separator there.
func (r *reader) readASCII(text string, i int) int {
	c := asciiFold[text[i]]
	if c == 0 {
		r.endWord()
		return i + 1
	}
	if r.open != letter {
		r.beginWord(letter, i)
	}
	for {
		if r.chars < maxWord {
			r.terms = append(r.terms, c)
			r.chars++
		}
		i++
		if i == len(text) || text[i] >= utf8.RuneSelf {
			break
		}
		if c = asciiFold[text[i]]; c == 0 {
			break
		}
	}
	r.word.end = int32(i)
	return i
}

// readOther reads the character beyond ASCII at i.
func (r *reader) readOther(text string, i int) int {
	char, size := utf8.DecodeRuneInString(text[i:])
	if char >= firstHangulPart && char <= lastHangulPart {
		return r.hangulParts(text, i)
	}
	end := i + size
	folded := r.folder.foldRune(char, text[i:])
	if len(folded) == 0 && r.open != separator {
		r.word.end = int32(end) // an accent belongs to its letter
	}
	for _, f := range folded {
		r.addChar(f, i, end)
	}
	return end
}

// hangulParts reads Korean that comes as single jamo as the syllables that
// they make up.
func (r *reader) hangulParts(text string, i int) int {
	end := i
	for end < len(text) {
		char, size := utf8.DecodeRuneInString(text[end:])
		if char < firstHangulPart || char > lastHangulPart {
			break
		}
		end += size
	}
	for _, syllable := range norm.NFC.String(text[i:end]) {
		r.addChar(syllable, i, end)
	}
	return end
}

// addChar takes one folded character that stands at text[start:end].
func (r *reader) addChar(char rune, start, end int) {
	switch classOf(char) {
	case separator:
		r.endWord()
	case letter:
		if r.open != letter {
			r.beginWord(letter, start)
		}
		if r.chars < maxWord {
			r.terms = utf8.AppendRune(r.terms, char)
			r.chars++
		}
		r.word.end = int32(end)
	case spaceless:
		if r.open == spaceless {
			r.storePair(char, end)
		}
		r.beginWord(spaceless, start)
		r.last, r.word.end = char, int32(end)
	}
}

// beginWord opens a word; one of the other kind ends.
func (r *reader) beginWord(kind class, start int) {
	if r.open != kind {
		r.endWord()
	}
	r.open, r.chars = kind, 0
	r.word = word{lo: int32(len(r.terms)), start: int32(start), spaceless: kind == spaceless}
}

// storePair stores the last character with the one that follows it.
func (r *reader) storePair(next rune, end int) {
	r.terms = utf8.AppendRune(utf8.AppendRune(r.terms, r.last), next)
	r.word.first, r.word.end = r.word.end, int32(end)
	r.storeWord()
}

// endWord ends what has begun.
func (r *reader) endWord() {
	switch r.open {
	case letter:
		r.storeWord()
	case spaceless:
		r.terms = utf8.AppendRune(r.terms, r.last)
		r.word.first, r.word.runEnd = r.word.end, true
		r.storeWord()
	}
	r.open = separator
}

func (r *reader) storeWord() {
	r.word.hi = int32(len(r.terms))
	r.stored += int(r.word.hi-r.word.lo) + termOverhead
	if r.position >= maxPositions || r.stored > maxStored {
		r.full = true
		return
	}
	r.position++
	r.word.position = r.position
	r.list = append(r.list, r.word)
}
