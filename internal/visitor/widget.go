package visitor

import "parley/ent"

// Widget is all that a chat widget needs to draw itself on a page (CH-3).
type Widget struct {
	// Channel has the public key, the title and the style.
	Channel *ent.Channel
	// TargetedMessage is the first one that matches visitor and page, or nil.
	TargetedMessage *ent.TargetedMessage
	// Visitor is whose token was presented, or nil.
	Visitor *ent.Visitor
	// Unread counts the messages that the visitor has not read.
	Unread int
}

// ChannelKey returns the channel's public key.
func (w *Widget) ChannelKey() string { return w.Channel.Key }

// Title returns the widget's title; empty: none.
func (w *Widget) Title() string { return w.Channel.Title }

// Style returns the channel, which bears the widget's style.
func (w *Widget) Style() *ent.Channel { return w.Channel }
