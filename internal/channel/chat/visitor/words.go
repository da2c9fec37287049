package visitor

import (
	"context"
	"embed"

	"parley/ent"
	"parley/internal/availability"
	"parley/internal/channel/chat/wording"
	"parley/internal/store"
)

//go:embed texts/*.json
var letterFiles embed.FS

// letterWords are what letters about a chat say in one language (CH-6).
type letterWords struct {
	wording.Language `json:"-"`

	Subject     string `json:"subject"`
	Intro       string `json:"intro"`
	TimesIn     string `json:"timesIn"`
	Reply       string `json:"reply"`
	Only        string `json:"only"`
	OrAnswer    string `json:"orAnswer"`
	Answer      string `json:"answer"`
	Reopen      string `json:"reopen"`
	CodeSubject string `json:"codeSubject"`
	Code        string `json:"code"`
	CodeUse     string `json:"codeUse"`
	// Layout is how times are written, as package time has it.
	Layout string `json:"layout"`
}

var letters = wording.ReadLetters[letterWords](letterFiles)

// head is what each letter to a visitor has: whom it is from, and how it speaks.
type head struct {
	Words letterWords
	// Team is whom it is from: the widget's title, else the inbox.
	Team string
	// zone is the visitor's, else the inbox's, by its IANA name.
	zone string
}

// headFor speaks the language that the widget speaks to the visitor.
func headFor(ctx context.Context, tx *store.Tx, me *ent.Visitor) (h head, err error) {
	channel, err := tx.Client.Channel.Get(ctx, me.ChannelID)
	if err != nil {
		return h, err
	}
	if h.Team, err = teamOf(ctx, tx, channel); err != nil {
		return h, err
	}
	account, err := tx.Client.Account.Get(ctx, me.AccountID)
	if err != nil {
		return h, err
	}
	h.zone = availability.FirstZone(me.TimeZone, channel.Availability.TimeZone, account.TimeZone)
	h.Words, h.Words.Language = letters.In(wording.For(channel.Texts, me.Language).Locale)
	return h, nil
}

// Intro begins the notice of missed replies.
func (h head) Intro() string { return wording.Fill(h.Words.Intro, "team", h.Team) }

// TimesIn tells the zone of the times.
func (h head) TimesIn() string { return wording.Fill(h.Words.TimesIn, "zone", h.zone) }

// teamOf is whom letters are from: the widget's title, else the inbox.
func teamOf(ctx context.Context, tx *store.Tx, channel *ent.Channel) (string, error) {
	if channel.Title != "" {
		return channel.Title, nil
	}
	inbox, err := tx.Client.Inbox.Get(ctx, channel.InboxID)
	if err != nil {
		return "", err
	}
	return inbox.Name, nil
}
