package visitor

import (
	"context"

	"parley/ent"
	"parley/ent/targetedmessage"
	"parley/internal/targeting"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Show returns what the widget of a channel shows on a page. A visitor of this
// channel is met as the one they are, everyone else as a stranger. It writes
// nothing. An unknown key is NOT_FOUND on channelKey.
func (s *Service) Show(ctx context.Context, channelKey, pageURL string, smallScreen bool) (*Widget, error) {
	if err := checkURL(pageURL); err != nil {
		return nil, err
	}
	c, err := s.channel(ctx, channelKey)
	if err != nil {
		return nil, err
	}
	w := &Widget{Channel: c}
	if err := s.meet(ctx, w); err != nil {
		return nil, err
	}
	ctx = viewer.NewContext(ctx, viewer.System("widget", c.AccountID))
	on, err := s.store.Client(ctx).TargetedMessage.Query().
		Where(targetedmessage.ChannelID(c.ID), targetedmessage.StateEQ(vocab.TargetedOn)).All(ctx)
	if err != nil {
		return nil, err
	}
	w.TargetedMessage = targeting.Choose(on, targeting.Visit{
		PageURL: pageURL, SmallScreen: smallScreen, TrackedContact: w.Visitor != nil && w.Visitor.ContactID != "",
	})
	return w, nil
}

// meet fills in the visitor who asks, if they are one of the channel's.
func (s *Service) meet(ctx context.Context, w *Widget) error {
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
	unread, err := s.unread(ctx, v)
	for _, n := range unread {
		w.Unread += n
	}
	w.Visitor = me
	return err
}
