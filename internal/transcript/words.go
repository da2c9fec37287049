package transcript

import (
	"embed"

	"parley/internal/channel/chat/wording"
)

//go:embed texts/*.json
var files embed.FS

// words are what a transcript says in one language.
type words struct {
	Language, Direction string `json:"-"`

	Subject string `json:"subject"`
	Intro   string `json:"intro"`
	Cut     string `json:"cut"`
	TimesIn string `json:"timesIn"`
	GoOn    string `json:"goOn"`
	Only    string `json:"only"`
	Answer  string `json:"answer"`
	Refuse  string `json:"refuse"`
	Refused string `json:"refused"`
	Visitor string `json:"visitor"`
	Team    string `json:"team"`
	// What asks how contacts rate a conversation.
	RateSubject string `json:"rateSubject"`
	RateIntro   string `json:"rateIntro"`
	Rate        string `json:"rate"`
	RateGood    string `json:"rateGood"`
	RateBad     string `json:"rateBad"`
	RateScore   string `json:"rateScore"`
	RateComment string `json:"rateComment"`
	RateSend    string `json:"rateSend"`
	RateThanks  string `json:"rateThanks"`
	RateGiven   string `json:"rateGiven"`
	RateGone    string `json:"rateGone"`
	RateChoose  string `json:"rateChoose"`
	// Layout is how times are written, as package time has it.
	Layout string `json:"layout"`
}

// all has the words by language.
var all = wording.ReadLetters[words](files)

// wordsFor are the words in the language that the widget speaks to the chat's visitor.
func wordsFor(ch *chat) words {
	return wordsIn(wording.For(ch.channel.Texts, ch.visitor.Language).Locale)
}

// wordsIn are the words in a language; those of the nearest one that has some.
func wordsIn(locale string) words {
	w, in := all.In(locale)
	w.Language, w.Direction = in.Tag, in.Direction
	return w
}

func (w words) nameOf(visitor bool) string {
	if visitor {
		return w.Visitor
	}
	return w.Team
}
