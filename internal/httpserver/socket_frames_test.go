package httpserver_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
)

// handshake is the request that opens a WebSocket.
const handshake = "GET /graphql HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: other, graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

// frame is one frame as a client sends it: masked, by zeroes.
func frame(first byte, payload string) string {
	return string([]byte{first, 0x80 | byte(len(payload)), 0, 0, 0, 0}) + payload
}

// open sends bytes to the server, over a connection of their own, and returns
// what comes after the handshake.
func open(t *testing.T, base, bytes string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, bytes); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(conn)
	resp, err := http.ReadResponse(r, nil)
	if err == nil {
		defer resp.Body.Close()
	}
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols || resp.Header.Get("Sec-WebSocket-Protocol") != "graphql-transport-ws" {
		t.Fatalf("handshake: %v, %v", resp, err)
	}
	return conn, r
}

// A client may send its first messages without waiting for the handshake's
// answer, and cut them into frames as it likes.
func TestSocketEagerClient(t *testing.T) {
	t.Parallel()
	base := listen(t, nil)
	const init = `{"type":"connection_init"}`
	ack := "\x81\x19" + `{"type":"connection_ack"}`
	for name, sent := range map[string]string{
		"whole":                 frame(0x81, init),
		"in pieces":             frame(0x01, init[:5]) + frame(0x00, init[5:9]) + frame(0x80, init[9:]),
		"a ping between":        frame(0x01, init[:5]) + frame(0x8a, "") + frame(0x80, init[5:]),
		"more than the buffers": frame(0x81, init) + strings.Repeat(frame(0x8a, strings.Repeat("x", 125)), 100),
	} {
		_, r := open(t, base, handshake+sent)
		got := make([]byte, len(ack))
		if _, err := io.ReadFull(r, got); err != nil || string(got) != ack {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

// Frames that break WebSocket's rules end the connection with 1002.
func TestSocketBrokenFrames(t *testing.T) {
	t.Parallel()
	base := listen(t, nil)
	for name, sent := range map[string]string{
		"not masked":              "\x81\x02{}",
		"reserved bits":           frame(0xf1, "{}"),
		"compressed, not agreed":  frame(0xc1, "{}"),
		"unknown opcode":          frame(0x83, "{}"),
		"ping in pieces":          frame(0x09, "x"),
		"continues nothing":       frame(0x80, "{}"),
		"begins before the end":   frame(0x01, "{") + frame(0x81, "{}"),
		"close of one byte":       frame(0x88, "x"),
		"close with a false code": frame(0x88, "\x03\xec"),
		"length with a sign":      "\x81\xff" + strings.Repeat("\xff", 8) + "\x00\x00\x00\x00",
	} {
		conn, r := open(t, base, handshake+sent)
		head := make([]byte, 4)
		if _, err := io.ReadFull(r, head); err != nil || head[0] != 0x88 || binary.BigEndian.Uint16(head[2:]) != 1002 {
			t.Errorf("%s: got %q, %v", name, head, err)
		}
		reason := make([]byte, head[1]-2)
		io.ReadFull(r, reason)
		if bytes.Contains(reason, []byte("{}")) {
			t.Errorf("%s: the reason %q gives the message back", name, reason)
		}
		io.WriteString(conn, frame(0x88, "\x03\xea"))
		if rest, _ := io.ReadAll(r); len(rest) > 0 { // until the server hangs up
			t.Errorf("%s: more came: %q", name, rest)
		}
	}
}
