package transcript

import (
	"context"
	"html/template"
	"strconv"
	"strings"
	ttemplate "text/template"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	entcontact "parley/ent/contact"
	entconversation "parley/ent/conversation"
	"parley/internal/channel/chat/wording"
	"parley/internal/conversation"
	"parley/internal/errs"
	"parley/internal/event"
	"parley/internal/id"
	"parley/internal/mail"
	"parley/internal/reaction"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	ratingAudience = "parley-rating"
	// ratingTTL is how long the link of a question is valid; that a close may be rated ends
	// before.
	ratingTTL = 31 * 24 * time.Hour
	// askAfter is how long after a close the contact is asked by a mail of its own: who
	// closed by mistake, or is answered at once, opens again.
	askAfter = 10 * time.Minute
)

// ratingClaims are those of the link by which a contact answers.
type ratingClaims struct {
	Account  string `json:"acc"`
	Rating   string `json:"rat"`
	Language string `json:"lng"`
	jwt.RegisteredClaims
}

// Asker has a contact asked about a conversation that was closed: by a message in a live
// custom channel; otherwise, and where no message reaches them there, by a mail of its own,
// which it queues.
func (s *Service) Asker() reaction.Consumer {
	return reaction.Consumer{Name: "ask-ratings", Types: []vocab.EventType{vocab.ConversationClosed}, Handle: s.askAfterClose}
}

func (s *Service) askAfterClose(ctx context.Context, e *event.Entry) error {
	if e.OccurredAt < s.store.Now().Add(-closedWithin) {
		return nil
	}
	ctx = viewer.NewContext(ctx, viewer.System("rating", e.AccountID))
	c, settings, err := s.closed(ctx, e.ConversationID)
	if err != nil || c == nil {
		return err
	}
	inChannel := c.Kind == vocab.CustomLive && conversation.AskedIn(c, settings, vocab.RatingInChat, s.store.Now())
	byMail := conversation.AskedIn(c, settings, vocab.RatingByMail, s.store.Now())
	if !inChannel && !byMail {
		return nil
	}
	return reaction.Once(ctx, s.store, func(ctx context.Context, tx *store.Tx) error {
		if inChannel {
			unreached, err := s.conversations.AskInChannel(ctx, tx, c.ID, id.New(id.Message), writeQuestion)
			if err != nil || !unreached || !byMail {
				return err
			}
		}
		tx.Enqueue(store.Job{Args: AskArgs{AccountID: e.AccountID, ConversationID: e.ConversationID, Reopened: c.ReopenCount}, At: tx.Now().Add(askAfter).Time()})
		return nil
	})
}

// writeQuestion asks in a custom channel, in the contact's language.
func writeQuestion(ctx context.Context, tx *store.Tx, c *ent.Conversation, scale vocab.RatingScale) (string, []vocab.QuickReply, error) {
	box, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return "", nil, err
	}
	to, err := tx.Client.Contact.Query().Where(entcontact.ID(c.ContactID)).Only(ctx)
	if err != nil && !ent.IsNotFound(err) {
		return "", nil, err
	}
	language := ""
	if to != nil {
		language = to.Language
	}
	w := wordsIn(language)
	var replies []vocab.QuickReply
	for _, one := range choicesOf(scale, w) {
		replies = append(replies, vocab.QuickReply{Text: one.Text, Value: one.Text})
	}
	return questionOf(box, w), replies, nil
}

// closed is a conversation with the settings of its inbox; nil: it is gone.
func (s *Service) closed(ctx context.Context, conversationID string) (*ent.Conversation, vocab.InboxSettings, error) {
	client := s.store.Client(ctx)
	c, err := client.Conversation.Query().Where(entconversation.ID(conversationID)).Only(ctx)
	if ent.IsNotFound(err) {
		return nil, vocab.InboxSettings{}, nil
	}
	if err != nil {
		return nil, vocab.InboxSettings{}, err
	}
	box, err := client.Inbox.Get(ctx, c.InboxID)
	if err != nil {
		return nil, vocab.InboxSettings{}, err
	}
	return c, box.Settings, nil
}

// AskArgs are the arguments of the job that asks a contact by mail.
type AskArgs struct {
	AccountID      string `json:"accountId"`
	ConversationID string `json:"conversationId"`
	// Reopened is how often it had been opened again: a later close is another question.
	Reopened int `json:"reopened"`
}

// Kind names the job.
func (AskArgs) Kind() string { return "ask-rating" }

// Ask mails the question about a close, unless the conversation was opened again, or its
// contact was asked or answered already. It is the worker of AskArgs, and may run again.
func (s *Service) Ask(ctx context.Context, args AskArgs) error {
	ctx = viewer.NewContext(ctx, viewer.System("rating", args.AccountID))
	return s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		c, err := tx.Client.Conversation.Query().Where(entconversation.ID(args.ConversationID)).Modify(store.ForUpdate).Only(ctx)
		if ent.IsNotFound(err) || err == nil && c.ReopenCount != args.Reopened {
			return nil
		}
		if err != nil {
			return err
		}
		asked, err := s.conversations.WasAsked(ctx, tx, c)
		if err != nil || asked {
			return err
		}
		if enough, err := s.conversations.HasRatingMail(ctx, tx, c); err != nil || enough {
			return err
		}
		return s.mailQuestion(ctx, tx, c)
	})
}

// question is a letter that asks for a rating, and nothing else.
type question struct {
	Words  words
	Intro  string
	Rating *asking
}

func (s *Service) mailQuestion(ctx context.Context, tx *store.Tx, c *ent.Conversation) error {
	box, err := tx.Client.Inbox.Get(ctx, c.InboxID)
	if err != nil || box.DeletedAt.IsSet() || !conversation.AskedIn(c, box.Settings, vocab.RatingByMail, tx.Now()) {
		return err
	}
	notice, q, err := s.address(ctx, tx, c, box)
	if err != nil || notice == nil {
		return err
	}
	if q.Rating, err = s.asking(ctx, tx, c, box, vocab.RatingByMail, q.Words); err != nil || q.Rating == nil {
		return err
	}
	var text, html strings.Builder
	if err := plainQuestion.Execute(&text, q); err != nil {
		return err
	}
	if err := markupQuestion.Execute(&html, q); err != nil {
		return err
	}
	notice.Text, notice.HTML = text.String(), html.String()
	notice.About = &mail.About{AccountID: c.AccountID, ContactID: c.ContactID, VisitorID: c.VisitorID}
	mail.Post(tx, *notice)
	return nil
}

// address is the letter to the visitor of a chat or to the contact of another conversation,
// from the mailbox to which they answer; nil: there is no address, or nothing is sent there.
func (s *Service) address(ctx context.Context, tx *store.Tx, c *ent.Conversation, box *ent.Inbox) (*mail.Notice, *question, error) {
	team := box.Name
	notice, q := &mail.Notice{}, &question{}
	if c.Kind != vocab.Chat {
		to, err := tx.Client.Contact.Query().Where(entcontact.ID(c.ContactID)).Only(ctx)
		if ent.IsNotFound(err) || err == nil && to.Email == "" {
			return nil, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		back, err := s.visitors.Thread(ctx, tx, c, newName())
		if err != nil {
			return nil, nil, err
		}
		notice.To, q.Words = to.Email, wordsIn(to.Language)
		back.Address(notice)
	} else {
		me, err := tx.Client.Visitor.Get(ctx, c.VisitorID)
		if err != nil || me.Email == "" {
			return nil, nil, err
		}
		if withdrawn, err := s.visitors.HasWithdrawn(ctx, tx, me); err != nil || withdrawn {
			return nil, nil, err
		}
		if enough, err := s.visitors.HasEnough(ctx, me); err != nil || enough {
			return nil, nil, err
		}
		channel, err := tx.Client.Channel.Get(ctx, c.ChannelID)
		if err != nil || channel.RemovedAt.IsSet() {
			return nil, nil, err
		}
		back, err := s.visitors.WayBack(ctx, tx, c, me, c.VisitorReadNumber, newName())
		if err != nil {
			return nil, nil, err
		}
		if team, err = s.visitors.TeamOf(ctx, tx, c); err != nil {
			return nil, nil, err
		}
		notice.To, q.Words = me.Email, wordsIn(wording.For(channel.Texts, me.Language).Locale)
		back.Address(notice)
	}
	team = strings.Join(strings.Fields(team), " ")
	notice.Subject, q.Intro = wording.Fill(q.Words.RateSubject, "team", team), wording.Fill(q.Words.RateIntro, "team", team)
	return notice, q, nil
}

// asking is a question in a letter.
type asking struct {
	Question string
	Link     string
	Choices  []choice
}

// choice is an answer; Link leads to the question's page, where it is chosen already.
type choice struct {
	Score            int
	Text, Name, Link string
}

// asking asks in a letter; nil: the contact is not asked there, or answered.
func (s *Service) asking(ctx context.Context, tx *store.Tx, c *ent.Conversation, box *ent.Inbox, medium vocab.RatingMedium, w words) (*asking, error) {
	r, err := s.conversations.AskRating(ctx, tx, c, box.Settings, medium)
	if err != nil || r == nil {
		return nil, err
	}
	token, err := s.ratings.Sign(&ratingClaims{Account: c.AccountID, Rating: r.ID, Language: w.Language, RegisteredClaims: s.ratings.Registered(ratingTTL)})
	if err != nil {
		return nil, err
	}
	a := &asking{Question: questionOf(box, w), Link: s.publicURL + "/ratings/" + token}
	a.Choices = choicesOf(r.Scale, w)
	for i := range a.Choices {
		a.Choices[i].Link = a.Link + "?score=" + strconv.Itoa(a.Choices[i].Score)
	}
	return a, nil
}

func questionOf(box *ent.Inbox, w words) string {
	if r := box.Settings.Rating; r != nil && r.Question != "" {
		return r.Question
	}
	return w.Rate
}

// choicesOf are the answers of a scale, the best one of thumbs first.
func choicesOf(scale vocab.RatingScale, w words) []choice {
	if scale == vocab.RatingThumbs {
		return []choice{{Score: vocab.MaxScore, Text: "👍", Name: w.RateGood}, {Score: 1, Text: "👎", Name: w.RateBad}}
	}
	list := make([]choice, vocab.MaxScore)
	for i := range list {
		n := strconv.Itoa(i + 1)
		list[i] = choice{Score: i + 1, Text: n, Name: wording.Fill(w.RateScore, "score", n)}
	}
	return list
}

// RatingPage is what the page of a question shows: the question with its answers, or, with
// Text only, what became of it.
type RatingPage struct {
	Language, Direction string
	Question            string
	Choices             []choice
	// Chosen is the score that is chosen already; 0: none.
	Chosen int
	// Comment names the field for a text, and Typed is what it has.
	Comment, Typed string
	Send           string
	Text           string
}

// AskedPage is the page of the question that a link names, with a score chosen. It changes
// nothing: scanners of mails follow links. An *errs.Error says that the link is not valid.
func (s *Service) AskedPage(ctx context.Context, token string, chosen int) (*RatingPage, error) {
	ctx, claims, err := s.verifyRating(ctx, token)
	if err != nil {
		return nil, err
	}
	w := wordsIn(claims.Language)
	r, err := s.conversations.AskedRating(ctx, claims.Rating)
	if errs.Is(err, errs.NotFound) {
		return w.says(w.RateGone), nil
	}
	if err != nil {
		return nil, err
	}
	if r.Score > 0 {
		return w.says(w.RateGiven), nil
	}
	box, err := s.store.Client(ctx).Inbox.Get(ctx, r.InboxID)
	if err != nil {
		return nil, err
	}
	p := w.says("")
	p.Question, p.Choices, p.Comment, p.Send = questionOf(box, w), choicesOf(r.Scale, w), w.RateComment, w.RateSend
	if r.Scale.Has(chosen) {
		p.Chosen = chosen
	}
	return p, nil
}

// AnswerPage keeps an answer, and returns the page that says so.
func (s *Service) AnswerPage(ctx context.Context, token string, score int, comment string) (*RatingPage, error) {
	ctx, claims, err := s.verifyRating(ctx, token)
	if err != nil {
		return nil, err
	}
	w := wordsIn(claims.Language)
	err = s.conversations.RateByMail(ctx, claims.Rating, score, comment)
	switch {
	case err == nil:
		return w.says(w.RateThanks), nil
	case errs.Is(err, errs.NotFound):
		return w.says(w.RateGone), nil
	case errs.Is(err, errs.AlreadyExists):
		return w.says(w.RateGiven), nil
	case !errs.Is(err, errs.Invalid) && !errs.Is(err, errs.TooLong):
		return nil, err
	}
	p, wrong := s.AskedPage(ctx, token, score)
	if wrong != nil {
		return nil, wrong
	}
	if p.Text = errs.Of(err).Message; p.Chosen == 0 {
		p.Text = w.RateChoose
	}
	p.Typed = comment
	return p, nil
}

func (w words) says(text string) *RatingPage {
	return &RatingPage{Language: w.Language, Direction: w.Direction, Text: text}
}

func (s *Service) verifyRating(ctx context.Context, token string) (context.Context, *ratingClaims, error) {
	c := &ratingClaims{}
	if s.ratings.Verify(token, c) != nil {
		return nil, nil, errs.New(errs.Invalid, "The link is incomplete or has expired. Open it from the e-mail again.")
	}
	return viewer.NewContext(ctx, viewer.System("rating", c.Account)), c, nil
}

const plainAsking = `{{define "asking"}}{{.Question}}
{{range .Choices}}
{{.Text}} {{.Name}}: {{.Link}}{{end}}
{{end}}`

const markupAsking = `{{define "asking"}}<div style="margin:20px 0"><p style="margin:0 0 10px;font-weight:600" dir="auto">{{.Question}}</p>
<p style="margin:0">{{range .Choices}}<a href="{{.Link}}" title="{{.Name}}" style="display:inline-block;margin:0 6px 6px 0;padding:8px 14px;border:1px solid #d9dde3;border-radius:8px;color:#17191d;text-decoration:none">{{.Text}}</a>{{end}}</p></div>
{{end}}`

var (
	plainQuestion = ttemplate.Must(ttemplate.New("plain question").Parse(plainAsking + `{{.Intro}}

{{template "asking" .Rating}}`))
	markupQuestion = template.Must(template.New("markup question").Parse(markupAsking + `<!doctype html>
<html lang="{{.Words.Language}}" dir="{{.Words.Direction}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0;padding:16px;background:#f1f3f6;color:#17191d;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:600px;margin:0 auto;padding:24px;background:#fff;border:1px solid #d9dde3;border-radius:12px">
<p style="margin:0 0 20px" dir="auto">{{.Intro}}</p>
{{template "asking" .Rating}}</div>
</body></html>
`))
)
