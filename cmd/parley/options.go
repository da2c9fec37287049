package main

import (
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"

	"parley/internal/attachment"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/mail"
	"parley/internal/signin"
	"parley/internal/webhook"
)

// options are what the settings of serve say of each service.
type options struct {
	mailer   *mail.Mailer
	files    attachment.Options
	emails   settings.Options
	receive  receive.Options
	deliver  deliver.Options
	visitors visitor.Options
	signIns  signin.Options
	images   []netip.Prefix // private networks that give images
	webhooks webhook.Options
}

func (s *serverSettings) options(opened *storage, log *slog.Logger) (*options, error) {
	o := &options{
		receive:  receive.Options{TrustedAuthServ: s.AuthServ, MaxMailBytes: s.MaxMailBytes, Log: log},
		deliver:  deliver.Options{Folder: filepath.Join(opened.dataDir, "outbox"), Log: log},
		visitors: s.visitorOptions(),
	}
	var err error
	if o.signIns, err = s.signInOptions(opened.store.Clock(), log); err != nil {
		return nil, err
	}
	if o.mailer, err = s.mailer(opened.dataDir, log); err != nil {
		return nil, err
	}
	if o.files, err = s.fileOptions(opened, log); err != nil {
		return nil, err
	}
	if o.images, err = networks(s.ImageNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_IMAGE_NETWORKS: %w", err)
	}
	if o.webhooks.Networks, err = networks(s.WebhookNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_WEBHOOK_NETWORKS: %w", err)
	}
	o.webhooks.Sweep = s.webhookSweep
	o.emails, err = s.channelOptions(opened, log)
	return o, err
}
