package library

import (
	"strconv"
	"strings"

	"parley/ent"
	"parley/internal/vocab"
)

// meetingWords are what the card of a meeting link says in one language.
type meetingWords struct{ with, minute, minutes, button string }

// meetingTexts by language.
var meetingTexts = map[string]meetingWords{
	"en": {"Book a time with {name}", "1 minute", "{n} minutes", "Book a time"},
	"de": {"Termin mit {name} buchen", "1 Minute", "{n} Minuten", "Termin buchen"},
	"fr": {"Réserver un rendez-vous avec {name}", "1 minute", "{n} minutes", "Réserver"},
	"es": {"Reservar una cita con {name}", "1 minuto", "{n} minutos", "Reservar"},
	"it": {"Prenota un appuntamento con {name}", "1 minuto", "{n} minuti", "Prenota"},
	"pt": {"Marcar um horário com {name}", "1 minuto", "{n} minutos", "Marcar"},
	"nl": {"Plan een afspraak met {name}", "1 minuut", "{n} minuten", "Afspraak plannen"},
}

// describeMeeting puts what a meeting link says in a language into its card. A language
// without words of ours has the link's own name; one that is not said is English.
func describeMeeting(card *vocab.MessageCard, said vocab.LibraryVariant, minutes int, booked *ent.User) {
	tag, _, _ := strings.Cut(strings.ToLower(said.Language), "-")
	words, known := meetingTexts[tag]
	if !known && tag != "" {
		words = meetingWords{"{own}", "1 min", "{n} min", said.Name}
	} else if !known {
		words = meetingTexts["en"]
	}
	title := said.Name
	if booked != nil {
		title = strings.NewReplacer("{name}", booked.Name, "{own}", said.Name).Replace(words.with)
	}
	switch {
	case minutes == 1:
		title += ", " + words.minute
	case minutes > 1:
		title += ", " + strings.ReplaceAll(words.minutes, "{n}", strconv.Itoa(minutes))
	}
	card.Title, card.Description, card.ButtonText = title, said.Description, words.button
}
