package settings_test

import (
	"context"
	"testing"

	"parley/internal/channel/chat/settings"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/testkit/check"
	"parley/internal/vocab"
)

// RT-3: hours that a rule looks at are not removed; other hours take their place.
func TestHoursThatARuleLooksAt(t *testing.T) {
	t.Parallel()
	eachOffice(t, func(t *testing.T, o *office) {
		set := func(hours ...*vocab.Hours) error {
			_, err := o.settings.UpdateAvailability(o.Admin, settings.UpdateChatChannelAvailabilityInput{
				ChannelID: o.ChannelIDs[0], TimeZone: opt.Of("UTC"), Hours: opt.List(dereference(hours)...),
			})
			return err
		}
		early, late := &vocab.Hours{Day: vocab.Monday, From: "08:00", To: "12:00"}, &vocab.Hours{Day: vocab.Monday, From: "14:00", To: "18:00"}
		check.Same(t, set(early), nil)
		check.Same(t, set(), nil)
		check.Same(t, set(early), nil)
		o.Write(o.System, func(ctx context.Context, tx *store.Tx) error {
			return tx.Client.TargetedMessage.Create().SetID(id.New(id.TargetedMessage)).SetInboxID(o.InboxIDs[0]).SetChannelID(o.ChannelIDs[0]).
				SetName("Pricing").SetWelcomeMessage("Hi").SetState(vocab.TargetedOn).SetPosition(1).SetAudience(vocab.AudienceEveryone).
				SetIncludeListIds([]string{}).SetExcludeListIds([]string{}).SetRules([]vocab.Targeting{}).SetVersion(1).
				SetRouting(vocab.Routing{Rules: []vocab.RoutingRule{
					{Target: vocab.RouteUnassigned, Conditions: []vocab.RoutingCondition{{Kind: vocab.RouteByHours, Operator: vocab.RoutingIs}}}, {Target: vocab.RouteUnassigned},
				}}).SetCreatedAt(tx.Now()).Exec(ctx)
		})
		check.Same(t, set(late), nil)
		check.Refused(t, set(), errs.Invalid, "hours")
	})
}

func dereference(list []*vocab.Hours) []vocab.Hours {
	hours := []vocab.Hours{}
	for _, h := range list {
		hours = append(hours, *h)
	}
	return hours
}
