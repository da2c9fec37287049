package smtp

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/textproto"
	"strings"
	"unicode/utf8"
)

// entity is a part of a mail's body, or all of it.
type entity struct {
	header textproto.MIMEHeader
	write  func(io.Writer) error
}

// body arranges the mail as Gmail does: the files beside the readable part,
// which is its images beside text and HTML.
func (o Outgoing) body() entity {
	text := readable("text/plain", o.Text)
	inline, attachments := o.Inline, o.Attachments
	switch {
	case o.HTML == "":
		inline, attachments = nil, append(inline[:len(inline):len(inline)], attachments...)
	case o.Text == "":
		text = readable("text/html", o.HTML)
	default:
		text = o.multipart("alternative", text, readable("text/html", o.HTML))
	}
	if len(inline) > 0 {
		text = o.multipart("related", with(text, inline, "inline")...)
	}
	if len(attachments) > 0 {
		text = o.multipart("mixed", with(text, attachments, "attachment")...)
	}
	return text
}

func with(text entity, files []Part, disposition string) []entity {
	parts := []entity{text}
	for _, f := range files {
		parts = append(parts, f.entity(disposition))
	}
	return parts
}

// multipart puts the parts together. The boundary has "=_", which neither
// quoted-printable nor base64 can have, and no one can guess the signed
// Message-ID that it is made of.
func (o Outgoing) multipart(kind string, parts ...entity) entity {
	sum := sha256.Sum256([]byte(kind + " " + o.MessageID))
	boundary := "=_" + hex.EncodeToString(sum[:16])
	parameters := map[string]string{"boundary": boundary}
	if kind == "related" { // RFC 2387 asks for it
		parameters["type"], _, _ = strings.Cut(parts[0].header.Get("Content-Type"), ";")
	}
	return entity{
		header: textproto.MIMEHeader{"Content-Type": {mime.FormatMediaType("multipart/"+kind, parameters)}},
		write: func(w io.Writer) error {
			m := multipart.NewWriter(w)
			if err := m.SetBoundary(boundary); err != nil {
				return err
			}
			for _, p := range parts {
				inner, err := m.CreatePart(p.header)
				if err != nil {
					return err
				}
				if err := p.write(inner); err != nil {
					return err
				}
			}
			return m.Close()
		},
	}
}

func readable(mediaType, text string) entity {
	return entity{
		header: textproto.MIMEHeader{
			"Content-Type":              {mediaType + "; charset=utf-8"},
			"Content-Transfer-Encoding": {"quoted-printable"},
		},
		write: func(w io.Writer) error {
			encoder := quotedprintable.NewWriter(w) // which makes lines end in CRLF
			if _, err := io.WriteString(encoder, strings.ToValidUTF8(text, string(utf8.RuneError))); err != nil {
				return err
			}
			return encoder.Close()
		},
	}
}

func (p Part) entity(disposition string) entity {
	name := fileName(p.FileName)
	h := textproto.MIMEHeader{
		"Content-Type":              {mediaType(p.typed(), name)},
		"Content-Disposition":       {mime.FormatMediaType(disposition, map[string]string{"filename": name})},
		"Content-Transfer-Encoding": {"base64"},
	}
	if internetID.MatchString(p.ContentID) {
		h.Set("Content-Id", "<"+p.ContentID+">")
	}
	return entity{header: h, write: p.copy}
}

// typed is the part's type, with the charset of a text that does not name its own: without
// one it would be read as ASCII (RFC 2046, 4.1.2).
func (p Part) typed() string {
	kind, parameters, err := mime.ParseMediaType(p.ContentType)
	if err != nil || !strings.HasPrefix(kind, "text/") || parameters["charset"] != "" || !p.isUTF8() {
		return p.ContentType
	}
	return mime.FormatMediaType(kind, map[string]string{"charset": "utf-8"})
}

// isUTF8 reports whether all of the contents are UTF-8. What cannot be opened is reported
// when it is copied.
func (p Part) isUTF8() bool {
	contents, err := p.Open()
	if err != nil {
		return false
	}
	defer func() { _ = contents.Close() }()
	for buffered := bufio.NewReader(contents); ; {
		r, size, err := buffered.ReadRune()
		if err != nil {
			return errors.Is(err, io.EOF)
		}
		if r == utf8.RuneError && size == 1 {
			return false
		}
	}
}

// mediaType returns the type with the file's name. Nested mail and multiparts
// may not be in base64 (RFC 2046), in which all files are.
func mediaType(contentType, name string) string {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.Contains(kind, "/") || strings.HasPrefix(kind, "message/") || strings.HasPrefix(kind, "multipart/") {
		kind, parameters = "application/octet-stream", nil
	}
	kept := map[string]string{"name": name}
	if charset := parameters["charset"]; charset != "" && plain(charset) {
		kept["charset"] = charset
	}
	return mime.FormatMediaType(kind, kept)
}

// maxFileName keeps the line that has the name, percent-encoded, within what
// servers take.
const maxFileName = 200

// fileName returns a name that is no path and has no control characters.
func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '/' || r == '\\' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	for len(name) > maxFileName { // the beginning goes, the extension stays
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:]
	}
	if name == "" {
		return "file"
	}
	return name
}

func (p Part) copy(w io.Writer) error {
	contents, err := p.Open()
	if err != nil {
		return fmt.Errorf("open %q: %w", p.FileName, err)
	}
	defer func() { _ = contents.Close() }()
	lines := &lines{to: w}
	encoder := base64.NewEncoder(base64.StdEncoding, lines)
	if _, err := io.Copy(encoder, contents); err != nil {
		return fmt.Errorf("read %q: %w", p.FileName, err)
	}
	return encoder.Close()
}

// lines breaks what is written after each 76 bytes.
type lines struct {
	to     io.Writer
	column int
}

// Write never splits less than it is given.
func (l *lines) Write(b []byte) (int, error) {
	written := 0
	for len(b) > 0 {
		if l.column == lineLength {
			if _, err := io.WriteString(l.to, "\r\n"); err != nil {
				return written, err
			}
			l.column = 0
		}
		n, err := l.to.Write(b[:min(len(b), lineLength-l.column)])
		written, l.column, b = written+n, l.column+n, b[n:]
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
