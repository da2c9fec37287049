package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

const (
	// maxAnswer is the most characters of an answer: more would fill a model's memory.
	maxAnswer = 100_000
	// wholeText names what is answered as a text of its own, not within JSON.
	wholeText = "transcriptText"
)

// response is what GraphQL answers.
type response struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string          `json:"message"`
		Path       json.RawMessage `json:"path,omitempty"`
		Extensions json.RawMessage `json:"extensions,omitempty"`
	} `json:"errors"`
}

// result is what a model gets of an answer: its data without what is null, and texts for
// models beside it. Errors of either kind make it an error.
func (r *response) result() (*mcp.CallToolResult, error) {
	if len(r.Errors) > 0 {
		list, err := json.Marshal(r.Errors)
		return failed(string(list)), err
	}
	var s shortener
	if err := s.copy(r.Data); err != nil {
		return nil, err
	}
	texts := append([]string{s.out.String()}, s.texts...)
	n := 0
	for _, text := range texts {
		n += utf8.RuneCountInString(text)
	}
	if n > maxAnswer {
		return failed(fmt.Sprintf("The answer has %d characters; at most %d are sent. Ask for fewer rows or fields.", n, maxAnswer)), nil
	}
	answer := &mcp.CallToolResult{IsError: s.refused}
	for _, text := range texts {
		answer.Content = append(answer.Content, &mcp.TextContent{Text: text})
	}
	return answer, nil
}

func failed(why string) *mcp.CallToolResult {
	return &mcp.CallToolResult{IsError: true, Content: []mcp.Content{&mcp.TextContent{Text: why}}}
}

// shortener copies JSON without what says nothing: null, and lists of no errors.
type shortener struct {
	out   strings.Builder
	texts []string
	// refused: a mutation reports errors.
	refused bool
}

func (s *shortener) copy(value json.RawMessage) error {
	switch value = bytes.TrimSpace(value); {
	case len(value) > 0 && value[0] == '{':
		return s.copyObject(value)
	case len(value) > 0 && value[0] == '[':
		return s.copyList(value)
	}
	s.out.Write(value)
	return nil
}

// copyObject keeps the order of an object's members.
func (s *shortener) copyObject(value json.RawMessage) error {
	d := json.NewDecoder(bytes.NewReader(value))
	if _, err := d.Token(); err != nil {
		return err
	}
	before := "{"
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return err
		}
		var member json.RawMessage
		if err := d.Decode(&member); err != nil {
			return err
		}
		name, _ := key.(string)
		if says, err := s.says(name, member); err != nil || !says {
			if err != nil {
				return err
			}
			continue
		}
		s.out.WriteString(before + strconv.Quote(name) + ":")
		before = ","
		if err := s.copy(member); err != nil {
			return err
		}
	}
	if before == "{" {
		s.out.WriteString(before)
	}
	s.out.WriteByte('}')
	return nil
}

// says reports whether a member is to be in the JSON.
func (s *shortener) says(name string, member json.RawMessage) (bool, error) {
	switch {
	case string(member) == "null":
		return false, nil
	case name == "userErrors":
		s.refused = s.refused || string(member) != "[]"
		return string(member) != "[]", nil
	case name == wholeText && member[0] == '"': // an alias may call anything so
		var text string
		err := json.Unmarshal(member, &text)
		s.texts = append(s.texts, text)
		return false, err
	}
	return true, nil
}

func (s *shortener) copyList(value json.RawMessage) error {
	var items []json.RawMessage
	if err := json.Unmarshal(value, &items); err != nil {
		return err
	}
	s.out.WriteByte('[')
	for i, item := range items {
		if i > 0 {
			s.out.WriteByte(',')
		}
		if err := s.copy(item); err != nil {
			return err
		}
	}
	s.out.WriteByte(']')
	return nil
}
