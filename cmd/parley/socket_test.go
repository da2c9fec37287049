package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// socket is one subscription on a WebSocket of its own, as a plain client of
// graphql-transport-ws has it.
type socket struct{ conn *websocket.Conn }

// frame is a message of the protocol.
type frame struct {
	ID      string          `json:"id,omitempty"`
	Type    string          `json:"type"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// open connects, signs in, and subscribes.
func open(ctx context.Context, url, token, query string, variables map[string]any) (*socket, error) {
	conn, _, err := websocket.Dial(ctx, strings.Replace(url, "http", "ws", 1)+"/graphql", &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}}) //nolint:bodyclose // the library closes it
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(8 << 20)
	s := &socket{conn}
	if err := s.begin(ctx, token, query, variables); err != nil {
		s.cut()
		return nil, err
	}
	return s, nil
}

func (s *socket) begin(ctx context.Context, token, query string, variables map[string]any) error {
	if err := s.send(ctx, "", "connection_init", map[string]any{"Authorization": "Bearer " + token}); err != nil {
		return err
	}
	var ack frame
	if err := wsjson.Read(ctx, s.conn, &ack); err != nil {
		return err
	}
	if ack.Type != "connection_ack" {
		return fmt.Errorf("%q in place of connection_ack", ack.Type)
	}
	return s.send(ctx, "1", "subscribe", map[string]any{"query": query, "variables": variables})
}

func (s *socket) send(ctx context.Context, id, kind string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return wsjson.Write(ctx, s.conn, frame{ID: id, Type: kind, Payload: body})
}

// next waits for the next result and puts its data into data. The protocol's
// error message, and a result with errors, is an error.
func (s *socket) next(ctx context.Context, data any) error {
	for {
		var got frame
		if err := wsjson.Read(ctx, s.conn, &got); err != nil {
			return err
		}
		switch got.Type {
		case "next":
			var result struct {
				Data   json.RawMessage `json:"data"`
				Errors json.RawMessage `json:"errors"`
			}
			if err := json.Unmarshal(got.Payload, &result); err != nil {
				return err
			}
			if len(result.Errors) > 0 {
				return fmt.Errorf("errors in a result: %s", result.Errors)
			}
			return json.Unmarshal(result.Data, data)
		case "ping":
			if err := s.send(ctx, "", "pong", nil); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s: %s", got.Type, got.Payload)
		}
	}
}

// cut ends the connection as a broken network does.
func (s *socket) cut() { _ = s.conn.CloseNow() }
