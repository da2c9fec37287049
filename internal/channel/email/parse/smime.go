package parse

import (
	"bytes"
	"strings"

	"parley/internal/vocab"
)

// openSigned takes the mail out of an S/MIME signature around it (RFC 8551, 3.5), which
// other programs show as an empty mail with a file smime.p7m. The signature is not
// checked; the file stays, for those who can.
func (b *builder) openSigned(n *mimePart, depth int) {
	if !n.isSMIME() || depth >= mostDepth {
		return
	}
	raw, _ := n.decoded()
	content, kind := signedContent(raw)
	switch {
	case content != nil:
		h, inner, _ := readHeader(content)
		n.children = []*mimePart{b.buildPart(h, inner, "text/plain", depth+1)}
	case kind == "enveloped", n.params["smime-type"] == "enveloped-data":
		b.addProblem(vocab.MailEncrypted, "the e-mail is encrypted (S/MIME): what it says is only in the attached file "+quoted(n.name("")))
	case n.params["smime-type"] != "certs-only" && kind != "certificates":
		b.addProblem(vocab.MailContentDamaged, "the signed e-mail (S/MIME) could not be read: what it says is only in the attached file "+quoted(n.name("")))
	}
}

// isSMIME reports whether a part is one of S/MIME's, by its type or, under one that says
// nothing, by its name.
func (n *mimePart) isSMIME() bool {
	return n.is("application/pkcs7-mime", "application/x-pkcs7-mime") ||
		n.is("application/octet-stream") && strings.HasSuffix(strings.ToLower(n.givenName("")), ".p7m")
}

// The types of contents of CMS (RFC 5652 and 5083), as BER has them.
var (
	signedData   = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")
	envelopeData = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")
	authEnvelope = []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
)

const (
	berOctets    = 0x04
	berType      = 0x06
	berSequence  = 0x30
	berExplicit0 = 0xa0
	// constructed is the bit of a tag whose value is made of others.
	constructed = 0x20
)

// signedContent returns what an S/MIME file signs, or else what kind of file it is:
// "enveloped", "certificates", "" if it cannot be read.
func signedContent(raw []byte) (content []byte, kind string) {
	outer, _, ok := readBER(raw, 0)
	if !ok || outer.tag != berSequence {
		return nil, ""
	}
	name, rest, _ := readBER(outer.value, 0)
	if bytes.Equal(name.value, envelopeData) || bytes.Equal(name.value, authEnvelope) {
		return nil, "enveloped"
	}
	if name.tag != berType || !bytes.Equal(name.value, signedData) {
		return nil, ""
	}
	wrapped, _, _ := readBER(rest, 0)
	signed, _, ok := readBER(wrapped.value, 0)
	if !ok || wrapped.tag != berExplicit0 || signed.tag != berSequence {
		return nil, ""
	}
	_, rest, _ = readBER(signed.value, 0) // its version
	_, rest, _ = readBER(rest, 0)         // its algorithms
	inner, _, ok := readBER(rest, 0)
	if !ok || inner.tag != berSequence {
		return nil, ""
	}
	_, rest, _ = readBER(inner.value, 0) // the type of what is signed
	wrapped, _, ok = readBER(rest, 0)
	if !ok || wrapped.tag != berExplicit0 {
		return nil, "certificates"
	}
	octets, _, ok := readBER(wrapped.value, 0)
	if !ok || octets.tag&^constructed != berOctets {
		return nil, ""
	}
	return octets.joinOctets(0), ""
}

// ber is a value of ASN.1's basic encoding, which mail programs use for what they write
// as a stream, and the standard library does not read.
type ber struct {
	tag   byte
	value []byte
}

// deepestBER bounds values within values.
const deepestBER = 16

// readBER reads one value, and returns what is behind it.
func readBER(raw []byte, depth int) (v ber, rest []byte, ok bool) {
	if len(raw) < 2 || depth > deepestBER || raw[0]&0x1f == 0x1f {
		return ber{}, nil, false
	}
	v.tag = raw[0]
	length, raw := int(raw[1]), raw[2:]
	switch {
	case length == 0x80: // it ends where two zero bytes stand in place of a value
		rest = raw
		for !bytes.HasPrefix(rest, []byte{0, 0}) {
			if _, rest, ok = readBER(rest, depth+1); !ok {
				return ber{}, nil, false
			}
		}
		v.value = raw[:len(raw)-len(rest)]
		return v, rest[2:], v.tag&constructed != 0
	case length > 0x84 || length > 0x80 && len(raw) < length-0x80:
		return ber{}, nil, false
	case length > 0x80:
		digits := raw[:length-0x80]
		raw, length = raw[len(digits):], 0
		for _, d := range digits {
			length = length<<8 | int(d)
		}
	}
	if length > len(raw) {
		return ber{}, nil, false
	}
	v.value = raw[:length]
	return v, raw[length:], true
}

// joinOctets returns a string of octets, which may come in pieces.
func (v ber) joinOctets(depth int) []byte {
	if v.tag&constructed == 0 {
		return v.value
	}
	all := []byte{}
	for rest := v.value; len(rest) > 0; {
		piece, behind, ok := readBER(rest, depth)
		if !ok || piece.tag&^constructed != berOctets || depth > deepestBER {
			break
		}
		all, rest = append(all, piece.joinOctets(depth+1)...), behind
	}
	return all
}
