package parse

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/encoding/korean"
)

// decodeUTF7 reads RFC 2152, which golang.org/x/text does not. What is no UTF-7
// stays as it is.
func decodeUTF7(data []byte) string {
	var out strings.Builder
	for len(data) > 0 {
		plus := bytes.IndexByte(data, '+')
		if plus < 0 {
			out.Write(data)
			break
		}
		out.Write(data[:plus])
		data = data[plus+1:]
		end := 0
		for end < len(data) && isBase64(data[end]) {
			end++
		}
		if end == 0 {
			out.WriteByte('+')
		}
		out.WriteString(shifted(data[:end]))
		if end < len(data) && data[end] == '-' {
			end++
		}
		data = data[end:]
	}
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

// shifted decodes one run of base64 in UTF-7. The bits behind the last whole
// unit are padding.
func shifted(run []byte) string {
	if len(run)%4 == 1 {
		run = run[:len(run)-1]
	}
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(run)))
	n, err := base64.RawStdEncoding.Decode(raw, run)
	if err != nil {
		return "\uFFFD"
	}
	units := make([]uint16, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return string(utf16.Decode(units))
}

func isBase64(b byte) bool {
	return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9' || b == '+' || b == '/'
}

// decodeISO2022KR reads RFC 1557: between SO and SI, the bytes are those of
// EUC-KR without their high bit.
func decodeISO2022KR(data []byte) string {
	data = bytes.ReplaceAll(data, []byte("\x1b$)C"), nil)
	wide := false
	raw := make([]byte, 0, len(data))
	for _, b := range data {
		switch {
		case b == 0x0e:
			wide = true
		case b == 0x0f, b == '\n':
			wide = false
			if b == '\n' {
				raw = append(raw, b)
			}
		case wide && b > ' ':
			raw = append(raw, b|0x80)
		default:
			raw = append(raw, b)
		}
	}
	text, _ := korean.EUCKR.NewDecoder().Bytes(raw)
	return string(text)
}
