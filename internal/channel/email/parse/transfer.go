package parse

import (
	"bytes"
	"encoding/base64"
	"strings"
)

// decodeTransfer undoes the Content-Transfer-Encoding. Broken encodings give
// what can be read of them. What is not encoded is returned as it is, without a
// copy. The second result reports what was odd, "" if nothing was.
func decodeTransfer(data []byte, encoding string) ([]byte, string) {
	encoding = strings.ToLower(strings.TrimSpace(encoding))
	if end := strings.IndexAny(encoding, "; \t("); end >= 0 {
		encoding = encoding[:end]
	}
	switch strings.Trim(encoding, `"'`) {
	case "base64", "b":
		return decodeBase64(data)
	case "quoted-printable", "q", "quoted_printable":
		return decodeQuoted(data), ""
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none", "utf-8", "x-uuencode", "uuencode", "x-uue":
		return data, ""
	}
	return data, "the transfer encoding " + quoted(encoding) + " is unknown"
}

// decodeBase64 reads base64 with foreign characters in it, without padding, or
// padded in the middle. A plain text footer behind it is left out.
func decodeBase64(data []byte) ([]byte, string) {
	out := make([]byte, base64.StdEncoding.DecodedLen(len(data)))
	if n, err := base64.StdEncoding.Decode(out, data); err == nil {
		return out[:n], ""
	}
	out = out[:0]
	var bits uint32
	have, problem := 0, ""
	for i, b := range data {
		v, ok := sextet(b)
		if ok {
			bits, have = bits<<6|uint32(v), have+1
			if have == 4 {
				out = append(out, byte(bits>>16), byte(bits>>8), byte(bits))
				bits, have = 0, 0
			}
			continue
		}
		if b == '=' {
			out = flush(out, bits, have)
			bits, have = 0, 0
			if footer(data[i:]) {
				return out, "there is other text behind the base64"
			}
		} else if b > ' ' {
			problem = "the base64 is damaged"
		}
	}
	return flush(out, bits, have), problem
}

// flush appends the bytes of a last, incomplete group.
func flush(out []byte, bits uint32, have int) []byte {
	switch have {
	case 2:
		return append(out, byte(bits>>4))
	case 3:
		return append(out, byte(bits>>10), byte(bits>>2))
	}
	return out
}

func sextet(b byte) (byte, bool) {
	switch {
	case b >= 'A' && b <= 'Z':
		return b - 'A', true
	case b >= 'a' && b <= 'z':
		return b - 'a' + 26, true
	case b >= '0' && b <= '9':
		return b - '0' + 52, true
	case b == '+', b == '-':
		return 62, true
	case b == '/', b == '_':
		return 63, true
	}
	return 0, false
}

// footer reports whether the line that follows padding is anything but base64.
func footer(rest []byte) bool {
	rest = bytes.TrimLeft(rest[:min(len(rest), 400)], "=\r\n \t")
	next, _, _ := bytes.Cut(rest, []byte("\n"))
	for _, b := range bytes.TrimRight(next, "=\r ") {
		if !isBase64(b) {
			return true
		}
	}
	return false
}

// decodeQuoted reads quoted-printable. What is no escape stays as it is, and an
// escape cut off at the end is dropped with it.
func decodeQuoted(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for len(data) > 0 {
		sign := bytes.IndexAny(data, "=\n")
		if sign < 0 {
			return append(out, data...)
		}
		if data[sign] == '\n' {
			out = append(out, bytes.TrimRight(data[:sign], " \t\r")...)
			out = append(out, '\n')
			data = data[sign+1:]
			continue
		}
		out = append(out, data[:sign]...)
		var n int
		out, n = escape(out, data[sign:])
		data = data[sign+n:]
	}
	return out
}

// escape appends what the escape at the start of data stands for, and returns
// how many bytes it takes.
func escape(out, data []byte) ([]byte, int) {
	if len(data) >= 3 {
		high, ok := nibble(data[1])
		if low, isHex := nibble(data[2]); ok && isHex {
			return append(out, high<<4|low), 3
		}
	}
	end := 1
	for end < len(data) && (data[end] == ' ' || data[end] == '\t' || data[end] == '\r') {
		end++
	}
	switch {
	case end == len(data):
		return out, end
	case data[end] == '\n':
		return out, end + 1
	}
	return append(out, '='), 1
}

func nibble(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	case b >= 'A' && b <= 'F':
		return b - 'A' + 10, true
	}
	return 0, false
}
