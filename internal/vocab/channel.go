package vocab

import (
	"errors"
	"io"
	"slices"
	"strconv"
)

// ChannelKind is the medium of a channel and of its conversations.
type ChannelKind string

// Kinds of channels.
const (
	Chat  ChannelKind = "CHAT"
	Email ChannelKind = "EMAIL"
	// Custom is a medium that an integration connects.
	Custom ChannelKind = "CUSTOM"
	// CustomLive is a Custom one that follows chat (CC-6). It is only stored: the API
	// shows CUSTOM for both.
	CustomLive ChannelKind = "CUSTOM_LIVE"
)

// Shown is the kind as the API shows it.
func (k ChannelKind) Shown() ChannelKind {
	if k == CustomLive {
		return Custom
	}
	return k
}

// MarshalGQL writes the kind as the API shows it.
func (k ChannelKind) MarshalGQL(w io.Writer) {
	_, _ = io.WriteString(w, strconv.Quote(string(k.Shown()))) //errors:contained a writer of answers keeps what it could not write
}

// UnmarshalGQL reads a kind that the SDL has.
func (k *ChannelKind) UnmarshalGQL(v any) error {
	text, ok := v.(string)
	if !ok || ChannelKind(text).Abilities().Kind == "" || ChannelKind(text).Shown() != ChannelKind(text) {
		return errors.New("not a kind of channel")
	}
	*k = ChannelKind(text)
	return nil
}

// StoredKinds are the kinds that the shown ones stand for.
func StoredKinds(shown []ChannelKind) []ChannelKind {
	if shown == nil {
		return nil
	}
	stored := []ChannelKind{}
	for _, a := range kinds {
		if slices.Contains(shown, a.Kind.Shown()) {
			stored = append(stored, a.Kind)
		}
	}
	return stored
}

// Carrier is what brings a reply to the contact.
type Carrier string

// Carriers.
const (
	// ByWidget: the visitor's widget reads it from the conversation.
	ByWidget Carrier = "WIDGET"
	// ByMail: it leaves as a mail, with recipients and a subject.
	ByMail Carrier = "MAIL"
	// ByConnector: the integration behind the channel takes it to the contact.
	ByConnector Carrier = "CONNECTOR"
)

// Abilities is what a kind of channel and its conversations can do. The zero
// value can do nothing.
type Abilities struct {
	Kind ChannelKind
	// RepliesLeave is how what staff write reaches the contact.
	RepliesLeave Carrier
	// RepliesWhenClosed: staff may answer in a closed conversation, which reopens
	// it; otherwise they reopen it first (IN-7).
	RepliesWhenClosed bool
	// ReopensAsNew: the contact's message in a closed conversation counts as a new
	// one when its assignee is away: it is routed again (AC-7).
	ReopensAsNew bool
	// TakesCapacity: an open conversation counts against its assignee's
	// chatCapacity (RT-2).
	TakesCapacity bool
	// OnlyToAvailable: it is routed to available users only, whatever the rules say
	// (RT-2).
	OnlyToAvailable bool
	// MessagesEditable: what staff sent can be edited and deleted (IN-14).
	MessagesEditable bool
	// ContactChangeable: staff may say with which contact it is (IN-12).
	ContactChangeable bool
	// TicketPreset: its channels may have new conversations ticketed (EM-3).
	TicketPreset bool
	// RoutedBy are the conditions on what its conversations have (RT-1).
	RoutedBy []RoutingConditionKind
	// View is the built-in view that shows this kind only; "": there is none (IN-2).
	View ConversationView
}

// kinds has a row for each kind of channel, in the order of the SDL's enum.
var kinds = []Abilities{
	{
		Kind: Chat, RepliesLeave: ByWidget, View: ViewChat,
		ReopensAsNew: true, TakesCapacity: true, OnlyToAvailable: true, MessagesEditable: true, ContactChangeable: true,
		RoutedBy: []RoutingConditionKind{RouteByContactProperty, RouteByDefinedProperty, RouteByList, RouteByPage, RouteByHours, RouteByLanguage},
	},
	{
		Kind: Email, RepliesLeave: ByMail, View: ViewEmail,
		RepliesWhenClosed: true, TicketPreset: true,
		RoutedBy: []RoutingConditionKind{RouteByContactProperty, RouteByDefinedProperty, RouteByList, RouteByHours, RouteBySubject, RouteByToAddress},
	},
	{
		// As e-mail (CC-6).
		Kind: Custom, RepliesLeave: ByConnector,
		RepliesWhenClosed: true, MessagesEditable: true, ContactChangeable: true,
		RoutedBy: []RoutingConditionKind{RouteByContactProperty, RouteByDefinedProperty, RouteByList, RouteByHours},
	},
	{
		// As chat (CC-6).
		Kind: CustomLive, RepliesLeave: ByConnector,
		ReopensAsNew: true, TakesCapacity: true, OnlyToAvailable: true, MessagesEditable: true, ContactChangeable: true,
		RoutedBy: []RoutingConditionKind{RouteByContactProperty, RouteByDefinedProperty, RouteByList, RouteByHours},
	},
}

// ChannelKinds are all kinds of channels.
func ChannelKinds() []ChannelKind { return KindsThat(func(Abilities) bool { return true }) }

// KindsThat are the kinds of channels with an ability.
func KindsThat(can func(Abilities) bool) []ChannelKind {
	var found []ChannelKind
	for _, a := range kinds {
		if can(a) {
			found = append(found, a.Kind)
		}
	}
	return found
}

// Abilities is what channels of the kind, and their conversations, can do.
func (k ChannelKind) Abilities() Abilities {
	if i := slices.IndexFunc(kinds, func(a Abilities) bool { return a.Kind == k }); i >= 0 {
		return kinds[i]
	}
	return Abilities{}
}

// LeavesBy reports whether a carrier brings replies to the contact.
func (k ChannelKind) LeavesBy(c Carrier) bool { return k.Abilities().RepliesLeave == c }

// RoutedBy reports whether conversations have what a condition is about.
func (k ChannelKind) RoutedBy(c RoutingConditionKind) bool {
	return slices.Contains(k.Abilities().RoutedBy, c)
}

// ShowsKind reports whether the view shows conversations of a kind: all of them,
// unless the view is of one kind.
func (v ConversationView) ShowsKind(k ChannelKind) bool {
	ofOne := false
	for i := range kinds {
		if kinds[i].View == v {
			if kinds[i].Kind == k {
				return true
			}
			ofOne = true
		}
	}
	return !ofOne
}
