package flow

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"parley/internal/vocab"
)

// usualWords are what visitors write who want a person, by language, unless a bot has others.
var usualWords = map[string][]string{
	"ar": {"أريد التحدث إلى شخص", "موظف", "شخص حقيقي"},
	"de": {"mit einem menschen sprechen", "mit einem mitarbeiter sprechen", "mit jemandem sprechen", "einen menschen bitte", "echter mensch", "mitarbeiter"},
	"en": {"talk to a person", "talk to a human", "talk to someone", "speak to a person", "speak to a human", "speak to someone", "real person", "human", "agent"},
	"es": {"hablar con una persona", "hablar con alguien", "hablar con un agente", "persona real", "agente"},
	"fr": {"parler a une personne", "parler a quelqu'un", "parler a un conseiller", "parler a un humain", "une vraie personne", "conseiller"},
	"he": {"לדבר עם אדם", "לדבר עם נציג", "נציג"},
	"ja": {"人と話したい", "担当者と話したい", "オペレーター"},
}

// invalidTexts are said where an answer is none, unless the question has its own text.
var invalidTexts = map[string]map[vocab.FlowAnswerType]string{
	"ar": {vocab.AnswerEmail: "لا يبدو هذا عنوان بريد إلكتروني.", vocab.AnswerPhone: "لا يبدو هذا رقم هاتف.", vocab.AnswerNumber: "يرجى كتابة رقم.", vocab.AnswerDate: "يرجى كتابة تاريخ مثل 2026-01-31.", "": "يرجى اختيار أحد الخيارات."},
	"de": {vocab.AnswerEmail: "Das sieht nicht nach einer E-Mail-Adresse aus.", vocab.AnswerPhone: "Das sieht nicht nach einer Telefonnummer aus.", vocab.AnswerNumber: "Bitte schreiben Sie eine Zahl.", vocab.AnswerDate: "Bitte schreiben Sie ein Datum wie 2026-01-31.", "": "Bitte wählen Sie eine der Antworten."},
	"en": {vocab.AnswerEmail: "That does not look like an e-mail address.", vocab.AnswerPhone: "That does not look like a phone number.", vocab.AnswerNumber: "Please write a number.", vocab.AnswerDate: "Please write a date like 2026-01-31.", "": "Please choose one of the answers."},
	"es": {vocab.AnswerEmail: "Eso no parece una dirección de correo.", vocab.AnswerPhone: "Eso no parece un número de teléfono.", vocab.AnswerNumber: "Escriba un número, por favor.", vocab.AnswerDate: "Escriba una fecha como 2026-01-31.", "": "Elija una de las respuestas, por favor."},
	"fr": {vocab.AnswerEmail: "Cela ne ressemble pas à une adresse e-mail.", vocab.AnswerPhone: "Cela ne ressemble pas à un numéro de téléphone.", vocab.AnswerNumber: "Merci d’écrire un nombre.", vocab.AnswerDate: "Merci d’écrire une date comme 2026-01-31.", "": "Merci de choisir l’une des réponses."},
	"he": {vocab.AnswerEmail: "זו לא נראית כתובת דוא״ל.", vocab.AnswerPhone: "זה לא נראה מספר טלפון.", vocab.AnswerNumber: "נא לכתוב מספר.", vocab.AnswerDate: "נא לכתוב תאריך כמו 2026-01-31.", "": "נא לבחור באחת התשובות."},
	"ja": {vocab.AnswerEmail: "メールアドレスではないようです。", vocab.AnswerPhone: "電話番号ではないようです。", vocab.AnswerNumber: "数字を入力してください。", vocab.AnswerDate: "2026-01-31 のように日付を入力してください。", "": "回答を選んでください。"},
}

// invalidText is what is said in a language where an answer is none of its type.
func invalidText(step *vocab.FlowStep, language string) string {
	if step.InvalidText != nil {
		return *step.InvalidText
	}
	texts, known := invalidTexts[baseOf(language)]
	if !known {
		texts = invalidTexts["en"]
	}
	if text, ok := texts[answerType(step)]; ok {
		return text
	}
	return texts[""]
}

// connecting is said where people take over and the flow has no text of its own for it.
var connecting = map[string]string{
	"ar": "يتم الآن توصيلك بالفريق.",
	"de": "Sie werden mit dem Team verbunden.",
	"en": "You are being connected to the team.",
	"es": "Le estamos poniendo en contacto con el equipo.",
	"fr": "Nous vous mettons en relation avec l’équipe.",
	"he": "מחברים אותך לצוות.",
	"ja": "チームにおつなぎしています。",
}

// Connecting is what a visitor is told in a language while people take over.
func Connecting(language string) string {
	if text, known := connecting[baseOf(language)]; known {
		return text
	}
	return connecting["en"]
}

// baseOf is a BCP 47 tag's language, without its region and script.
func baseOf(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "-")
	return base
}

// HandOffWords are the words of each language by which a visitor gets a person: a flow's
// own, and the usual ones of the languages that it says nothing of.
func HandOffWords(f *vocab.Flow) []vocab.FlowHandOffWords {
	all := slices.Clone(f.HandOffWords)
	for language, words := range usualWords {
		if !slices.ContainsFunc(all, func(w vocab.FlowHandOffWords) bool { return strings.EqualFold(w.Language, language) }) {
			all = append(all, vocab.FlowHandOffWords{Language: language, Words: words})
		}
	}
	slices.SortFunc(all, func(a, b vocab.FlowHandOffWords) int { return strings.Compare(a.Language, b.Language) })
	return all
}

// maxRequest is the most characters of a text that may ask for a person among other words.
const maxRequest = 200

// WantsPerson reports whether a text asks for a person: it is one of the words, or has one
// of several words in it (BT-4).
func WantsPerson(f *vocab.Flow, text string) bool {
	if len(text) > 4*maxRequest {
		return false
	}
	plain := Plain(text)
	for _, w := range HandOffWords(f) {
		for _, one := range w.Words {
			words := Plain(one)
			switch {
			case words == "":
			case plain == words:
				return true
			case strings.Contains(words, " ") && strings.Contains(" "+plain+" ", " "+words+" "):
				return true
			}
		}
	}
	return false
}

// Plain is a text by which answers are compared: without case, accents, and what is neither
// letter nor digit.
func Plain(text string) string {
	folded := norm.NFD.String(cases.Fold().String(norm.NFKC.String(text)))
	words := strings.FieldsFunc(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, folded), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	return strings.Join(words, " ")
}
