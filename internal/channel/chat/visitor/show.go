package visitor

import (
	"context"

	"parley/ent"
	"parley/ent/targetedmessage"
	"parley/internal/channel/chat/consent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/wording"
	"parley/internal/contact/smartlist"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Show returns what the widget of a channel shows on a page. A visitor of this
// channel is met as the one they are, everyone else as a stranger. The words
// come in the locale, else in the channel's own. It writes nothing. An unknown
// key is NOT_FOUND on channelKey.
func (s *Service) Show(ctx context.Context, channelKey, pageURL string, smallScreen bool, locale string) (*Widget, error) {
	pageURL, err := cleanURL(pageURL, "pageUrl")
	if err != nil {
		return nil, err
	}
	c, err := s.findChannel(ctx, channelKey)
	if err != nil {
		return nil, err
	}
	w := &Widget{Channel: c, Words: wording.For(c.Texts, locale)}
	if err := s.fillVisitor(ctx, w); err != nil {
		return nil, err
	}
	return w, s.draw(ctx, w, targeting.Visit{PageURL: pageURL, SmallScreen: smallScreen, At: s.store.Now()})
}

// draw fills in what a widget shows its visitor on a visit.
func (s *Service) draw(ctx context.Context, w *Widget, visit targeting.Visit) error {
	session := sessionOf(ctx)
	ctx = viewer.NewContext(ctx, viewer.System("widget", w.Channel.AccountID))
	shown, err := s.chooseMessage(ctx, w, visit)
	if err != nil {
		return err
	}
	answer, err := s.evaluate(ctx, w, shown, visit, nil)
	if err != nil {
		return err
	}
	answer.Text = answer.Say(w.Words.Get)
	w.Availability, w.LauncherHidden = answer, !answer.Shown
	if shown != nil {
		if w.TargetedMessage, err = s.fillMessage(ctx, w, shown, session); err != nil {
			return err
		}
	}
	hides := shown == nil && !w.chats || shown != nil && visit.SmallScreen && shown.Display.SmallScreen == vocab.SmallScreenHidden
	w.LauncherHidden = w.LauncherHidden || hides
	return nil
}

// sessionOf names the visitor's session, within which what is random stays the
// same; a stranger's is empty.
func sessionOf(ctx context.Context) string {
	if v := viewer.FromContext(ctx); v != nil && v.Kind == viewer.Visitor {
		return v.TokenID
	}
	return ""
}

// chooseMessage finds the message that is for the visitor and the page.
func (s *Service) chooseMessage(ctx context.Context, w *Widget, visit targeting.Visit) (*ent.TargetedMessage, error) {
	client := s.store.Client(ctx)
	on, err := client.TargetedMessage.Query().
		Where(targetedmessage.ChannelID(w.Channel.ID), targetedmessage.StateEQ(vocab.TargetedOn)).All(ctx)
	if err != nil {
		return nil, err
	}
	w.MatchesQuery, w.MatchesFragment = targeting.LooksAt(on)
	if w.contactID() != "" {
		visit.TrackedContact = true
	}
	proved, err := isProved(ctx, client, w.Visitor)
	if err != nil {
		return nil, err
	}
	if proved {
		if visit.ListIDs, err = smartlist.ListsOf(ctx, client, w.contactID(), visit.At); err != nil {
			return nil, err
		}
	}
	known := ""
	if proved { // what a visitor only says of themselves shows them nothing of a contact (CH-9)
		known = w.contactID()
	}
	if visit.Meets, err = targeting.MeetsProperties(ctx, client, on, known); err != nil {
		return nil, err
	}
	return targeting.Choose(on, visit), nil
}

// fillMessage fills in what the widget says of a message.
func (s *Service) fillMessage(ctx context.Context, w *Widget, m *ent.TargetedMessage, session string) (*Message, error) {
	client := s.store.Client(ctx)
	shown := &Message{TargetedMessage: m, Fields: []*FormField{}}
	owner := ""
	proved, err := isProved(ctx, client, w.Visitor)
	if err != nil {
		return nil, err
	}
	if proved {
		c, err := client.Contact.Get(ctx, w.contactID())
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if c != nil {
			owner = c.OwnerID
		}
	}
	if shown.Heading, err = targeting.HeadingOf(ctx, client, m, session, owner); err != nil {
		return nil, err
	}
	known := w.Visitor != nil && reachable(w.Visitor)
	shown.EmailNeeded = !known && m.EmailCapture.Timing != vocab.CaptureNever
	if err := shown.fillFields(ctx, client, w); err != nil {
		return nil, err
	}
	shown.ConsentAsked, err = isRegulated(ctx, client, m.AccountID)
	if err != nil || !shown.ConsentAsked || w.Visitor == nil {
		return shown, err
	}
	shown.Accepted, err = consent.Holds(ctx, client, w.Visitor.ID, vocab.ConsentProcess, m.Consent.ProcessingText)
	return shown, err
}

// fillVisitor fills in the calling visitor, if they are one of the channel's.
func (s *Service) fillVisitor(ctx context.Context, w *Widget) error {
	v := viewer.FromContext(ctx)
	if v == nil || v.Kind != viewer.Visitor || v.ChannelID != w.Channel.ID {
		return nil
	}
	me, err := s.store.Client(ctx).Visitor.Get(ctx, v.ActorID)
	if ent.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	unread, err := s.countUnread(ctx, v)
	if err != nil {
		return err
	}
	for _, n := range unread {
		w.Unread += n
	}
	w.Visitor = me
	w.chats, err = s.store.Client(ctx).Conversation.Query().Exist(ctx)
	if err == nil && !w.chats {
		w.chats, err = s.hasContinued(ctx, v)
	}
	return err
}

// contactID is that of the visitor's contact, or "".
func (w *Widget) contactID() string {
	if w.Visitor == nil {
		return ""
	}
	return w.Visitor.ContactID
}
