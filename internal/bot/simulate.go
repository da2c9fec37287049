package bot

import (
	"context"
	"strconv"
	"unicode/utf8"

	"parley/ent"
	"parley/internal/channel/chat/visitor"
	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/id"
	"parley/internal/loader"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxAnswers is how many answers a trial has.
	maxAnswers = 100
	// maxSimulated is how many steps a trial makes: answers, and a flow's steps between them.
	maxSimulated = 2_000
	// maxWritten is the most characters of what a visitor writes in a trial.
	maxWritten = 2_000
)

// Simulate plays a flow with given answers, and writes nothing (BT-5). Errors: NOT_FOUND on
// flow.botId, inboxId and contactId; INVALID for a bot without a flow; those of cleanFlow;
// TOO_LONG.
func (s *Service) Simulate(ctx context.Context, in SimulateBotInput) (*Simulation, error) {
	texts, err := writtenIn(in)
	if err != nil {
		return nil, err
	}
	w, err := s.imagine(ctx, in)
	if err != nil {
		return nil, err
	}
	f, err := s.flowToTry(ctx, in.Flow)
	if err != nil {
		return nil, err
	}
	ctx = viewer.NewContext(ctx, viewer.System("bot", w.c.AccountID))
	t := &trial{f: f, w: w, Simulation: Simulation{Messages: []*SimulatedMessage{}, Properties: []*SimulatedProperty{}, Tags: []string{}, Steps: []string{}}}
	return &t.Simulation, t.run(ctx, texts)
}

// writtenIn is what the visitor of a trial writes, in order.
func writtenIn(in SimulateBotInput) ([]string, error) {
	first := "Hello"
	if in.FirstMessage != nil {
		first = *in.FirstMessage
	}
	if n := len(in.Answers); n > maxAnswers {
		return nil, errs.Exceeds(maxAnswers, "A trial has at most %d answers.", maxAnswers).On("answers")
	}
	texts := append([]string{first}, in.Answers...)
	for i, text := range texts {
		if n := utf8.RuneCountInString(text); n > maxWritten {
			path := []string{"answers", strconv.Itoa(i - 1)}
			if i == 0 {
				path = []string{"firstMessage"}
			}
			return nil, errs.Exceeds(maxWritten, "The text has %d characters; at most %d are allowed.", n, maxWritten).On(path...)
		}
	}
	return texts, nil
}

func (s *Service) flowToTry(ctx context.Context, in SimulatedFlowInput) (*vocab.Flow, error) {
	client := s.store.Client(ctx)
	if in.Flow != nil {
		f, err := s.cleanFlow(ctx, client, *in.Flow)
		return &f, below(err, "flow")
	}
	if in.BotID == nil {
		return nil, errs.New(errs.Required, "Pass botId or flow.").On("flow")
	}
	b, err := load(ctx, client, *in.BotID)
	if err != nil {
		return nil, below(err, "flow")
	}
	if b.FlowVersion == 0 {
		return nil, errs.New(errs.Invalid, "%s has no flow: publish one, or pass it as flow.", b.Name).On("flow", "botId")
	}
	of, err := versionOf(ctx, client, b.ID, b.FlowVersion)
	if err != nil {
		return nil, err
	}
	return &of.Flow, nil
}

// imagine is the world of a trial: a conversation that there is not.
func (s *Service) imagine(ctx context.Context, in SimulateBotInput) (*world, error) {
	client := s.store.Client(ctx)
	there := in.SomeoneThere == nil || *in.SomeoneThere
	w := &world{bots: s, now: s.store.Now(), somebody: &there, c: &ent.Conversation{AccountID: viewer.FromContext(ctx).AccountID, Kind: vocab.Chat, Status: vocab.Open}}
	if in.At != nil {
		w.now = *in.At
	}
	if in.Language != nil {
		w.language = *in.Language
	}
	if in.PageURL != nil {
		w.c.OriginURL = *in.PageURL
	}
	if in.Flow.BotID != nil && id.Is(*in.Flow.BotID, id.Bot) {
		w.c.BotID = *in.Flow.BotID
	}
	if in.InboxID != nil {
		found, err := client.Inbox.Get(ctx, *in.InboxID)
		if ent.IsNotFound(err) {
			return nil, errs.New(errs.NotFound, "There is no inbox %q.", errs.Clip(*in.InboxID)).On("inboxId")
		}
		if err != nil {
			return nil, err
		}
		w.c.InboxID = found.ID
	}
	if in.ContactID != nil {
		if !id.Is(*in.ContactID, id.Contact) {
			return nil, unknownContact(*in.ContactID)
		}
		known, err := loader.Contact(ctx, client, *in.ContactID)
		if ent.IsNotFound(err) {
			return nil, unknownContact(*in.ContactID)
		}
		if err != nil {
			return nil, err
		}
		w.c.ContactID, w.proved = known.ID, true
	}
	return w, nil
}

func unknownContact(contactID string) error {
	return errs.New(errs.NotFound, "There is no contact %q.", errs.Clip(contactID)).On("contactId")
}

// trial is a simulation as it runs.
type trial struct {
	f *vocab.Flow
	w *world
	Simulation
}

func (t *trial) run(ctx context.Context, texts []string) error {
	s := flow.Begin(t.f, texts[0])
	t.addMessage(vocab.Incoming, s.StepID, texts[0], nil, nil)
	texts = texts[1:]
	if flow.WantsPerson(t.f, s.LastAnswer) {
		return t.step(ctx, &s, flow.Input{Text: &s.LastAnswer})
	}
	for range maxSimulated {
		var in flow.Input
		switch {
		case s.Phase == vocab.FlowOver:
			return nil
		case s.Phase == vocab.FlowAsked && len(texts) == 0:
			return nil
		case s.Phase == vocab.FlowAsked:
			t.addMessage(vocab.Incoming, s.StepID, texts[0], nil, nil)
			in.Text, texts = &texts[0], texts[1:]
		}
		if err := t.step(ctx, &s, in); err != nil {
			return err
		}
	}
	return nil
}

func (t *trial) step(ctx context.Context, s *flow.State, in flow.Input) error {
	at := s.StepID
	if s.Phase == vocab.FlowDue {
		t.Steps = append(t.Steps, at)
	}
	e, next, err := flow.Step(ctx, t.f, *s, in, t.w)
	if err != nil {
		return err
	}
	if err := t.w.complete(ctx, t.f, &e); err != nil {
		return err
	}
	*s = next
	t.noteEffect(at, e)
	t.SecondsWaited += int(next.Wait.Seconds())
	if next.Phase == vocab.FlowOver {
		t.Outcome = &next.Outcome
	}
	return nil
}

// noteEffect notes what a step would do.
func (t *trial) noteEffect(at string, e flow.Effect) {
	if e.Say != nil {
		t.addMessage(vocab.Outgoing, at, e.Say.Markdown, e.Say.QuickReplies, e.Say.ItemIDs)
	}
	if e.Save != nil {
		t.Properties = append(t.Properties, &SimulatedProperty{e.Save.To.Object, e.Save.To.Property, e.Save.Value})
	}
	t.Tags = append(t.Tags, e.Tags...)
	t.CreatesTicket = t.CreatesTicket || e.Ticket != nil
	if e.HandOff != nil {
		if text := answersNote(e.HandOff.Answers); text != "" {
			t.addMessage(vocab.Note, at, text, nil, nil)
		}
	}
}

func (t *trial) addMessage(d vocab.MessageDirection, at, text string, replies []vocab.QuickReply, items []string) {
	m := &SimulatedMessage{Direction: d, StepID: at, Markdown: text, QuickReplies: replies, LibraryItemIDs: items}
	t.Messages = append(t.Messages, m)
}

var _ Chats = (*visitor.Service)(nil)
