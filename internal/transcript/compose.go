package transcript

import (
	"context"
	"html/template"
	"strings"
	ttemplate "text/template"

	"parley/ent"
	"parley/internal/availability"
	"parley/internal/channel/chat/wording"
	"parley/internal/library/card"
	"parley/internal/mail"
	"parley/internal/store"
	"parley/internal/vocab"
)

// page is what the letter's templates show.
type page struct {
	Words      words
	Intro      string
	TimesIn    string
	Cut        bool
	Messages   []said
	Link       string
	Once       bool // it works once, for its reader only
	Answerable bool
	Rating     *asking // nil: nothing is asked
	Refusal    string
}

type said struct {
	Author, Time, Text string
	Mine               bool
	Files              []file
}

type file struct{ Name, URL string }

const plain = plainAsking + `{{.Intro}}
{{if .Cut}}
{{.Words.Cut}}
{{end}}{{range .Messages}}
{{.Author}}, {{.Time}}
{{with .Text}}{{.}}
{{end}}{{range .Files}}{{.Name}}{{with .URL}}: {{.}}{{end}}
{{end}}{{end}}
{{.TimesIn}}
{{with .Link}}
{{$.Words.GoOn}}
{{.}}
{{if $.Once}}{{$.Words.Only}}
{{end}}{{end}}{{if .Answerable}}
{{.Words.Answer}}
{{end}}{{with .Rating}}
{{template "asking" .}}{{end}}
--
{{.Words.Refuse}}
{{.Refusal}}
`

const markup = markupAsking + `<!doctype html>
<html lang="{{.Words.Language}}" dir="{{.Words.Direction}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body style="margin:0;padding:16px;background:#f1f3f6;color:#17191d;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif">
<div style="max-width:600px;margin:0 auto;padding:24px;background:#fff;border:1px solid #d9dde3;border-radius:12px">
<p style="margin:0 0 20px">{{.Intro}}</p>
{{if .Cut}}<p style="margin:0 0 20px;color:#565d68">{{.Words.Cut}}</p>
{{end}}{{range .Messages}}<div style="margin:0 0 14px;padding:10px 14px;border-radius:10px;background:{{if .Mine}}#e8eefc{{else}}#f1f3f6{{end}}">
<p style="margin:0 0 4px;color:#565d68;font-size:14px"><b style="color:#17191d" dir="auto">{{.Author}}</b> · {{.Time}}</p>
{{with .Text}}<div dir="auto" style="white-space:pre-wrap;overflow-wrap:anywhere">{{.}}</div>
{{end}}{{range .Files}}<p style="margin:6px 0 0;overflow-wrap:anywhere">{{if .URL}}<a href="{{.URL}}" style="color:#1f4fd8">{{.Name}}</a>{{else}}{{.Name}}{{end}}</p>
{{end}}</div>
{{end}}<p style="margin:20px 0;color:#565d68;font-size:14px">{{.TimesIn}}</p>
{{with .Link}}<p style="margin:20px 0"><a href="{{.}}" style="display:inline-block;padding:10px 18px;border-radius:8px;background:#1f4fd8;color:#fff;text-decoration:none;font-weight:600">{{$.Words.GoOn}}</a></p>
{{if $.Once}}<p style="margin:-8px 0 20px;color:#565d68;font-size:14px">{{$.Words.Only}}</p>
{{end}}{{end}}{{if .Answerable}}<p style="margin:20px 0">{{.Words.Answer}}</p>
{{end}}{{with .Rating}}{{template "asking" .}}{{end}}</div>
<p style="max-width:600px;margin:16px auto 0;color:#565d68;font-size:13px;text-align:center"><a href="{{.Refusal}}" style="color:#565d68">{{.Words.Refuse}}</a></p>
</body></html>
`

var (
	plainLetter  = ttemplate.Must(ttemplate.New("plain").Parse(plain))
	markupLetter = template.Must(template.New("markup").Parse(markup))
)

// compose writes the letter, in the visitor's language, as plain text and as HTML.
func (s *Service) compose(ctx context.Context, tx *store.Tx, ch *chat, l letter) (mail.Notice, error) {
	p := page{Words: wordsFor(ch), Cut: ch.cut}
	p.TimesIn = wording.Fill(p.Words.TimesIn, "zone", ch.zone())
	notice := mail.Notice{To: l.address, Subject: l.subject}
	if notice.Subject == "" {
		notice.Subject = wording.Fill(p.Words.Subject, "inbox", ch.inbox.Name)
	}
	team, err := s.visitors.TeamOf(ctx, tx, ch.c)
	if err != nil {
		return notice, err
	}
	p.Intro = wording.Fill(p.Words.Intro, "team", team)
	if p.Messages, err = s.said(ctx, ch, p); err != nil {
		return notice, err
	}
	if err := s.addReturn(ctx, tx, ch, l, &p, &notice); err != nil {
		return notice, err
	}
	if p.Refusal, err = s.refusal(l.to, p.Words.Language); err != nil {
		return notice, err
	}
	notice.Unsubscribe = p.Refusal
	if l.own {
		if p.Rating, err = s.asking(ctx, tx, ch.c, ch.inbox, vocab.RatingInTranscript, p.Words); err != nil {
			return notice, err
		}
	}
	var text, html strings.Builder
	if err := plainLetter.Execute(&text, p); err != nil {
		return notice, err
	}
	if err := markupLetter.Execute(&html, p); err != nil {
		return notice, err
	}
	notice.Text, notice.HTML = text.String(), html.String()
	return notice, nil
}

// addReturn adds the way back to the chat: for its visitor one that opens it, for others
// the page only. Their answers are no words of the visitor's.
func (s *Service) addReturn(ctx context.Context, tx *store.Tx, ch *chat, l letter, p *page, notice *mail.Notice) (err error) {
	if !l.own {
		p.Link, err = s.visitors.PageOf(ctx, tx, ch.c)
		return err
	}
	back, err := s.visitors.WayBack(ctx, tx, ch.c, ch.visitor, ch.c.LastVisibleNumber, newName())
	if err != nil {
		return err
	}
	p.Link, p.Once, p.Answerable = back.Link, back.Once, back.Answerable()
	back.Address(notice)
	return nil
}

// said is what was said, with names, times and files.
func (s *Service) said(ctx context.Context, ch *chat, p page) ([]said, error) {
	authors, err := s.visitors.AuthorsFor(ctx, ch.visitor, ch.messages)
	if err != nil {
		return nil, err
	}
	files, err := s.files.Of(ctx, ch.messages)
	if err != nil {
		return nil, err
	}
	zone, err := availability.LoadZone(ch.zone())
	if err != nil {
		return nil, err
	}
	list := make([]said, len(ch.messages))
	for i, m := range ch.messages {
		one := said{Author: authors[i].Name, Time: m.CreatedAt.Time().In(zone).Format(p.Words.Layout), Text: card.With(m.Text, m.Cards), Mine: m.Direction == vocab.Incoming}
		if one.Author == "" {
			one.Author = p.Words.nameOf(one.Mine)
		}
		if one.Files, err = s.filesOf(files[i]); err != nil {
			return nil, err
		}
		list[i] = one
	}
	return list, nil
}

func (s *Service) filesOf(attachments []*ent.Attachment) (list []file, err error) {
	for _, a := range attachments {
		address, err := s.files.MailedURL(a)
		if err != nil {
			return nil, err
		}
		list = append(list, file{a.FileName, address})
	}
	return list, nil
}
