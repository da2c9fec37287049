package settings

import (
	"context"

	"parley/ent"
	"parley/ent/emailchannel"
	"parley/ent/targetedmessage"
	"parley/internal/errs"
	"parley/internal/routing"
	"parley/internal/vocab"
)

// mayLoseHours refuses to remove the operating hours that a rule of the inbox looks at:
// INVALID on hours (RT-3).
func mayLoseHours(ctx context.Context, client *ent.Client, before, after *ent.Channel) error {
	if len(before.Availability.Hours) == 0 || len(after.Availability.Hours) > 0 {
		return nil
	}
	messages, err := client.TargetedMessage.Query().
		Where(targetedmessage.InboxID(after.InboxID), targetedmessage.StateNEQ(vocab.TargetedDraft)).All(ctx)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if routing.Asks(m.Routing, vocab.RouteByHours) {
			return errs.New(errs.Invalid, "The targeted message %q routes by operating hours: change its routing first.", m.Name).On("hours")
		}
	}
	channels, err := client.EmailChannel.Query().Where(emailchannel.InboxID(after.InboxID)).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range channels {
		if routing.Asks(c.Routing, vocab.RouteByHours) {
			return errs.New(errs.Invalid, "The e-mail channel %s routes by operating hours: change its routing first.", c.Address).On("hours")
		}
	}
	return nil
}
