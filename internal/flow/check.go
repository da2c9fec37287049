package flow

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/language"

	"parley/internal/errs"
	"parley/internal/richtext"
	"parley/internal/vocab"
)

// Limits of flows; lengths in characters.
const (
	MaxSteps     = 200
	MaxBytes     = 256 << 10
	MaxMarkdown  = 10_000
	MaxText      = 2_000
	MaxChoices   = 10
	MaxChoice    = 80
	MaxValue     = 200
	MaxCases     = 20
	MaxWhen      = 20
	MaxRetries   = 10
	MaxSeconds   = 7 * 24 * 60 * 60
	MaxItems     = 10
	MaxLanguages = 50
	MaxWords     = 50
	MaxWord      = 80
)

var stepID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,50}$`)

// Check refuses a flow that cannot be played: a step that is not reached, one from which
// nothing goes on, a loop that waits for nothing, a field that belongs to another kind. All
// errors are joined, and blame places below "flow". What names things of the account is the
// caller's matter.
func Check(f *vocab.Flow) error {
	switch n := len(f.Steps); {
	case n == 0:
		return errs.New(errs.Required, "A flow has at least one step.").On("flow", "steps")
	case n > MaxSteps:
		return errs.Exceeds(MaxSteps, "The flow has %d steps; at most %d are allowed.", n, MaxSteps).On("flow", "steps")
	}
	if raw, err := json.Marshal(f); err != nil || len(raw) > MaxBytes {
		return errors.Join(err, errs.Exceeds(MaxBytes, "The flow has %d bytes; at most %d are allowed.", len(raw), MaxBytes).On("flow"))
	}
	c := &checker{f: f, places: map[string]int{}}
	c.checkIDs()
	for i := range f.Steps {
		c.checkStep(&f.Steps[i], At(i))
	}
	c.checkWords()
	if len(c.faults) == 0 { // ways are followed where each of them leads somewhere
		c.checkWays()
	}
	return errors.Join(c.faults...)
}

// At is the path of a step, or of a place in it.
func At(step int, more ...string) []string {
	return append([]string{"flow", "steps", strconv.Itoa(step)}, more...)
}

type checker struct {
	f      *vocab.Flow
	places map[string]int
	faults []error
}

func (c *checker) add(err *errs.Error) { c.faults = append(c.faults, err) }

func (c *checker) checkIDs() {
	for i, s := range c.f.Steps {
		_, twice := c.places[s.ID]
		switch {
		case !stepID.MatchString(s.ID):
			c.add(errs.New(errs.Invalid, "A step's id has 1 to 50 letters, digits, \"-\" and \"_\"; %q does not.", errs.Clip(s.ID)).On(At(i, "id")...))
		case twice:
			c.add(errs.New(errs.Invalid, "Two steps have the id %q.", s.ID).On(At(i, "id")...))
		default:
			c.places[s.ID] = i
		}
	}
	if _, there := c.places[c.f.Start]; !there {
		c.add(errs.New(errs.Invalid, "There is no step %q to start with.", errs.Clip(c.f.Start)).On("flow", "start"))
	}
}

// need says whether a kind has a field.
type need int

const (
	must need = iota + 1
	may
)

var fieldsOf = map[vocab.FlowStepKind]map[string]need{
	vocab.FlowSay:            {"markdown": must, "libraryItemIds": may, "next": must},
	vocab.FlowAsk:            {"markdown": must, "type": may, "choices": may, "save": may, "retries": may, "invalidText": may, "skipText": may, "onFail": may, "next": may},
	vocab.FlowBranch:         {"cases": must, "otherwise": must},
	vocab.FlowWait:           {"seconds": must, "next": must},
	vocab.FlowCreateTicket:   {"preset": must, "next": must},
	vocab.FlowTag:            {"tags": must, "next": must},
	vocab.FlowSet:            {"save": must, "value": must, "next": must},
	vocab.FlowSearchArticles: {"text": may, "found": must, "notFound": must},
	vocab.FlowHandOff:        {"text": may, "routing": may, "context": may, "ifNobody": may},
	vocab.FlowEnd:            {"text": may, "close": may},
}

// given are the fields of a step, in their order, and whether it has them.
func given(s *vocab.FlowStep) []struct {
	name string
	has  bool
} {
	return []struct {
		name string
		has  bool
	}{
		{"markdown", s.Markdown != nil},
		{"text", s.Text != nil},
		{"libraryItemIds", len(s.LibraryItemIDs) > 0},
		{"type", s.Type != nil},
		{"choices", len(s.Choices) > 0},
		{"save", s.Save != nil},
		{"retries", value(s.Retries) != 0},
		{"invalidText", s.InvalidText != nil},
		{"skipText", s.SkipText != nil},
		{"onFail", s.OnFail != nil},
		{"cases", len(s.Cases) > 0},
		{"otherwise", s.Otherwise != nil},
		{"seconds", value(s.Seconds) != 0},
		{"preset", s.Preset != nil},
		{"tags", len(s.Tags) > 0},
		{"value", s.Value != nil},
		{"found", s.Found != nil},
		{"notFound", s.NotFound != nil},
		{"routing", s.Routing != nil},
		{"context", value(s.Context)},
		{"ifNobody", s.IfNobody != nil},
		{"close", value(s.Close)},
		{"next", s.Next != nil},
	}
}

func (c *checker) checkStep(s *vocab.FlowStep, at []string) {
	fields, known := fieldsOf[s.Kind]
	if !known {
		c.add(errs.New(errs.Invalid, "There is no kind of step %q.", errs.Clip(string(s.Kind))).On(below(at, "kind")...))
		return
	}
	for _, f := range given(s) {
		switch {
		case f.has && fields[f.name] == 0:
			c.add(errs.New(errs.Invalid, "A step of kind %s has no %s.", s.Kind, f.name).On(below(at, f.name)...))
		case !f.has && fields[f.name] == must && (f.name != "markdown" || len(s.LibraryItemIDs) == 0):
			c.add(errs.New(errs.Required, "A step of kind %s requires %s.", s.Kind, f.name).On(below(at, f.name)...))
		}
	}
	c.checkTexts(s, at)
	c.checkAsk(s, at)
	c.checkCases(s, at)
	if n := value(s.Seconds); n < 0 || n > MaxSeconds {
		c.add(errs.New(errs.Invalid, "A bot waits 1 to %d seconds.", MaxSeconds).On(below(at, "seconds")...))
	}
	if n := len(s.LibraryItemIDs); n > MaxItems {
		c.add(errs.Exceeds(MaxItems, "A message may have at most %d items of the library.", MaxItems).On(below(at, "libraryItemIds")...))
	}
	for _, way := range waysOf(s) {
		if _, there := c.places[way.to]; !there {
			c.add(errs.New(errs.Invalid, "There is no step %q.", errs.Clip(way.to)).On(below(at, way.at...)...))
		}
	}
}

func (c *checker) checkTexts(s *vocab.FlowStep, at []string) {
	for _, t := range []struct {
		name string
		text *string
		most int
		line bool
	}{
		{"markdown", s.Markdown, MaxMarkdown, false},
		{"text", s.Text, MaxText, false},
		{"invalidText", s.InvalidText, MaxText, false},
		{"skipText", s.SkipText, MaxChoice, true},
		{"value", s.Value, MaxText, false},
	} {
		if t.text != nil {
			c.checkText(*t.text, t.most, t.line, below(at, t.name)...)
		}
	}
}

// checkText refuses a text that is empty, too long, or not to be stored as it is.
func (c *checker) checkText(text string, most int, line bool, at ...string) {
	n := utf8.RuneCountInString(text)
	clean, err := richtext.Clean(text, at...)
	switch {
	case n > most:
		c.add(errs.Exceeds(most, "The text has %d characters; at most %d are allowed.", n, most).On(at...))
	case err != nil:
		c.faults = append(c.faults, err)
	case richtext.Blank(clean):
		c.add(errs.New(errs.Required, "The text is empty.").On(at...))
	case line && strings.ContainsAny(text, "\r\n"):
		c.add(errs.New(errs.Invalid, "The text must be on one line.").On(at...))
	}
}

func (c *checker) checkAsk(s *vocab.FlowStep, at []string) {
	if s.Kind != vocab.FlowAsk {
		return
	}
	if n := value(s.Retries); n < 0 || n > MaxRetries {
		c.add(errs.New(errs.Invalid, "A question is asked again 1 to %d times.", MaxRetries).On(below(at, "retries")...))
	}
	buttons := len(s.Choices)
	if s.SkipText != nil {
		buttons++
	}
	if buttons > MaxChoices {
		c.add(errs.Exceeds(MaxChoices, "A question offers at most %d answers, the one that skips it included.", MaxChoices).On(below(at, "choices")...))
		return
	}
	if answerType(s) == vocab.AnswerChoice && len(s.Choices) == 0 {
		c.add(errs.New(errs.Required, "A question of type CHOICE requires choices.").On(below(at, "choices")...))
	}
	onward := len(s.Choices) > 0 && answerType(s) == vocab.AnswerChoice && s.SkipText == nil
	seen := map[string]bool{Plain(value(s.SkipText)): s.SkipText != nil}
	for i, choice := range s.Choices {
		path := below(at, "choices", strconv.Itoa(i))
		onward = onward && choice.Next != nil
		c.checkText(choice.Text, MaxChoice, true, below(path, "text")...)
		if choice.Value != nil {
			c.checkText(*choice.Value, MaxValue, true, below(path, "value")...)
		}
		key := Plain(choice.Text)
		if key == "" {
			key = strings.TrimSpace(choice.Text)
		}
		if seen[key] {
			c.add(errs.New(errs.Invalid, "Two answers are the same but for case and accents: %q.", errs.Clip(choice.Text)).On(below(path, "text")...))
		}
		seen[key] = true
	}
	if s.Next == nil && !onward {
		c.add(errs.New(errs.Required, "Nothing follows the question: it requires next, unless each of its choices has one.").On(below(at, "next")...))
	}
}

func (c *checker) checkCases(s *vocab.FlowStep, at []string) {
	if n := len(s.Cases); n > MaxCases {
		c.add(errs.Exceeds(MaxCases, "A branch has at most %d cases.", MaxCases).On(below(at, "cases")...))
		return
	}
	for i, one := range s.Cases {
		path := below(at, "cases", strconv.Itoa(i), "when")
		switch n := len(one.When); {
		case n == 0:
			c.add(errs.New(errs.Required, "A case requires a condition; what applies to all others is otherwise.").On(path...))
		case n > MaxWhen:
			c.add(errs.Exceeds(MaxWhen, "A case has at most %d conditions.", MaxWhen).On(path...))
		}
		for j, when := range one.When {
			if when.Answer != nil {
				c.checkAnswerCondition(*when.Answer, below(path, strconv.Itoa(j), "lastAnswer"))
			}
		}
	}
}

func (c *checker) checkAnswerCondition(when vocab.RoutingCondition, at []string) {
	known := when.Operator == vocab.RoutingKnown || when.Operator == vocab.RoutingUnknown
	switch {
	case known && when.Value != "":
		c.add(errs.New(errs.Invalid, "%s compares with no value.", when.Operator).On(below(at, "value")...))
	case !known && Plain(when.Value) == "":
		c.add(errs.New(errs.Required, "The condition requires a value to compare with.").On(below(at, "value")...))
	case utf8.RuneCountInString(when.Value) > MaxValue:
		c.add(errs.Exceeds(MaxValue, "The value may have at most %d characters.", MaxValue).On(below(at, "value")...))
	}
}

func (c *checker) checkWords() {
	if n := len(c.f.HandOffWords); n > MaxLanguages {
		c.add(errs.Exceeds(MaxLanguages, "At most %d languages have words of their own.", MaxLanguages).On("flow", "handOffWords"))
		return
	}
	seen := map[string]bool{}
	for i, w := range c.f.HandOffWords {
		at := []string{"flow", "handOffWords", strconv.Itoa(i)}
		if _, err := language.Parse(w.Language); err != nil || len(w.Language) > 35 {
			c.add(errs.New(errs.Invalid, "%q is not a language: write it like \"de\" or \"pt-BR\".", errs.Clip(w.Language)).On(below(at, "language")...))
		}
		if key := strings.ToLower(w.Language); seen[key] {
			c.add(errs.New(errs.Invalid, "The language %q is listed twice.", w.Language).On(below(at, "language")...))
		} else {
			seen[key] = true
		}
		if n := len(w.Words); n > MaxWords {
			c.add(errs.Exceeds(MaxWords, "At most %d words are allowed in a language.", MaxWords).On(below(at, "words")...))
			continue
		}
		for j, word := range w.Words {
			c.checkText(word, MaxWord, true, below(at, "words", strconv.Itoa(j))...)
		}
	}
}

// way leads from a step to another; at is the field that says so.
type way struct {
	to string
	at []string
}

// waysOf are the ways out of a step.
func waysOf(s *vocab.FlowStep) []way {
	var all []way
	add := func(to *string, at ...string) {
		if to != nil {
			all = append(all, way{*to, at})
		}
	}
	add(s.Next, "next")
	for i, c := range s.Choices {
		add(c.Next, "choices", strconv.Itoa(i), "next")
	}
	add(s.OnFail, "onFail")
	for i, c := range s.Cases {
		add(&c.Next, "cases", strconv.Itoa(i), "next")
	}
	add(s.Otherwise, "otherwise")
	add(s.Found, "found")
	add(s.NotFound, "notFound")
	add(s.IfNobody, "ifNobody")
	return all
}

// checkWays follows all ways: each step is reached, and no loop is without a question.
func (c *checker) checkWays() {
	reached := map[string]bool{c.f.Start: true}
	for todo := []string{c.f.Start}; len(todo) > 0; {
		step := &c.f.Steps[c.places[todo[0]]]
		todo = todo[1:]
		for _, w := range waysOf(step) {
			if !reached[w.to] {
				reached[w.to] = true
				todo = append(todo, w.to)
			}
		}
	}
	done := map[string]bool{}
	for i := range c.f.Steps {
		s := &c.f.Steps[i]
		if !reached[s.ID] {
			c.add(errs.New(errs.Invalid, "No way leads to the step %q.", s.ID).On(At(i)...))
		}
		if loop := c.loopFrom(s, nil, done); loop != "" {
			c.add(errs.New(errs.Invalid, "The steps %s go round without a question: a visitor could not stop them.", loop).On(At(i)...))
			return
		}
	}
}

// loopFrom follows the ways from a step that wait for no answer; empty: they end.
func (c *checker) loopFrom(s *vocab.FlowStep, path []string, done map[string]bool) string {
	if s.Kind == vocab.FlowAsk || done[s.ID] {
		return ""
	}
	if i := slices.Index(path, s.ID); i >= 0 {
		return strings.Join(append(slices.Clone(path[i:]), s.ID), " → ")
	}
	path = append(path, s.ID)
	for _, w := range waysOf(s) {
		if loop := c.loopFrom(&c.f.Steps[c.places[w.to]], path, done); loop != "" {
			return loop
		}
	}
	done[s.ID] = true
	return ""
}

func below(at []string, more ...string) []string { return append(slices.Clone(at), more...) }
