package listener

import (
	"bufio"
	"io"
	"reflect"
	"strings"

	gosmtp "github.com/emersion/go-smtp"
)

// dataLines reads a mail behind DATA (RFC 5321, 4.1.1.4 and 4.5.2): it ends at
// <CRLF>.<CRLF> only, and a dot that begins another line is left out. <CR><LF>
// ends a line whatever stands before it. The server's own reader does not see the
// line end in <CR><CR><LF>, and would wait for ever behind a mail that ends so.
type dataLines struct {
	wire *bufio.Reader
	left int64 // bytes that the mail may still have
	at   linePlace
	err  error // the wire's; io.EOF behind the mail
	// tooLarge: the mail has more bytes than it may have.
	tooLarge bool
}

// linePlace is where in a line the reader is.
type linePlace int

const (
	lineStart linePlace = iota
	lineDot             // behind a dot that begins the line
	lineDotCR           // behind such a dot and a CR
	lineCR              // behind a CR
	lineMiddle
)

// takeDataLines takes the reading of a mail over from the server, which then finds
// nothing but the end of it. It returns nil for what comes in chunks (BDAT): that has a
// length, and no lines.
func takeDataLines(contents io.Reader, maxBytes int64) *dataLines {
	v := reflect.ValueOf(contents)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		return nil
	}
	field := v.Elem().FieldByName("r")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*bufio.Reader]() {
		return nil
	}
	place := (**bufio.Reader)(field.Addr().UnsafePointer())
	d := &dataLines{wire: *place, left: maxBytes}
	*place = bufio.NewReader(strings.NewReader(".\r\n"))
	return d
}

// Read ends with io.EOF behind the mail's last line, and with ErrDataTooLarge where the
// mail is longer than it may be.
func (d *dataLines) Read(b []byte) (int, error) {
	if d.tooLarge {
		return 0, gosmtp.ErrDataTooLarge
	}
	n := 0
	for n+1 < len(b) && d.err == nil { // one byte of the wire is at most two of the mail
		n += d.readByte(b[n : n+2])
	}
	if int64(n) > d.left {
		d.tooLarge = true
		return 0, gosmtp.ErrDataTooLarge
	}
	d.left -= int64(n)
	switch {
	case n > 0:
		return n, nil
	case d.err == nil && len(b) > 0:
		return 0, io.ErrShortBuffer
	}
	return 0, d.err
}

// readByte reads one byte off the wire, and writes what the mail has for it.
func (d *dataLines) readByte(b []byte) int {
	c, err := d.wire.ReadByte()
	if err != nil {
		if d.err = err; err == io.EOF {
			d.err = io.ErrUnexpectedEOF
		}
		return 0
	}
	switch d.at {
	case lineStart:
		if c == '.' {
			d.at = lineDot
			return 0
		}
	case lineDot:
		if c == '\r' {
			d.at = lineDotCR
			return 0
		}
	case lineDotCR:
		if c == '\n' {
			d.err = io.EOF
			return 0
		}
		b[0], b[1] = '\r', c
		d.at = placeBehind(c, true)
		return 2
	}
	d.at, b[0] = placeBehind(c, d.at == lineCR), c
	return 1
}

// placeBehind is where in a line the reader is behind c.
func placeBehind(c byte, behindCR bool) linePlace {
	switch {
	case c == '\r':
		return lineCR
	case c == '\n' && behindCR:
		return lineStart
	}
	return lineMiddle
}

// drain reads what is left of the mail, so that none of it is taken for commands.
func (d *dataLines) drain() {
	var rest [2]byte
	for d.err == nil {
		d.readByte(rest[:])
	}
}
