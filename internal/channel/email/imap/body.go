package imap

import (
	"errors"
	"fmt"
	"io"

	goimap "github.com/emersion/go-imap/v2"
)

// errCut says that the connection ended in the middle of a mail.
var errCut = errors.New("the connection was cut in the middle of a mail")

// body reads a mail, or its header, to the announced end. The library takes a
// connection that was cut for the end of a mail, and must not be asked for more
// after an error: it would read what its own goroutine reads.
type body struct {
	literal io.Reader
	left    int64
	err     error
}

func newBody(literal goimap.LiteralReader) *body {
	return &body{literal: literal, left: literal.Size()}
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.literal.Read(p)
	b.left -= int64(n)
	if err != nil && b.left > 0 {
		err = fmt.Errorf("%w: %w", errCut, io.ErrUnexpectedEOF)
	}
	b.err = err
	return n, err
}

// finish reads what was not read, and returns errCut if the end does not come.
// After that the command must be abandoned.
func (b *body) finish() error {
	_, err := io.Copy(io.Discard, b)
	return err
}

// abandon closes the connection under a command whose answer cannot be read to its
// end.
func (c *Conn) abandon(op string, err error) error {
	err = c.failOperation(op, nil, err)
	c.wire.breakOff(nil)
	return err
}
