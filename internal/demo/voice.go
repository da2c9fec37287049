package demo

import (
	"fmt"
	"html"
	"strings"

	"parley/internal/vocab"
)

// voice finds what those in a conversation say: about one topic, in the
// contact's language.
type voice struct {
	dice
	manners manners
	topic   *topic
	said    map[*string]bool
	// What the conversation's blanks are filled with.
	name, order, product, amount, city, ticket, invoice, browser, weekday string
}

var (
	products = []string{"Oak 140 desk", "standing desk", "Arc chair", "Halo lamp", "Fjord shelf", "walnut cupboard", "acoustic booth", "folding table", "monitor arm", "Tern stool", "cork board"}
	cities   = []string{"Rotterdam", "Leipzig", "Bristol", "Kraków", "Gothenburg", "Lyon", "Valencia", "Antwerp", "Graz", "Porto", "Tampere", "Cork", "Osaka", "Trieste"}
	browsers = []string{"Firefox", "Safari", "Chrome", "Edge", "Vivaldi"}
	weekdays = map[string][]string{
		"en": {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday"},
		"de": {"Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"},
		"fr": {"lundi", "mardi", "mercredi", "jeudi", "vendredi"},
		"es": {"lunes", "martes", "miércoles", "jueves", "viernes"},
		"ja": {"月曜日", "火曜日", "水曜日", "木曜日", "金曜日"},
	}
)

func newVoice(s *story) *voice {
	tongue := "en"
	v := &voice{dice: s.dice, said: map[*string]bool{}}
	if s.who != nil {
		v.name = s.who.first
		if _, spoken := languages[s.who.tongue]; spoken {
			tongue = s.who.tongue
		}
	}
	v.manners = languages[tongue].manners
	v.topic = s.unwanted()
	for v.topic == nil {
		if t := &languages[tongue].topics[s.IntN(len(languages[tongue].topics))]; t.at&s.place.flag != 0 {
			v.topic = t
		}
	}
	v.order = fmt.Sprintf("NW-%06d", s.IntN(1_000_000))
	v.ticket = fmt.Sprintf("CASE-%05d", s.IntN(100_000))
	v.invoice = fmt.Sprintf("INV-%07d", s.IntN(10_000_000))
	v.amount = fmt.Sprintf("%d.%02d EUR", s.between(9, 2400), s.IntN(100))
	v.product, v.city, v.browser, v.weekday = pick(v.dice, products), pick(v.dice, cities), pick(v.dice, browsers), pick(v.dice, weekdays[tongue])
	return v
}

// unwanted is the topic of a conversation that is filtered; nil: another.
func (s *story) unwanted() *topic {
	switch s.plot {
	case plotSpam:
		return &spamTopic
	case plotBlocked:
		return &pestTopic
	case plotRole:
		return &roleTopic
	case plotPromotional:
		return &promotionalTopic
	case plotAutoReply:
		return &autoReplyTopic
	}
	return nil
}

// once picks a phrase that was not said yet in the conversation, if there is one.
func (v *voice) once(list []string) string {
	at := v.IntN(len(list))
	for range list {
		if p := &list[at]; !v.said[p] {
			v.said[p] = true
			return *p
		}
		at = (at + 1) % len(list)
	}
	return list[at]
}

// fillBlanks puts words into a phrase's blanks.
func (v *voice) fillBlanks(phrase string, more ...string) string {
	if !strings.Contains(phrase, "{") {
		return phrase
	}
	digits := fmt.Sprint(v.between(12, 998))
	words := append([]string{
		"{name}", v.name, "{order}", v.order, "{product}", v.product, "{amount}", v.amount, "{city}", v.city, "{ticket}", v.ticket,
		"{invoice}", v.invoice, "{browser}", v.browser, "{weekday}", v.weekday, "{digits}", digits,
	}, more...)
	for i := 0; i < len(words); i += 2 {
		phrase = strings.ReplaceAll(phrase, words[i], words[i+1])
	}
	return phrase
}

func (v *voice) subject() string { return v.fillBlanks(v.once(v.topic.subjects)) }

// firstMessage is the first message.
func (v *voice) firstMessage(s *story) content {
	parts := []string{v.once(v.topic.asks)}
	if v.chance(55) {
		parts = append(parts, v.once(v.topic.details))
	}
	paragraphs := []string{v.fillBlanks(strings.Join(parts, " "))}
	if opening := pick(v.dice, v.manners.openings); opening != "" && v.topic.answers != nil {
		paragraphs = append([]string{opening}, paragraphs...)
	}
	if s.c.Kind == vocab.Email && s.who != nil && v.topic.answers != nil {
		paragraphs = append(paragraphs, s.who.name)
	}
	return v.compose(s, 25, paragraphs)
}

// answerText is a colleague's message.
func (v *voice) answerText(s *story, by *colleague, first bool) content {
	parts := []string{v.once(v.topic.answers)}
	if v.chance(60) {
		parts = append(parts, v.once(v.topic.steps))
	}
	paragraphs := []string{v.fillBlanks(strings.Join(parts, " "))}
	if hello := v.hello(); first && hello != "" {
		paragraphs = append([]string{hello}, paragraphs...)
	}
	if s.c.Kind == vocab.Email {
		paragraphs = append(paragraphs, strings.Split(v.fillBlanks(pick(v.dice, v.manners.regards), "{agent}", by.first()), "\n")...)
	}
	return v.compose(s, 30, paragraphs)
}

func (v *voice) hello() string {
	if v.name == "" {
		return pick(v.dice, v.manners.openings)
	}
	return v.fillBlanks(pick(v.dice, v.manners.hellos))
}

// more is what the contact writes on being answered, or not answered.
func (v *voice) more(s *story) content {
	phrase := v.once(v.topic.mores)
	if v.chance(30) {
		phrase += " " + v.once(v.topic.details)
	}
	return v.compose(s, 10, []string{v.fillBlanks(phrase)})
}

func (v *voice) thanks(s *story) content {
	return v.compose(s, 5, []string{v.fillBlanks(pick(v.dice, v.manners.thanks), "{agent}", s.holder().first())})
}

func (v *voice) noteText(s *story) content {
	return v.compose(s, 15, []string{v.fillBlanks(v.once(notes))})
}

func (v *voice) mention(s *story, other *colleague) content {
	return v.compose(s, 15, []string{v.fillBlanks(v.once(mentionNotes), "{colleague}", other.first())})
}

func (v *voice) robot(s *story) content { return v.compose(s, 0, []string{v.once(botLines)}) }

func (v *voice) human(s *story) content { return v.compose(s, 0, []string{v.once(humanWanted)}) }

// compose makes a message of paragraphs, in so many of a hundred cases with
// HTML. What is numbered in it is then bold.
func (v *voice) compose(s *story, rich int, paragraphs []string) content {
	for i := range paragraphs {
		paragraphs[i] = strings.TrimSpace(paragraphs[i])
	}
	c := content{text: strings.Join(paragraphs, "\n\n")}
	if s.c.Kind == vocab.Email {
		rich *= 2
	}
	if !v.chance(rich) {
		return c
	}
	var b strings.Builder
	for _, p := range paragraphs {
		p = html.EscapeString(p)
		for _, number := range []string{v.order, v.ticket, v.invoice} {
			p = strings.ReplaceAll(p, number, "<b>"+number+"</b>")
		}
		b.WriteString("<p>" + p + "</p>")
	}
	c.html = b.String()
	return c
}
