package bot

import (
	"context"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/flow"
	"parley/internal/library"
	"parley/internal/property"
	"parley/internal/routing"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	// maxFound is how many articles a bot shows at once.
	maxFound = 3
	// maxQuestion is the most characters of a question for which articles are looked for.
	maxQuestion = 200
)

// world answers what a flow asks in a conversation.
type world struct {
	bots *Service
	c    *ent.Conversation
	now  clock.Micros
	// language is the visitor's; proved: what the contact has may show itself (CH-9).
	language string
	proved   bool
	// somebody is what a trial assumes; nil: it is looked up.
	somebody *bool
}

func (s *Service) worldOf(ctx context.Context, c *ent.Conversation, now clock.Micros) (*world, error) {
	k, err := s.deps.Chats.Knows(ctx, c)
	return &world{bots: s, c: c, now: now, language: k.Language, proved: k.Proved}, err
}

// Language is the visitor's.
func (w *world) Language() string { return w.language }

// Holds reports whether conditions all hold. What a contact has counts only where the
// visitor proved who they are (CH-9).
func (w *world) Holds(ctx context.Context, when []vocab.FlowCondition) (bool, error) {
	var routed []vocab.RoutingCondition
	for _, c := range when {
		met := true
		var err error
		switch {
		case c.Routing != nil:
			routed = append(routed, *c.Routing)
		case c.Available != nil:
			var there bool
			there, err = w.isSomeoneThere(ctx)
			met = there == *c.Available
		case c.Conversation != nil:
			met, err = w.hasProperty(ctx, *c.Conversation)
		}
		if err != nil || !met {
			return false, err
		}
	}
	if len(routed) == 0 {
		return true, nil
	}
	c := *w.c
	if !w.proved {
		c.ContactID = ""
	}
	visitorID := c.VisitorID
	c.VisitorID = "" // its language is known
	rules := rulesOf(routed)
	facts, err := w.router(ctx).ReadFacts(ctx, &c, rules)
	if err != nil {
		return false, err
	}
	c.VisitorID, facts.Language = visitorID, w.language
	number, _ := routing.Pick(rules, facts)
	return number == 1, nil
}

func (w *world) router(ctx context.Context) routing.Router {
	return routing.Router{Client: w.bots.store.Client(ctx), Query: w.bots.store.Query, Now: w.now}
}

func (w *world) isSomeoneThere(ctx context.Context) (bool, error) {
	if w.somebody != nil {
		return *w.somebody, nil
	}
	return w.bots.deps.Chats.IsSomeoneThere(ctx, w.c)
}

// hasProperty reports whether the conversation meets a condition. What does not fit its
// property any longer is met by none.
//
//errors:contained
func (w *world) hasProperty(ctx context.Context, c vocab.PropertyCondition) (bool, error) {
	client := w.bots.store.Client(ctx)
	known, err := property.Find(ctx, client, vocab.PropertyOfConversation, []vocab.PropertyCondition{c})
	if err != nil {
		return false, err
	}
	_, test, err := known.CheckOne(c)
	if err != nil {
		if errs.Of(err) != nil {
			return false, nil
		}
		return false, err
	}
	met, err := property.Met(ctx, client, w.c.ID, []property.Test{test})
	return err == nil && met[0], err
}

// FindArticles finds articles that everyone may read: first in the visitor's language.
func (w *world) FindArticles(ctx context.Context, query string) ([]string, error) {
	if runes := []rune(query); len(runes) > maxQuestion {
		query = string(runes[:maxQuestion])
	}
	search := library.ArticleSearch{Query: query, Audiences: []vocab.ArticleAudience{vocab.ArticlePublic}, Language: w.language, First: maxFound}
	hits, err := w.bots.deps.Library.SearchArticles(ctx, search)
	if err == nil && len(hits) == 0 && w.language != "" {
		search.Language = ""
		hits, err = w.bots.deps.Library.SearchArticles(ctx, search)
	}
	var ids []string
	for _, h := range hits {
		ids = append(ids, h.ID)
	}
	return ids, err
}

// sayConnecting gives a hand-off without a text of its own one for the visitor, unless they
// read that no one is there (BT-2).
func (w *world) sayConnecting(ctx context.Context, f *vocab.Flow, e *flow.Effect) error {
	if e.HandOff == nil || e.Say != nil {
		return nil
	}
	there, err := w.takesOver(ctx, f, e.HandOff)
	if there {
		e.Say = &flow.Say{Markdown: flow.Connecting(w.language)}
	}
	return err
}

// complete has a step say what it says in this conversation: a hand-off something at all, and
// placeholders what they stand for (CH-9).
func (w *world) complete(ctx context.Context, f *vocab.Flow, e *flow.Effect) error {
	if err := w.sayConnecting(ctx, f, e); err != nil || e.Say == nil {
		return err
	}
	said := *e.Say
	var err error
	said.Markdown, err = w.bots.deps.Library.FillOwnText(ctx, library.Occasion{Conversation: w.c, AuthorID: w.c.BotID, Unproved: !w.proved}, said.Markdown)
	e.Say = &said
	return err
}

// takesOver reports whether someone takes a hand-off at once, or is there to and the bot has
// nothing to say of their absence.
func (w *world) takesOver(ctx context.Context, f *vocab.Flow, h *flow.HandOff) (bool, error) {
	step := &vocab.FlowStep{}
	if own, _ := f.Step(h.StepID); own != nil {
		step = own
	}
	if there, err := w.Somebody(ctx, step); there || err != nil {
		return there, err
	}
	if there, err := w.isSomeoneThere(ctx); !there || err != nil {
		return false, err
	}
	b, err := w.bots.store.Client(ctx).Bot.Get(ctx, w.c.BotID)
	return err == nil && b.NobodyAvailableText == "", err
}

// Somebody reports whether someone can take the conversation at once.
func (w *world) Somebody(ctx context.Context, step *vocab.FlowStep) (bool, error) {
	if w.somebody != nil {
		return *w.somebody, nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("routing", w.c.AccountID))
	rules, err := w.bots.deps.Conversations.RulesOf(ctx, w.c)
	if step.Routing != nil {
		rules = *step.Routing
	}
	if err != nil || len(rules.Rules) == 0 {
		return false, err
	}
	d, err := w.router(ctx).Decide(ctx, w.c, rules, routing.Case{OnlyAvailable: true})
	return d.AssigneeID != "", err
}
