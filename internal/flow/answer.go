package flow

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"parley/internal/emailaddress"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// maxAnswer is the most characters of a text that is an answer.
const maxAnswer = 2_000

// answerType is what a question asks for.
func answerType(step *vocab.FlowStep) vocab.FlowAnswerType {
	switch {
	case step.Type != nil:
		return *step.Type
	case len(step.Choices) > 0:
		return vocab.AnswerChoice
	}
	return vocab.AnswerText
}

// reading is what a text is as an answer to a question.
type reading struct {
	value  string
	choice *vocab.FlowChoice
	skips  bool
}

// readAnswer reads a text as the answer to a question; false: it is none.
func readAnswer(step *vocab.FlowStep, text string) (reading, bool) {
	text = strings.TrimSpace(text)
	if step.SkipText != nil && Plain(text) == Plain(*step.SkipText) && Plain(text) != "" {
		return reading{skips: true}, true
	}
	if answerType(step) == vocab.AnswerChoice {
		c := matchChoice(step.Choices, text)
		if c == nil {
			return reading{}, false
		}
		return reading{value: valueOf(*c), choice: c}, true
	}
	value, ok := readTyped(answerType(step), text)
	return reading{value: value, choice: matchExactly(step.Choices, text)}, ok
}

func readTyped(as vocab.FlowAnswerType, text string) (string, bool) {
	switch as {
	case vocab.AnswerEmail:
		address := strings.ToLower(text)
		return address, len(address) <= 254 && emailaddress.Valid(address)
	case vocab.AnswerPhone:
		return readPhone(text)
	case vocab.AnswerNumber:
		return readNumber(text)
	case vocab.AnswerDate:
		day, err := time.Parse(time.DateOnly, text)
		return text, err == nil && day.Year() >= 1
	}
	return text, text != "" && !richtext.Blank(text) && utf8.RuneCountInString(text) <= maxAnswer
}

// readPhone takes what has 4 to 20 digits and what people write between them.
func readPhone(text string) (string, bool) {
	digits := 0
	for _, r := range text {
		switch {
		case unicode.IsDigit(r):
			digits++
		case !strings.ContainsRune(" +-/().\u00a0", r):
			return "", false
		}
	}
	return strings.Join(strings.Fields(text), " "), digits >= 4 && digits <= 20
}

// readNumber takes a number with a point or a comma before its decimals.
func readNumber(text string) (string, bool) {
	if !strings.Contains(text, ".") {
		text = strings.Replace(text, ",", ".", 1)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(text, "xXpP_") {
		return "", false
	}
	return strconv.FormatFloat(n, 'f', -1, 64), true
}

func valueOf(c vocab.FlowChoice) string {
	if c.Value != nil && *c.Value != "" {
		return *c.Value
	}
	return c.Text
}

// matchExactly is the choice that a text is, whatever its case and accents; nil: none.
func matchExactly(choices []vocab.FlowChoice, text string) *vocab.FlowChoice {
	plain := Plain(text)
	for i, c := range choices {
		if strings.TrimSpace(text) == c.Text || plain != "" && (plain == Plain(c.Text) || plain == Plain(valueOf(c))) {
			return &choices[i]
		}
	}
	return nil
}

// matchChoice is the choice that a text means: the one that it is, or the only one that
// begins with it, or that it begins with (BT-4); nil: none.
func matchChoice(choices []vocab.FlowChoice, text string) *vocab.FlowChoice {
	if c := matchExactly(choices, text); c != nil {
		return c
	}
	plain := Plain(text)
	if plain == "" {
		return nil
	}
	var found *vocab.FlowChoice
	for i, c := range choices {
		offered := Plain(c.Text)
		if offered != "" && (strings.HasPrefix(offered, plain) || strings.HasPrefix(plain, offered+" ")) {
			if found != nil {
				return nil
			}
			found = &choices[i]
		}
	}
	return found
}
