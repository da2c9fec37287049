// Package clamav has files scanned for viruses by clamd, ClamAV's daemon, over
// its own protocol: the content goes in pieces over a socket, and nothing of it
// has to lie where the daemon could read it.
package clamav

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"parley/internal/attachment"
)

// Scanner asks one daemon. It is safe for concurrent use: each scan has a
// connection of its own.
type Scanner struct{ network, address string }

// New returns a scanner for the daemon at tcp://host:port or unix:///path. It
// does not connect yet; an error says what would be right.
func New(address string) (*Scanner, error) {
	u, err := url.Parse(address)
	if err == nil {
		_, _, wrong := net.SplitHostPort(u.Host)
		switch {
		case u.Scheme == "tcp" && wrong == nil && u.Path == "":
			return &Scanner{network: "tcp", address: u.Host}, nil
		case u.Scheme == "unix" && u.Host == "" && u.Path != "":
			return &Scanner{network: "unix", address: u.Path}, nil
		}
	}
	return nil, errors.New("expected: tcp://host:3310 or unix:///run/clamav/clamd.ctl")
}

// piece is how many bytes go at a time.
const piece = 64 << 10

// mostAnswer bounds what the daemon may answer, in bytes.
const mostAnswer = 4 << 10

// Scan returns the name of the virus in a content, "" for none. What is larger
// than the daemon's StreamMaxLength is attachment.ErrUnscannable; any other error
// says that the daemon cannot answer now. It ends with ctx.
func (s *Scanner) Scan(ctx context.Context, content io.Reader) (string, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, s.network, s.address)
	if err != nil {
		return "", fmt.Errorf("reach clamd: %w", err)
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	unread, sendErr := sendContent(conn, content)
	if unread != nil {
		return "", fmt.Errorf("read what is to be scanned: %w", unread)
	}
	// The daemon may answer before it has all, and close: its answer counts.
	answer, err := bufio.NewReader(io.LimitReader(conn, mostAnswer)).ReadString(0)
	if err != nil {
		return "", fmt.Errorf("ask clamd: %w", errors.Join(context.Cause(ctx), sendErr, err))
	}
	return readVerdict(strings.TrimSuffix(answer, "\x00"))
}

// sendContent writes the command and the content in pieces, each after its
// length, and an empty one at the end.
func sendContent(conn io.Writer, content io.Reader) (unread, unsent error) {
	if _, err := io.WriteString(conn, "zINSTREAM\x00"); err != nil {
		return nil, err
	}
	buffer := make([]byte, 4+piece)
	for {
		n, err := content.Read(buffer[4:])
		if err != nil && !errors.Is(err, io.EOF) {
			return err, nil
		}
		if n > 0 {
			binary.BigEndian.PutUint32(buffer, uint32(n))
			if _, err := conn.Write(buffer[:4+n]); err != nil {
				return nil, err
			}
		}
		if err != nil {
			_, err := conn.Write(make([]byte, 4))
			return nil, err
		}
	}
}

// readVerdict reads an answer: "stream: OK", "stream: Name FOUND", or "... ERROR".
func readVerdict(answer string) (string, error) {
	result := strings.TrimPrefix(answer, "stream: ")
	name, found := strings.CutSuffix(result, " FOUND")
	switch {
	case result == "OK":
		return "", nil
	case found:
		return name, nil
	case strings.Contains(result, "size limit exceeded"):
		return "", attachment.ErrUnscannable
	}
	return "", fmt.Errorf("clamd says %q", result)
}
