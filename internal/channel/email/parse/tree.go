package parse

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley/internal/vocab"
)

const (
	// mostDepth and mostParts bound what is taken apart; the rest is kept as it
	// is, as an attachment.
	mostDepth = 30
	mostParts = 1000
	// mostType is how much is read of a Content-Type or Content-Disposition.
	mostType = 4 << 10
)

// mimePart is a MIME part. Its content shares memory with the raw mail.
type mimePart struct {
	header   header
	media    string // lower case; never empty
	params   map[string]string
	content  []byte // still encoded; nil for a multipart that was taken apart
	children []*mimePart
	// rest: content is what the bounds left over, header and all.
	rest bool
}

// is reports whether the media type is one of these.
func (n *mimePart) is(media ...string) bool {
	for _, m := range media {
		if n.media == m {
			return true
		}
	}
	return false
}

// decoded returns the content without its transfer encoding.
func (n *mimePart) decoded() ([]byte, string) {
	if n.rest {
		return n.content, ""
	}
	return decodeTransfer(n.content, string(n.header.get("Content-Transfer-Encoding")))
}

// builder takes a mail apart.
type builder struct {
	parts    int
	problems []vocab.MailProblem
}

// buildPart reads a part whose header has been split from its content.
func (b *builder) buildPart(h header, content []byte, fallback string, depth int) *mimePart {
	b.parts++
	n := &mimePart{header: h, content: content}
	value := h.get("Content-Type")
	n.media, n.params = parseParams(unfoldField(value[:min(len(value), mostType)], ""))
	n.media = mediaType(n.media, fallback)
	if depth == 0 && n.media == "application/octet-stream" && !strings.Contains(string(value), "octet-stream") && isWriting(n) {
		n.media = "text/plain" // a type that is none is read as text (RFC 2045, 5.2)
	}
	if strings.HasPrefix(n.media, "multipart/") {
		b.splitMultipart(n, depth)
	}
	b.openSigned(n, depth)
	if strings.HasPrefix(n.media, "multipart/encrypted") {
		b.addProblem(vocab.MailEncrypted, "the e-mail is encrypted (PGP): what it says is only in the attached files")
	}
	return n
}

// mediaType makes sense of a type that is none.
func mediaType(media, fallback string) string {
	kind, sub, ok := strings.Cut(media, "/")
	switch {
	case media == "", media == "text":
		return fallback
	case media == "html":
		return "text/html"
	case !ok, kind == "", sub == "", strings.ContainsFunc(media, outsideToken):
		if kind == "text" || kind == "multipart" {
			return map[string]string{"text": "text/plain", "multipart": "multipart/mixed"}[kind]
		}
		return "application/octet-stream"
	}
	return media
}

// isWriting reports whether the content is text.
func isWriting(n *mimePart) bool {
	raw, _ := n.decoded()
	return len(bytes.TrimSpace(raw)) > 0 && utf8.Valid(raw) && !bytes.ContainsFunc(raw, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t'
	})
}

func outsideToken(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune(`()<>@,;:\"[]?=`, r)
}

// splitMultipart takes a multipart apart. One without parts is read as plain text.
func (b *builder) splitMultipart(n *mimePart, depth int) {
	if depth >= mostDepth {
		b.addProblem(vocab.MailTooLarge, "the mail is nested too deeply; the rest is attached as it is")
		n.rest = true
		return
	}
	pieces, closed := b.pieces(n)
	if len(pieces) == 0 {
		if len(bytes.TrimSpace(n.content)) > 0 {
			b.addProblem(vocab.MailStructureDamaged, "a multipart has no parts; it is read as text")
		}
		n.media = "text/plain"
		return
	}
	if !closed {
		b.addProblem(vocab.MailStructureDamaged, "a multipart is not closed: the mail may be cut off")
	}
	fallback := "text/plain"
	if n.is("multipart/digest") {
		fallback = "message/rfc822"
	}
	for i, piece := range pieces {
		if b.parts >= mostParts {
			b.addProblem(vocab.MailTooLarge, "the mail has too many parts; the rest is attached as it is")
			end := pieces[len(pieces)-1]
			left := piece[: cap(piece)-cap(end)+len(end) : cap(piece)]
			n.children = append(n.children, &mimePart{media: "application/octet-stream", content: left, rest: true})
			break
		}
		h, content, _ := readHeader(pieces[i])
		n.children = append(n.children, b.buildPart(h, content, fallback, depth+1))
	}
	n.content = nil
}

// pieces splits the content at its boundary. A boundary that is missing, or
// does not occur, is guessed; a multipart that is itself encoded is decoded.
func (b *builder) pieces(n *mimePart) ([][]byte, bool) {
	if boundary := n.params["boundary"]; boundary != "" {
		if pieces, closed := splitAt(n.content, boundary); len(pieces) > 0 {
			return pieces, closed
		}
		if plain, _ := n.decoded(); len(plain) > 0 && len(n.content) > 0 && &plain[0] != &n.content[0] {
			if pieces, closed := splitAt(plain, boundary); len(pieces) > 0 {
				n.content = plain
				return pieces, closed
			}
		}
	}
	if boundary := guessBoundary(n.content); boundary != "" {
		b.addProblem(vocab.MailStructureDamaged, "a multipart does not name its boundary")
		return splitAt(n.content, boundary)
	}
	return nil, false
}

// splitAt returns the parts between lines of "--boundary", and whether the
// last was closed by "--boundary--".
func splitAt(content []byte, boundary string) (pieces [][]byte, closed bool) {
	mark := []byte("--" + boundary)
	start := -1
	for at := 0; at < len(content); {
		i := bytes.Index(content[at:], mark)
		if i < 0 {
			break
		}
		i += at
		after, _ := cutLine(content[i+len(mark):])
		tail := bytes.TrimRight(after, " \t\r\n")
		at = i + len(mark)
		isEnd := bytes.Equal(tail, []byte("--"))
		if i > 0 && content[i-1] != '\n' || len(tail) > 0 && !isEnd {
			continue
		}
		if start >= 0 {
			if len(pieces) == mostParts {
				break
			}
			pieces = append(pieces, trimEnd(content[start:i]))
		}
		at += len(after)
		if start, closed = at, isEnd; isEnd {
			start = -1
		}
	}
	if start >= 0 {
		pieces = append(pieces, content[start:])
	}
	return pieces, closed
}

// trimEnd takes off the one line end that belongs to the boundary.
func trimEnd(piece []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(piece, []byte("\n")), []byte("\r"))
}

// guessBoundary finds the first line "--something" before a Content- field.
func guessBoundary(content []byte) string {
	for at, rest := 0, content[:min(len(content), 64<<10)]; len(rest) > 0 && at < 1000; at++ {
		var text []byte
		text, rest = cutLine(rest)
		text = bytes.TrimRight(text, " \t\r\n")
		if len(text) > 2 && len(text) < 200 && bytes.HasPrefix(text, []byte("--")) &&
			bytes.HasPrefix(bytes.ToLower(rest[:min(len(rest), 8)]), []byte("content-")) {
			return string(text[2:])
		}
	}
	return ""
}

func (b *builder) addProblem(code vocab.MailProblemCode, text string) {
	b.problems = append(b.problems, vocab.MailProblem{Code: code, Text: text})
}
