package receive_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parley/internal/testkit"
	"parley/internal/testkit/check"
	"parley/internal/testkit/mailroom"
)

// folder holds the corpus: a folder for each scenario, called
// <group>-<nnn>-<name>, with raw mails and want.json.
const folder = "testdata/corpus"

// scenario is a want.json: what comes in and what is done, step by step, and what
// must become of it. Conversations are numbered in the order in which the
// scenario makes them, and so is what the agent sends.
type scenario struct {
	About string   `json:"about"`
	Rules []string `json:"rules"`
	Setup setup    `json:"setup"`
	Steps []step   `json:"steps"`

	dir string
}

// setup is what is there before: the inbox's allow list, blocked addresses,
// contacts that the team wrote to, aliases of the channel, and the address of a
// channel of another inbox.
type setup struct {
	Allow        []string `json:"allow"`
	Blocked      []string `json:"blocked"`
	WrittenTo    []string `json:"writtenTo"`
	Aliases      []string `json:"aliases"`
	OtherChannel string   `json:"otherChannel"`
}

// step is one thing that happens: a mail comes, or the agent does something.
type step struct {
	Mail string `json:"mail"`
	// Other: the mail comes to the other channel.
	Other bool `json:"other"`
	want

	Reply     *reply `json:"reply"`
	Start     *start `json:"start"`
	Redeliver string `json:"redeliver"`
	Close     int    `json:"close"`
	Delete    int    `json:"delete"`
	Purge     int    `json:"purge"`
	Restore   int    `json:"restore"`
	Spam      int    `json:"spam"`
	NotSpam   int    `json:"notSpam"`
	Block     int    `json:"block"`
	Unblock   int    `json:"unblock"`
}

// want is what must become of a mail. What is not given is not compared.
type want struct {
	State        *string   `json:"state"`
	Conversation *int      `json:"conversation"`
	New          *bool     `json:"new"`
	Why          *string   `json:"why"`
	Related      *int      `json:"related"`
	Filtered     *[]string `json:"filtered"`
	Codes        *[]string `json:"codes"`
	Allowed      *string   `json:"allowed"`
	Automatic    *bool     `json:"automatic"`
	Status       *string   `json:"status"`
	Contact      *string   `json:"contact"`
	// Name is the contact's.
	Name        *string `json:"name"`
	Subject     *string `json:"subject"`
	Text        *string `json:"text"`
	Quoted      *string `json:"quoted"`
	Attachments *[]file `json:"attachments"`
	// Problems are their codes, each once.
	Problems *[]string `json:"problems"`
	// Delivery is that of what the agent sent, by its number.
	Delivery map[int]string `json:"delivery"`
}

type file struct {
	Name   string `json:"name"`
	Type   string `json:"type"`
	Inline bool   `json:"inline"`
}

type reply struct {
	Conversation int      `json:"conversation"`
	Text         string   `json:"text"`
	Cc           []string `json:"cc"`
}

type start struct {
	To      []string `json:"to"`
	Subject string   `json:"subject"`
	Text    string   `json:"text"`
}

// Mail as it comes, with its thread, verdict, visible text and files (EM-4,
// EM-5, IN-7, IN-9 to IN-11, IN-20, pitfalls 4 to 9 and 16).
func TestCorpus(t *testing.T) {
	t.Parallel()
	for _, s := range scenarios(t) {
		t.Run(filepath.Base(s.dir), func(t *testing.T) {
			t.Parallel()
			testkit.SharedDatabase(t, func(t *testing.T, db testkit.Database) { (&play{world: newWorld(t, db), scenario: s}).run() })
		})
	}
}

// Each scenario says what it is about and looks at the whole of each mail, so
// that none passes by saying nothing; each mail is used.
func TestCorpusSaysAll(t *testing.T) {
	t.Parallel()
	mails := 0
	for _, s := range scenarios(t) {
		name := filepath.Base(s.dir)
		if s.About == "" || len(s.Rules) == 0 || len(s.Steps) == 0 {
			t.Errorf("%s: about, rules or steps are missing", name)
		}
		unused := check.Must(filepath.Glob(filepath.Join(s.dir, "*.eml")))(t)
		mails += len(unused)
		for i, step := range s.Steps {
			if step.Mail == "" {
				continue
			}
			unused = slices.DeleteFunc(unused, func(f string) bool { return filepath.Base(f) == step.Mail })
			if w := step.want; w.Text == nil || w.Filtered == nil || w.Attachments == nil || w.Conversation == nil || w.New == nil {
				t.Errorf("%s: step %d leaves out text, filtered, attachments, conversation or new", name, i+1)
			}
		}
		if len(unused) > 0 {
			t.Errorf("%s: no step uses %v", name, unused)
		}
	}
	if mails < 300 {
		t.Errorf("the corpus has %d mails", mails)
	}
}

// scenarios reads the corpus. Unknown fields are errors, so that no expectation
// is lost to a slip of the pen.
func scenarios(t *testing.T) []scenario {
	t.Helper()
	dirs := check.Must(filepath.Glob(filepath.Join(folder, "*-*")))(t)
	if len(dirs) == 0 {
		t.Fatal("there is no corpus")
	}
	var list []scenario
	for _, dir := range dirs {
		raw := check.Must(os.ReadFile(filepath.Join(dir, "want.json")))(t)
		s := scenario{dir: dir}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		if err := d.Decode(&s); err != nil {
			t.Fatalf("%s: %v", filepath.Base(dir), err)
		}
		list = append(list, s)
	}
	return list
}

// raw reads a mail of the scenario, with its line ends and what stands for what
// was sent.
func (p *play) raw(name string) string {
	p.T.Helper()
	raw := string(check.Must(os.ReadFile(filepath.Join(p.scenario.dir, name)))(p.T))
	if strings.Contains(raw, "{{") {
		raw = strings.NewReplacer(p.sent...).Replace(raw)
	}
	if strings.HasSuffix(name, ".raw.eml") {
		return raw
	}
	return mailroom.CRLF(raw)
}
