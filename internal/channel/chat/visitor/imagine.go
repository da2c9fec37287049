package visitor

import (
	"context"

	"parley/ent"
	"parley/internal/channel/chat/targeting"
	"parley/internal/channel/chat/wording"
	"parley/internal/loader"
	"parley/internal/pageurl"
	"parley/internal/viewer"
)

// Imagine returns what the widget would show a visitor as a preview has them, by the
// same steps as Show: a new one, or of a contact (TM-9). It writes nothing.
func (s *Service) Imagine(ctx context.Context, in targeting.TargetedMessagePreviewInput) (*Widget, error) {
	at := s.store.Now()
	if in.At != nil {
		at = *in.At
	}
	w, visit, err := s.imagineVisit(ctx, in.ChannelID, pageurl.WithoutUser(in.PageURL), at)
	if err != nil {
		return nil, err
	}
	w.Words = wording.For(w.Channel.Texts, "")
	visit.SmallScreen = in.SmallScreen != nil && *in.SmallScreen
	if in.ContactID != nil {
		system := viewer.NewContext(ctx, viewer.System("widget", w.Channel.AccountID))
		c, err := loader.Contact(system, s.store.Client(system), *in.ContactID)
		if err != nil && !ent.IsNotFound(err) {
			return nil, err
		}
		if c != nil {
			w.Visitor = &ent.Visitor{AccountID: c.AccountID, ContactID: c.ID, Email: c.Email, Name: c.Name}
		}
	}
	if err := s.draw(ctx, w, visit); err != nil {
		return nil, err
	}
	w.Visitor = nil // there is none
	return w, nil
}
