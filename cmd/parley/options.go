package main

import (
	"fmt"
	"log/slog"
	netmail "net/mail"
	"net/netip"
	"path/filepath"
	"strings"

	"parley/internal/attachment"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/email/deliver"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/mail"
	"parley/internal/signin"
	"parley/internal/slack"
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
	apps     []netip.Prefix // private networks with documents of apps
	images   []netip.Prefix // private networks that give images
	// channelFiles are private networks with files of custom channels.
	channelFiles []netip.Prefix
	webhooks     webhook.Options
	pushes       []netip.Prefix // private networks with push services
	slack        slack.Options
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
	if o.apps, err = networks(s.AppNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_APP_NETWORKS: %w", err)
	}
	if o.images, err = networks(s.ImageNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_IMAGE_NETWORKS: %w", err)
	}
	if o.channelFiles, err = networks(s.ChannelFileNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_CHANNEL_FILE_NETWORKS: %w", err)
	}
	if o.webhooks.Networks, err = networks(s.WebhookNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_WEBHOOK_NETWORKS: %w", err)
	}
	o.webhooks.Sweep, o.webhooks.Timeout = s.webhookSweep, s.webhookTimeout
	if o.pushes, err = networks(s.PushNetworks); err != nil {
		return nil, fmt.Errorf("PARLEY_PUSH_NETWORKS: %w", err)
	}
	if o.slack, err = s.slackOptions(); err != nil {
		return nil, err
	}
	o.emails, err = s.channelOptions(opened, log)
	return o, err
}

// pushContact is whom push services write to about this server: its own address, or, where
// that is none of the internet's, the sender of its mail.
func (s *serverSettings) pushContact() string {
	if strings.HasPrefix(s.PublicURL, "https://") {
		return s.PublicURL
	}
	if from, err := netmail.ParseAddress(s.MailFrom); err == nil {
		return from.Address
	}
	return "parley@example.com"
}
