package visitor

import (
	"parley/ent"
	"parley/internal/availability"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/wording"
	"parley/internal/vocab"
)

// Widget is all that a chat widget needs to draw itself on a page (CH-3).
type Widget struct {
	// Channel has the public key, the title and the style.
	Channel *ent.Channel
	// Words are the widget's texts in one language (CH-1).
	Words wording.Words
	// TargetedMessage is the first one that matches visitor and page, or nil.
	TargetedMessage *Message
	// Visitor is whose token was presented, or nil.
	Visitor *ent.Visitor
	// Unread counts the messages that the visitor has not read.
	Unread int
	// LauncherHidden leaves out the launcher; the widget still opens by a link.
	LauncherHidden bool
	// Availability says whether the team is there (AV).
	Availability availability.Answer
	// MatchesQuery and MatchesFragment: a message that is on looks at that part of
	// the page's address (TM-3).
	MatchesQuery, MatchesFragment bool

	chats bool // the visitor has some
}

// ChannelKey returns the channel's public key.
func (w *Widget) ChannelKey() string { return w.Channel.Key }

// Title returns the widget's title; empty: none.
func (w *Widget) Title() string { return w.Channel.Title }

// Style returns the channel, which has the widget's style.
func (w *Widget) Style() *ent.Channel { return w.Channel }

// Locale is the language of the texts.
func (w *Widget) Locale() string { return w.Words.Locale }

// Direction is how the texts run.
func (w *Widget) Direction() vocab.TextDirection { return w.Words.Direction }

// Texts are the widget's texts, by key.
func (w *Widget) Texts() []wording.Text { return w.Words.Texts }

// Message is a targeted message as visitors see it (TM-4).
type Message struct {
	*ent.TargetedMessage
	Heading targeting.Heading
	// EmailNeeded: an address is asked for, and not known (TM-5).
	EmailNeeded bool
	// Fields are what else to ask for (TM-5).
	Fields []*FormField
	// ConsentAsked: the account asks for consent at all (TM-8).
	ConsentAsked bool
	// Accepted: the visitor agreed to the text before.
	Accepted bool
}

// WelcomeHTML is the welcome with markup; nil: it has none (TM-4).
func (m *Message) WelcomeHTML() *string { return orNil(m.TargetedMessage.WelcomeHTML) }

// EmailCapture is when to ask for an address (TM-5).
func (m *Message) EmailCapture() *EmailCapture {
	c := m.TargetedMessage.EmailCapture
	return &EmailCapture{Timing: c.Timing, DelaySeconds: orNil(c.DelaySeconds), Text: orNil(c.Text), Needed: m.EmailNeeded, Fields: m.Fields}
}

// EmailCapture is when to ask a visitor for an address, and how (TM-5).
type EmailCapture struct {
	Timing       vocab.CaptureTiming
	DelaySeconds *int
	Text         *string
	Needed       bool
	Fields       []*FormField
}

// OpenByItself says whether the welcome message opens without a click (TM-6).
func (m *Message) OpenByItself() bool { return m.Display.OpenByItself }

// OpenAfterSeconds is how long a visitor is on the page when it does; nil: that does not matter (TM-6).
func (m *Message) OpenAfterSeconds() *int { return orNil(m.Display.OpenAfterSeconds) }

// OpenAfterScroll is how much of the page they scrolled, in percent; nil: that does not matter (TM-6).
func (m *Message) OpenAfterScroll() *int { return orNil(m.Display.OpenAfterScroll) }

// OpenAtLeaving says whether it opens when the pointer leaves the page (TM-6).
func (m *Message) OpenAtLeaving() bool { return m.Display.OpenAtLeaving }

// SmallScreen is what a small screen shows (TM-6).
func (m *Message) SmallScreen() vocab.SmallScreen { return m.Display.SmallScreen }

// Consent is what to ask the visitor to agree to; nil: nothing (TM-8).
func (m *Message) Consent() *Consent {
	asks := m.TargetedMessage.Consent
	var c Consent
	if asks.Processing != vocab.ConsentNone {
		c.Processing = &ProcessingConsent{
			Mode: asks.Processing, Text: asks.ProcessingText, Version: consent.Version(asks.ProcessingText), Accepted: m.Accepted,
		}
	}
	if asks.CommunicationText != "" {
		c.Communication = &CommunicationConsent{Text: asks.CommunicationText, Version: consent.Version(asks.CommunicationText)}
	}
	if !m.ConsentAsked || c == (Consent{}) {
		return nil
	}
	return &c
}

// Consent is what a visitor is asked to agree to (TM-8); nil: not asked.
type Consent struct {
	Processing    *ProcessingConsent
	Communication *CommunicationConsent
}

// ProcessingConsent asks for consent to the processing of data.
type ProcessingConsent struct {
	Mode          vocab.ConsentMode
	Text, Version string
	// Accepted: the visitor agreed to this text before.
	Accepted bool
}

// CommunicationConsent asks for consent to being written to.
type CommunicationConsent struct{ Text, Version string }

// orNil points to a value, unless it is none.
func orNil[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}
