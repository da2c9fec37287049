package listener

import (
	"bufio"
	"errors"
	"io"
)

// ReadData reads a mail off the wire, so many bytes at a time, and returns what is left there.
func ReadData(wire io.Reader, size int) (mail, left string, err error) {
	d := &dataLines{wire: bufio.NewReader(wire), left: 1 << 30}
	var all []byte
	for b := make([]byte, size); ; {
		n, err := d.Read(b)
		all = append(all, b[:n]...)
		if errors.Is(err, io.EOF) {
			rest, err := io.ReadAll(d.wire)
			return string(all), string(rest), err
		}
		if err != nil {
			return string(all), "", err
		}
	}
}
