package deliver

import (
	"context"

	"parley/internal/channel/email/settings"
	"parley/internal/mail/smtp"
	"parley/internal/vocab"
)

// doubtServer puts the channel in error when its server cannot be used at all
// (EM-7): after a few attempts, since one time-out disables nothing. That a
// server which works will not have this mail now is no fault of the channel's.
func (o *sending) doubtServer(ctx context.Context, server *smtp.Server, cause error) error {
	if reason, _ := settings.Diagnose(cause); o.e.Attempts+1 < settings.Patience && reason != vocab.EmailGrantRevoked {
		return nil
	}
	if server != nil {
		if cause = smtp.Check(ctx, *server); cause == nil || ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return o.service.channels.SendingFails(ctx, o.c.ID, cause)
}

// recordRecovery ends the error of a channel whose server takes mail again.
func (o *sending) recordRecovery(ctx context.Context) {
	if !settings.CannotSend(o.c) {
		return
	}
	if err := o.service.channels.SendingWorks(context.WithoutCancel(ctx), o.c.ID); err != nil { // the next mail that is taken tries again
		o.service.o.Log.WarnContext(ctx, "a channel's recovery could not be noted", "channel", o.c.ID, "error", err)
	}
}
