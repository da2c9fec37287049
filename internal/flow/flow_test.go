package flow_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/vocab"
)

// world is imagined.
type world struct {
	holds, somebody bool
	articles        []string
	asked           []string
}

func (w *world) Holds(_ context.Context, when []vocab.FlowCondition) (bool, error) {
	for _, c := range when {
		if c.Available == nil || *c.Available != w.holds {
			return false, nil
		}
	}
	return true, nil
}

func (w *world) FindArticles(_ context.Context, query string) ([]string, error) {
	w.asked = append(w.asked, query)
	return w.articles, nil
}
func (w *world) Somebody(context.Context, *vocab.FlowStep) (bool, error) { return w.somebody, nil }
func (w *world) Language() string                                        { return "de-AT" }

// parse reads a flow as it is stored.
func parse(t *testing.T, raw string) *vocab.Flow {
	t.Helper()
	var f vocab.Flow
	if err := json.Unmarshal([]byte(raw), &f); err != nil {
		t.Fatal(err)
	}
	return &f
}

// play plays a flow with answers, and returns what it does, line by line.
func play(t *testing.T, f *vocab.Flow, w *world, first string, answers ...string) string {
	t.Helper()
	if err := flow.Check(f); err != nil {
		t.Fatal(err)
	}
	var did []string
	s := flow.Begin(f, first)
	for range 1000 {
		var in flow.Input
		if s.Phase == vocab.FlowAsked {
			if len(answers) == 0 {
				return strings.Join(append(did, "? "+s.StepID), "\n")
			}
			in.Text, answers = &answers[0], answers[1:]
		}
		if s.Phase == vocab.FlowOver {
			return strings.Join(append(did, string(s.Outcome)), "\n")
		}
		e, next, err := flow.Step(t.Context(), f, s, in, w)
		if err != nil {
			t.Fatal(err)
		}
		did, s = append(did, describe(e)...), next
	}
	t.Fatal("the flow does not end")
	return ""
}

func describe(e flow.Effect) (did []string) {
	if e.Say != nil {
		line := "say " + e.Say.Markdown
		for _, r := range e.Say.QuickReplies {
			line += " [" + r.Text + "]"
		}
		did = append(did, line+strings.Join(e.Say.ItemIDs, ","))
	}
	if e.Save != nil {
		did = append(did, fmt.Sprintf("save %s=%s", e.Save.To.Property, e.Save.Value))
	}
	if len(e.Tags) > 0 {
		did = append(did, "tag "+strings.Join(e.Tags, ","))
	}
	if e.HandOff != nil {
		did = append(did, fmt.Sprintf("hand off %q %d", e.HandOff.StepID, len(e.HandOff.Answers)))
	}
	return did
}

const all = `{"start": "hi", "steps": [
	{"id": "hi", "kind": "SAY", "markdown": "Hi", "next": "topic"},
	{"id": "topic", "kind": "ASK", "markdown": "About?", "choices": [{"text": "Prix élevés", "value": "price", "next": "mail"}, {"text": "Other"}], "skipText": "Skip", "next": "search", "onFail": "bye"},
	{"id": "mail", "kind": "ASK", "markdown": "Address?", "type": "EMAIL", "save": {"object": "CONTACT", "property": "email"}, "retries": 1, "next": "tag"},
	{"id": "tag", "kind": "TAG", "tags": ["lead"], "next": "wait"},
	{"id": "wait", "kind": "WAIT", "seconds": 5, "next": "set"},
	{"id": "set", "kind": "SET", "save": {"object": "CONVERSATION", "property": "stage", "propertyId": "p"}, "value": "new", "next": "there"},
	{"id": "there", "kind": "BRANCH", "cases": [{"when": [{"available": true}, {"answer": {"operator": "CONTAINS", "value": "ADA"}}], "next": "people"}], "otherwise": "bye"},
	{"id": "people", "kind": "HAND_OFF", "text": "One moment", "ifNobody": "bye"},
	{"id": "search", "kind": "SEARCH_ARTICLES", "text": "See:", "found": "bye", "notFound": "people"},
	{"id": "bye", "kind": "END", "text": "Bye", "close": true}]}`

// BT-4: what each kind of step does, and what is an answer.
func TestFlow(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, want string
		world      world
		answers    []string
	}{
		{"asks", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\n? topic", world{}, nil},
		{
			"all the way", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay Address?\nsave email=ada@example.com\ntag lead\nsave stage=new\nsay One moment\nhand off \"\" 2\nHANDED_OFF",
			world{holds: true, somebody: true},
			[]string{"PRIX", "Ada@example.com"},
		},
		{"no one is there", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay Address?\nsave email=ada@example.com\ntag lead\nsave stage=new\nsay Bye\nENDED", world{holds: true}, []string{"prix eleves", "ada@example.com"}},
		{"an answer that is none", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay Address?\nsay Das sieht nicht nach einer E-Mail-Adresse aus.\nhand off \"\" 1\nHANDED_OFF", world{}, []string{"price", "ada", "ada@"}},
		{"on fail", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay Bitte wählen Sie eine der Antworten. [Prix élevés] [Other] [Skip]\nsay Bitte wählen Sie eine der Antworten. [Prix élevés] [Other] [Skip]\nsay Bye\nENDED", world{}, []string{"x", "y", "z"}},
		{"skips and finds", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay See:a,b\nsay Bye\nENDED", world{articles: []string{"a", "b"}}, []string{"skip"}},
		{"finds nothing", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nsay One moment\nhand off \"\" 1\nHANDED_OFF", world{somebody: true}, []string{"other, please"}},
		{"wants a person", "say Hi\nsay About? [Prix élevés] [Other] [Skip]\nhand off \"\" 0\nHANDED_OFF", world{}, []string{"Can I TALK to a person, please?"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := play(t, parse(t, all), &c.world, "Hello", c.answers...); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// BT-4: what is refused at publish, and where.
func TestCheck(t *testing.T) {
	t.Parallel()
	const end = `{"id": "end", "kind": "END"}`
	many := func(n int, text string) string {
		var steps []string
		for i := range n {
			steps = append(steps, fmt.Sprintf(`{"id": "s%d", "kind": "SAY", "markdown": %q, "next": "s%d"}`, i, text, i+1))
		}
		return strings.Join(append(steps, fmt.Sprintf(`{"id": "s%d", "kind": "END"}`, n)), ",")
	}
	for name, c := range map[string]struct{ start, steps, want string }{
		"nothing":           {"a", "", "REQUIRED flow.steps"},
		"too many":          {"s0", many(200, "x"), "TOO_LONG flow.steps"},
		"1 MB":              {"s0", many(100, strings.Repeat("x", 10_000)), "TOO_LONG flow"},
		"a long text":       {"s0", many(1, strings.Repeat("x", 10_001)), "TOO_LONG flow.steps.0.markdown"},
		"an empty text":     {"s0", many(1, " "), "REQUIRED flow.steps.0.markdown"},
		"no start":          {"b", end, "INVALID flow.start"},
		"a bad id":          {"a b", `{"id": "a b", "kind": "END"}`, "INVALID flow.steps.0.id INVALID flow.start"},
		"the same id":       {"end", end + "," + end, "INVALID flow.steps.1.id"},
		"unknown kind":      {"a", `{"id": "a", "kind": "FLY"}`, "INVALID flow.steps.0.kind"},
		"a dead end":        {"a", `{"id": "a", "kind": "SAY", "markdown": "x"}`, "REQUIRED flow.steps.0.next"},
		"no such step":      {"a", `{"id": "a", "kind": "SAY", "markdown": "x", "next": "b"}`, "INVALID flow.steps.0.next"},
		"not reached":       {"end", end + `,{"id": "a", "kind": "END"}`, "INVALID flow.steps.1"},
		"a foreign field":   {"a", `{"id": "a", "kind": "END", "seconds": 3}`, "INVALID flow.steps.0.seconds"},
		"a loop":            {"a", `{"id": "a", "kind": "SAY", "markdown": "x", "next": "b"}, {"id": "b", "kind": "WAIT", "seconds": 1, "next": "a"}`, "INVALID flow.steps.0"},
		"a loop that asks":  {"a", `{"id": "a", "kind": "ASK", "markdown": "x", "next": "b"}, {"id": "b", "kind": "WAIT", "seconds": 1, "next": "a"}`, ""},
		"a long wait":       {"a", `{"id": "a", "kind": "WAIT", "seconds": 604801, "next": "end"},` + end, "INVALID flow.steps.0.seconds"},
		"no choices":        {"a", `{"id": "a", "kind": "ASK", "markdown": "x", "type": "CHOICE", "next": "end"},` + end, "REQUIRED flow.steps.0.choices"},
		"the same choice":   {"a", `{"id": "a", "kind": "ASK", "markdown": "x", "choices": [{"text": "Été"}, {"text": "ete"}], "next": "end"},` + end, "INVALID flow.steps.0.choices.1.text"},
		"a choice ends":     {"a", `{"id": "a", "kind": "ASK", "markdown": "x", "choices": [{"text": "Yes", "next": "end"}, {"text": "No"}]},` + end, "REQUIRED flow.steps.0.next"},
		"all choices go on": {"a", `{"id": "a", "kind": "ASK", "markdown": "x", "choices": [{"text": "Yes", "next": "end"}, {"text": "No", "next": "end"}]},` + end, ""},
		"no condition":      {"a", `{"id": "a", "kind": "BRANCH", "cases": [{"when": [], "next": "end"}], "otherwise": "end"},` + end, "REQUIRED flow.steps.0.cases.0.when"},
		"no value":          {"a", `{"id": "a", "kind": "BRANCH", "cases": [{"when": [{"answer": {"operator": "IS"}}], "next": "end"}], "otherwise": "end"},` + end, "REQUIRED flow.steps.0.cases.0.when.0.lastAnswer.value"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := parse(t, fmt.Sprintf(`{"start": %q, "steps": [%s]}`, c.start, c.steps))
			var got []string
			for _, e := range errs.All(flow.Check(f)) {
				got = append(got, string(e.Code)+" "+strings.Join(e.Field, "."))
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("got %v, want %s", got, c.want)
			}
		})
	}
}

// BT-4: answers of each type.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ kind, text, want string }{
		{"NUMBER", "1,5", "1.5"}, {"NUMBER", "0x1p4", "?"}, {"NUMBER", "NaN", "?"}, {"NUMBER", "1e400", "?"}, {"NUMBER", "-3", "-3"},
		{"DATE", "2026-02-28", "2026-02-28"}, {"DATE", "2026-02-30", "?"}, {"PHONE", "+43 (1) 234 56", "+43 (1) 234 56"}, {"PHONE", "call me", "?"},
		{"EMAIL", " Ada@Example.com ", "ada@example.com"}, {"EMAIL", "a@b@c", "?"}, {"TEXT", " ", "?"}, {"TEXT", "\u200b", "?"}, {"TEXT", strings.Repeat("x", 2001), "?"}, {"TEXT", "Ada", "Ada"},
	} {
		f := parse(t, fmt.Sprintf(`{"start": "a", "steps": [{"id": "a", "kind": "ASK", "markdown": "x", "type": %q, "save": {"object": "CONTACT", "property": "p"}, "next": "e"}, {"id": "e", "kind": "END"}]}`, c.kind))
		got := "?"
		if _, saved, ok := strings.Cut(play(t, f, &world{}, "", c.text), "save p="); ok {
			got = strings.TrimSuffix(saved, "\nENDED")
		}
		if got != c.want {
			t.Errorf("%s %q: got %q, want %q", c.kind, c.text, got, c.want)
		}
	}
}

// BT-4: words of one language may be others, or none.
func TestHandOffWords(t *testing.T) {
	t.Parallel()
	f := parse(t, `{"start": "a", "steps": [{"id": "a", "kind": "END"}], "handOffWords": [{"language": "en", "words": ["Hilfe von oben"]}, {"language": "fr", "words": []}]}`)
	for text, want := range map[string]bool{
		"hilfe VON oben!": true, "human": false, "Mitarbeiter": true, "Mitarbeiterin gesucht": false, "parler à quelqu’un": false,
		"担当者と話したい": true, strings.Repeat("human ", 1000): false, "": false,
	} {
		if got := flow.WantsPerson(f, text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

// BT-4: a flow that may be published ends whatever visitors answer, does the same when it is
// played again, and has no more steps between two answers than it has in all.
func TestAnyFlowEnds(t *testing.T) {
	t.Parallel()
	played := 0
	for seed := range uint64(3000) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		f := randomFlow(rnd)
		if flow.Check(f) != nil {
			continue
		}
		played++
		w := &world{holds: rnd.IntN(2) == 0, somebody: rnd.IntN(2) == 0}
		s, since, texts := flow.Begin(f, ""), 0, []string{"yes", "no", "?", "a@b.example", "7", "human"}
		for range 60 {
			var in flow.Input
			if s.Phase == vocab.FlowAsked {
				in.Text, since = &texts[rnd.IntN(len(texts))], 0
			}
			if s.Phase == vocab.FlowOver {
				break
			}
			e, next, err := flow.Step(t.Context(), f, s, in, w)
			e2, next2, err2 := flow.Step(t.Context(), f, s, in, w)
			if err != nil || err2 != nil || fmt.Sprint(describe(e)) != fmt.Sprint(describe(e2)) || fmt.Sprint(next) != fmt.Sprint(next2) {
				t.Fatalf("seed %d: %v %v, %v %v", seed, next, next2, err, err2)
			}
			if since++; since > 2*len(f.Steps)+1 {
				t.Fatalf("seed %d: %d steps without an answer", seed, since)
			}
			s = next
		}
		if s.Phase == vocab.FlowOver && s.Outcome == "" {
			t.Fatalf("seed %d: it is over without an outcome at %q", seed, s.StepID)
		}
	}
	if played < 100 {
		t.Errorf("%d flows of 3000 could be played", played)
	}
}

func randomFlow(rnd *rand.Rand) *vocab.Flow {
	n := 2 + rnd.IntN(5)
	to := func() *string { return new(fmt.Sprint("s", rnd.IntN(n))) }
	f := &vocab.Flow{Start: "s0"}
	kinds := []vocab.FlowStepKind{vocab.FlowSay, vocab.FlowAsk, vocab.FlowBranch, vocab.FlowWait, vocab.FlowTag, vocab.FlowSearchArticles, vocab.FlowHandOff, vocab.FlowEnd}
	for i := range n {
		s := vocab.FlowStep{ID: fmt.Sprint("s", i), Kind: kinds[rnd.IntN(len(kinds))]}
		switch s.Kind {
		case vocab.FlowSay:
			s.Markdown, s.Next = new("say"), to()
		case vocab.FlowAsk:
			s.Markdown, s.Next = new("ask"), to()
			s.Type = new([]vocab.FlowAnswerType{vocab.AnswerText, vocab.AnswerEmail, vocab.AnswerNumber}[rnd.IntN(3)])
			if rnd.IntN(2) == 0 {
				s.Type, s.Choices = nil, []vocab.FlowChoice{{Text: "Yes", Next: to()}, {Text: "No"}}
			}
			if rnd.IntN(2) == 0 {
				s.OnFail = to()
			}
		case vocab.FlowBranch:
			s.Cases, s.Otherwise = []vocab.FlowCase{{When: []vocab.FlowCondition{{Available: new(true)}}, Next: *to()}}, to()
		case vocab.FlowWait:
			s.Seconds, s.Next = new(1), to()
		case vocab.FlowTag:
			s.Tags, s.Next = []string{"t"}, to()
		case vocab.FlowSearchArticles:
			s.Found, s.NotFound = to(), to()
		case vocab.FlowHandOff:
			if rnd.IntN(2) == 0 {
				s.IfNobody = to()
			}
		}
		f.Steps = append(f.Steps, s)
	}
	return f
}

// BT-4: what Parley says by itself it can say in each language of the widget.
func TestWordsAreInEachLanguage(t *testing.T) {
	t.Parallel()
	var languages []string
	for _, w := range flow.HandOffWords(&vocab.Flow{}) {
		languages = append(languages, w.Language)
	}
	if want := []string{"ar", "de", "en", "es", "fr", "he", "ja"}; !slices.Equal(languages, want) {
		t.Errorf("got %v, want %v", languages, want)
	}
}

// BT-4: of a visitor who goes round and round a flow keeps no more than the last answer to
// each question.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	f := parse(t, `{"start": "a", "steps": [{"id": "a", "kind": "ASK", "markdown": "A?", "next": "b"}, {"id": "b", "kind": "ASK", "markdown": "B?",
		"choices": [{"text": "Again", "next": "a"}, {"text": "End", "next": "end"}]}, {"id": "end", "kind": "END"}]}`)
	s := flow.Begin(f, "Hi")
	for i := range 400 {
		var in flow.Input
		if s.Phase == vocab.FlowAsked {
			words := map[string]string{"a": fmt.Sprint("Round ", i), "b": "Again"}[s.StepID]
			in.Text = &words
		}
		var err error
		if _, s, err = flow.Step(t.Context(), f, s, in, &world{}); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := fmt.Sprint(s.Answers), "[{a A? Round 397} {b B? Again}]"; got != want {
		t.Errorf("kept: %s, want %s", got, want)
	}
}
