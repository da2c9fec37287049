// Package parse reads raw mail: any MIME, any charset, any damage.
//
// It never fails, never panics, and nothing is lost: what cannot be read is reported
// in Mail.Problems, and becomes an attachment. Time and memory are bounded by the
// size of the raw mail, which the caller limits. It is pure: no clock, no
// network, no files, and nothing is unpacked.
//
// The package judges nothing: who may write, which thread a mail belongs to and
// whether it is filtered are decided by the packages beside it.
package parse

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"parley/internal/vocab"
)

// Parse reads a raw mail (EM-4). It never fails: what cannot be read is reported in
// Mail.Problems, and as much as could be read is there. The result shares memory
// with raw, which must not change while it is in use.
func Parse(raw []byte) (m *Mail) {
	m = &Mail{}
	defer func() {
		if r := recover(); r != nil {
			m.addProblem(vocab.MailUnreadable, cleanLine(fmt.Sprintf("the mail could not be read to its end: %v", r)))
			m.attachRaw(raw)
		}
	}()
	m.readRaw(raw)
	return m
}

// attachRaw attaches the mail as it came.
func (m *Mail) attachRaw(raw []byte) {
	m.Parts = append(m.Parts, Part{FileName: "message.eml", ContentType: "message/rfc822", Content: raw})
}

func (m *Mail) readRaw(raw []byte) {
	mail := skipEnvelope(raw)
	if !bytes.Contains(mail, []byte("\n")) { // an old Mac's line ends
		mail = bytes.ReplaceAll(mail, []byte("\r"), []byte("\n"))
	}
	h, content, problem := readMailHeader(mail)
	m.addProblem(vocab.MailHeaderDamaged, problem)
	if len(h) == 0 {
		m.addProblem(vocab.MailHeaderDamaged, "the mail has no header")
		m.attachRaw(raw)
		return
	}
	r := &reader{locations: map[int]string{}}
	root := r.buildPart(h, content, "text/plain", 0)
	r.hint = charsetOf(h, root)
	m.readHeader(h, r.hint)
	m.readBody(r, root)
	if r.cutOff {
		m.attachRaw(raw)
	}
	if m.Report = reportOf(m, root); m.Report == nil {
		m.Report = bounceOf(m, root)
	}
}

// charsetOf is what 8-bit characters that say nothing of themselves probably are in: what
// the first text of the mail says of itself, or else what the header's encoded words say.
func charsetOf(h header, root *mimePart) string {
	charset := ""
	walk(root, func(n *mimePart) {
		if isPlain(cleanLabel(charset)) && byLabel(cleanLabel(n.params["charset"])) != nil {
			charset = n.params["charset"]
		}
	})
	for _, f := range h {
		if charset != "" {
			break
		}
		for _, found := range wordCharset.FindAllSubmatch(f.value[:min(len(f.value), mostHinted)], 4) {
			if label := cleanLabel(string(found[1])); charset == "" && byLabel(label) != nil {
				charset = label
			}
		}
	}
	return charset
}

// wordCharset finds the charset of an encoded word, or of a parameter (RFC 2231).
var wordCharset = regexp.MustCompile(`(?:=\?|\*=)([A-Za-z0-9_-]{2,40})(?:\?[bBqQ]\?|')`)

func (m *Mail) addProblem(code vocab.MailProblemCode, text string) {
	if text != "" {
		m.Problems = append(m.Problems, vocab.MailProblem{Code: code, Text: text})
	}
}

// readBody takes text, HTML and files out of the tree.
func (m *Mail) readBody(r *reader, root *mimePart) {
	said := r.readPart(root, false)
	if said.empty() {
		said = calendar(root)
	}
	if !shows(said.html) && strings.TrimSpace(said.text) != "" {
		said.html = ""
	}
	if strings.HasPrefix(strings.TrimSpace(said.text), "-----BEGIN PGP MESSAGE-----") {
		r.addProblem(vocab.MailEncrypted, "the text is encrypted (PGP)")
	}
	m.Text = r.clipText(strings.TrimRight(plain(said), "\n"))
	m.HTML = r.clipText(r.byLocation(said.html))
	m.Parts = r.parts
	m.Problems = append(m.Problems, r.problems...)
}

// calendar is the text of a mail that is nothing but an invitation.
func calendar(root *mimePart) block {
	var said block
	walk(root, func(n *mimePart) {
		if said.text == "" && n.is("text/calendar") {
			raw, _ := n.decoded()
			plain, _ := decodeCharset(raw[:min(len(raw), mostEncoded)], n.params["charset"])
			if said.text = cleanText(calendarText(cleanText(plain))); said.text == "" {
				said.text = "The attached calendar file could not be read."
			}
		}
	})
	return said
}

// readHeader takes the header in.
func (m *Mail) readHeader(h header, charset string) {
	m.Header = h.decoded(charset)
	for _, f := range h {
		if len(f.value) == mostValue {
			m.addProblem(vocab.MailTooLarge, "the field "+f.name+" is longer than 64 kB; it is cut")
		}
	}
	for _, name := range []string{"From", "Subject", "Sender", "Date", "Message-Id", "Reply-To", "References", "In-Reply-To", "Content-Type"} {
		if n := len(m.Header[name]); n > 1 {
			m.addProblem(vocab.MailHeaderDamaged, fmt.Sprintf("the field %s is there %d times; the first counts", name, n))
		}
	}
	m.Subject = m.first("Subject")
	m.readIDs()
	authors, author := parseAuthors(unfoldField(h.get("From"), charset))
	if authors = appendNew(nil, authors...); len(authors) > 1 {
		m.Authors = authors
	}
	m.readAddresses(func(name string) []Address { return addressesOf(h, name, charset) }, author)
	if value := m.first("Date"); value != "" {
		if m.Date = parseDate(value); m.Date.IsZero() {
			m.addProblem(vocab.MailHeaderDamaged, "the date "+quoted(value)+" is unreadable")
		}
	}
}

// first is the first field of that canonical name, "" if there is none.
func (m *Mail) first(name string) string {
	if values := m.Header[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func (m *Mail) readIDs() {
	switch ids := readIDs(m.first("Message-Id")); {
	case len(ids) > 0:
		m.MessageID = ids[0]
	case m.first("Message-Id") != "":
		m.addProblem(vocab.MailHeaderDamaged, "the Message-ID "+quoted(m.first("Message-Id"))+" is none")
	default:
		m.addProblem(vocab.MailHeaderDamaged, "there is no Message-ID")
	}
	m.InReplyTo = readIDs(m.first("In-Reply-To"))
	m.References = readIDs(m.first("References"))
}

// addressesOf reads all fields of that name as one list.
func addressesOf(h header, name, charset string) []Address {
	var list []Address
	read := 0
	for _, value := range h.all(name) {
		list = append(list, parseAddresses(unfoldField(value, charset))...)
		if read += len(value); len(list) > mostAddresses || read > 4*mostValue {
			break
		}
	}
	return appendNew(nil, list...)
}

// originalFields name the author whom a mailing list replaced by itself.
var originalFields = []string{"X-Original-From", "X-Original-Sender", "X-Mailfrom"}

// readAddresses takes the addresses in. The name is the author's, where From has no address.
func (m *Mail) readAddresses(of func(name string) []Address, name string) {
	m.ReplyTo, m.To, m.Cc, m.Bcc = of("Reply-To"), of("To"), of("Cc"), of("Bcc")
	if sender := of("Sender"); len(sender) > 0 {
		m.Sender = sender[0]
	}
	m.readReturnPath(of("Return-Path"))
	m.readFrom(of("From"), name)
	for _, key := range originalFields {
		m.OriginalFrom = appendNew(m.OriginalFrom, of(key)...)
	}
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Forwarded-To"} {
		for _, a := range of(name) {
			if address := strings.ToLower(a.Address); !slices.Contains(m.DeliveredTo, address) && len(m.DeliveredTo) < mostDelivered {
				m.DeliveredTo = append(m.DeliveredTo, address)
			}
		}
	}
}

func (m *Mail) readReturnPath(found []Address) {
	value, ok := m.Header["Return-Path"]
	switch {
	case !ok:
	case len(found) > 0:
		m.ReturnPath = &found[0].Address
	case strings.Join(strings.Fields(value[0]), "") == "<>":
		m.ReturnPath = new(string)
	default:
		m.addProblem(vocab.MailHeaderDamaged, "the return path "+quoted(value[0])+" is unreadable")
	}
}

// readFrom takes the author, or the next best: who sent it, to whom answers go, where
// bounces go. The name is kept where only the address of From cannot be read.
func (m *Mail) readFrom(found []Address, name string) {
	missing := "there is no From"
	if len(m.Header["From"]) > 0 {
		missing = "From has no address"
	}
	switch {
	case len(found) > 0:
		m.From = found[0]
		return
	case m.Sender.Address != "":
		m.From = m.Sender
		missing += "; the Sender stands in"
	case len(m.ReplyTo) > 0:
		m.From = m.ReplyTo[0]
		missing += "; the Reply-To stands in"
	case m.ReturnPath != nil && *m.ReturnPath != "":
		m.From = Address{Address: *m.ReturnPath}
		missing += "; the return path stands in"
	default:
		missing += ", nor anything in its place"
	}
	m.addProblem(vocab.MailHeaderDamaged, missing)
	if name != "" {
		m.From.Name = name
	}
}
