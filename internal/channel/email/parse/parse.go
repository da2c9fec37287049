// Package parse reads raw mail: any MIME, any charset, any damage.
//
// It never fails, never panics, and nothing is lost: what cannot be read is told
// in Mail.Problems, and becomes an attachment. Time and memory are bounded by the
// size of the raw mail, which the caller limits. It is pure: no clock, no
// network, no files, and nothing is unpacked.
//
// The package judges nothing: who may write, which thread a mail belongs to and
// whether it is filtered are told by the packages beside it.
package parse

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Parse reads a raw mail (EM-4). It never fails: what cannot be read is told in
// Mail.Problems, and as much as could be read is there. The result shares memory
// with raw, which must not change while it is in use.
func Parse(raw []byte) (m *Mail) {
	m = &Mail{}
	defer func() {
		if r := recover(); r != nil {
			m.Problems = append(m.Problems, line(fmt.Sprintf("the mail could not be read to its end: %v", r)))
			m.keep(raw)
		}
	}()
	m.read(raw)
	return m
}

// keep attaches the mail as it came.
func (m *Mail) keep(raw []byte) {
	m.Parts = append(m.Parts, Part{FileName: "message.eml", ContentType: "message/rfc822", Content: raw})
}

func (m *Mail) read(raw []byte) {
	mail := skipEnvelope(raw)
	if !bytes.Contains(mail, []byte("\n")) { // an old Mac's line ends
		mail = bytes.ReplaceAll(mail, []byte("\r"), []byte("\n"))
	}
	h, content, problem := readHeader(mail)
	m.problem(problem)
	if len(h) == 0 {
		m.problem("the mail has no header")
		m.keep(raw)
		return
	}
	r := &reader{locations: map[int]string{}}
	root := r.node(h, content, "text/plain", 0)
	m.readHeader(h, charsetOf(root))
	m.readBody(r, root)
	if r.cutOff {
		m.keep(raw)
	}
	if m.Report = reportOf(m, root); m.Report == nil {
		m.Report = bounceOf(m, root)
	}
}

// charsetOf is what 8-bit characters in the header probably are in: what the
// first text of the mail says of itself.
func charsetOf(root *node) string {
	charset := ""
	walk(root, func(n *node) {
		if charset == "" {
			charset = n.params["charset"]
		}
	})
	return charset
}

func (m *Mail) problem(text string) {
	if text != "" {
		m.Problems = append(m.Problems, text)
	}
}

// readBody takes text, HTML and files out of the tree.
func (m *Mail) readBody(r *reader, root *node) {
	said := r.read(root, false)
	if said.empty() {
		said = calendar(root)
	}
	m.Text = r.cut(strings.TrimRight(plain(said), "\n"))
	m.HTML = r.cut(r.markInline(said.html))
	m.Parts = r.parts
	m.Problems = append(m.Problems, r.problems...)
}

// calendar is the text of a mail that is nothing but an invitation.
func calendar(root *node) block {
	var said block
	walk(root, func(n *node) {
		if said.text == "" && n.is("text/calendar") {
			raw, _ := n.decoded()
			plain, _ := decodeCharset(raw[:min(len(raw), mostEncoded)], n.params["charset"])
			said.text = text(plain)
		}
	})
	return said
}

// readHeader takes the header in.
func (m *Mail) readHeader(h header, charset string) {
	m.Header = h.decoded(charset)
	for _, f := range h {
		if len(f.value) == mostValue {
			m.problem("the field " + f.name + " is longer than 64 kB; it is cut")
		}
	}
	for _, name := range []string{"From", "Subject", "Sender", "Date", "Message-Id", "Reply-To", "References", "In-Reply-To", "Content-Type"} {
		if n := len(m.Header[name]); n > 1 {
			m.problem(fmt.Sprintf("the field %s is there %d times; the first counts", name, n))
		}
	}
	m.Subject = m.first("Subject")
	m.readIDs()
	m.readAddresses(func(name string) []Address { return addressesOf(h, name, charset) })
	if value := m.first("Date"); value != "" {
		if m.Date = parseDate(value); m.Date.IsZero() {
			m.problem("the date " + quoted(value) + " is unreadable")
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
		m.problem("the Message-ID " + quoted(m.first("Message-Id")) + " is none")
	default:
		m.problem("there is no Message-ID")
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

func (m *Mail) readAddresses(of func(name string) []Address) {
	m.ReplyTo, m.To, m.Cc, m.Bcc = of("Reply-To"), of("To"), of("Cc"), of("Bcc")
	if sender := of("Sender"); len(sender) > 0 {
		m.Sender = sender[0]
	}
	m.readReturnPath(of("Return-Path"))
	m.readFrom(of("From"))
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
		m.problem("the return path " + quoted(value[0]) + " is unreadable")
	}
}

// readFrom takes the author, or the next best.
func (m *Mail) readFrom(found []Address) {
	switch {
	case len(found) > 1:
		m.problem(fmt.Sprintf("there are %d authors; the first counts", len(found)))
		fallthrough
	case len(found) == 1:
		m.From = found[0]
	case m.Sender.Address != "":
		m.From = m.Sender
		m.problem("there is no From; the Sender stands in")
	case m.ReturnPath != nil && *m.ReturnPath != "":
		m.From = Address{Address: *m.ReturnPath}
		m.problem("there is no From; the return path stands in")
	default:
		m.problem("there is no From, nor anything in its place")
	}
}
