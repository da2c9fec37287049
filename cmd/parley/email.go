package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"parley/internal/attachment"
	"parley/internal/attachment/clamav"
	"parley/internal/channel/chat/visitor"
	"parley/internal/channel/email/listener"
	"parley/internal/channel/email/receive"
	"parley/internal/channel/email/settings"
	"parley/internal/egress"
	"parley/internal/mail/smtp"
	"parley/internal/oauth"
	"parley/internal/vocab"
)

// emailSettings are those of the e-mail channel and of files.
type emailSettings struct {
	ClamAVURL           string   `env:"PARLEY_CLAMAV_URL" name:"clamav-url" placeholder:"URL" help:"The clamd that scans files for viruses: tcp://host:3310 or unix:///run/clamav/clamd.ctl. Empty: files are not scanned."`
	MaxDocumentBytes    int64    `env:"PARLEY_MAX_DOCUMENT_BYTES" default:"52428800" help:"Largest file that can be uploaded for a document of the library, in bytes."`
	MaxFileBytes        int64    `env:"PARLEY_MAX_FILE_BYTES" default:"26214400" help:"Largest file that can be uploaded, in bytes."`
	MailListen          string   `env:"PARLEY_MAIL_LISTEN" default:"127.0.0.1:2525" placeholder:"HOST:PORT" help:"Address on which mail for forwarding addresses is received by SMTP. 'off': none is received."`
	MailDomain          string   `env:"PARLEY_MAIL_DOMAIN" default:"localhost" placeholder:"DOMAIN" help:"Domain of forwarding addresses; its MX record must point to PARLEY_MAIL_LISTEN."`
	MailTLSCert         string   `env:"PARLEY_MAIL_TLS_CERT" placeholder:"FILE" help:"Certificate of the SMTP listener, in PEM, with PARLEY_MAIL_TLS_KEY: it then offers STARTTLS."`
	MailTLSKey          string   `env:"PARLEY_MAIL_TLS_KEY" placeholder:"FILE" help:"Its private key."`
	MaxMailBytes        int64    `env:"PARLEY_MAX_MAIL_BYTES" default:"52428800" help:"Maximum size of a received e-mail, in bytes. Of a larger one in a mailbox, only the header is read."`
	AuthServ            []string `env:"PARLEY_TRUSTED_AUTHSERV" name:"trusted-authserv" placeholder:"ID" help:"Servers with trusted Authentication-Results (RFC 8601), separated by commas, in addition to those of Gmail and Microsoft 365 for their own mailboxes."`
	ImageNetworks       []string `env:"PARLEY_IMAGE_NETWORKS" placeholder:"NETWORK" help:"Private networks from which images in messages may be shown, separated by commas. Empty: none; Parley fetches images only from public addresses."`
	ChannelFileNetworks []string `env:"PARLEY_CHANNEL_FILE_NETWORKS" placeholder:"NETWORK" help:"Private networks from which files of custom channels may be fetched, separated by commas. Empty: none; Parley fetches files only from public addresses."`
	PushNetworks        []string `env:"PARLEY_PUSH_NETWORKS" placeholder:"NETWORK" help:"Private networks that may contain push services of browsers, separated by commas. Empty: none; Parley pushes only to public addresses."`
	MailNetworks        []string `env:"PARLEY_MAIL_NETWORKS" placeholder:"NETWORK" help:"Private networks that may contain mail servers, and the providers at which mailboxes are connected, separated by commas, e.g. 10.0.0.0/8. Empty: none; Parley connects only to public addresses."`

	GoogleClientID        string `env:"PARLEY_GOOGLE_CLIENT_ID" placeholder:"ID" help:"OAuth client for Gmail and Google Workspace; its redirect address is PARLEY_PUBLIC_URL/oauth/callback."`
	GoogleClientSecret    string `env:"PARLEY_GOOGLE_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	GoogleIssuer          string `env:"PARLEY_GOOGLE_ISSUER" placeholder:"URL" help:"An OpenID provider to use instead of Google's."`
	GoogleIMAP            string `env:"PARLEY_GOOGLE_IMAP" placeholder:"URL" help:"An IMAP server to use instead of Google's: imaps://host:993, imap+starttls://host:143 or imap://host:143."`
	GoogleSMTP            string `env:"PARLEY_GOOGLE_SMTP" placeholder:"URL" help:"An SMTP server to use instead of Google's: smtps://host:465, smtp+starttls://host:587 or smtp://host:25."`
	MicrosoftClientID     string `env:"PARLEY_MICROSOFT_CLIENT_ID" placeholder:"ID" help:"OAuth client for Microsoft 365; its redirect address is PARLEY_PUBLIC_URL/oauth/callback."`
	MicrosoftClientSecret string `env:"PARLEY_MICROSOFT_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	MicrosoftTenant       string `env:"PARLEY_MICROSOFT_TENANT" default:"common" placeholder:"TENANT" help:"The tenant with the mailboxes that can be connected; common: any."`
	MicrosoftIssuer       string `env:"PARLEY_MICROSOFT_ISSUER" placeholder:"URL" help:"An OpenID provider to use instead of Microsoft's."`
	MicrosoftIMAP         string `env:"PARLEY_MICROSOFT_IMAP" placeholder:"URL" help:"An IMAP server to use instead of Microsoft's; see PARLEY_GOOGLE_IMAP."`
	MicrosoftSMTP         string `env:"PARLEY_MICROSOFT_SMTP" placeholder:"URL" help:"An SMTP server to use instead of Microsoft's; see PARLEY_GOOGLE_SMTP."`
	IMAPIssuer            string `env:"PARLEY_IMAP_ISSUER" placeholder:"URL" help:"OpenID provider with tokens that other IMAP and SMTP servers accept."`
	IMAPClientID          string `env:"PARLEY_IMAP_CLIENT_ID" placeholder:"ID" help:"OAuth client there."`
	IMAPClientSecret      string `env:"PARLEY_IMAP_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	IMAPScopes            string `env:"PARLEY_IMAP_SCOPES" default:"openid email offline_access" placeholder:"SCOPES" help:"The scopes to request, separated by spaces."`
}

// off is a listener's address that means: none.
const off = "off"

// check refuses values that cannot work.
func (e *emailSettings) check() []error {
	var problems []error
	bad := func(broken bool, variable, what, right string) {
		if broken {
			problems = append(problems, wrong(variable, what, right))
		}
	}
	_, _, err := net.SplitHostPort(e.MailListen)
	bad(e.MailListen != off && err != nil, "PARLEY_MAIL_LISTEN", fmt.Sprintf("is %q, which is not an address", e.MailListen), "a host and a port such as 0.0.0.0:25, or off")
	bad(e.MailDomain == "" || strings.ContainsAny(e.MailDomain, "@ /:"), "PARLEY_MAIL_DOMAIN", fmt.Sprintf("is %q", e.MailDomain), "a domain such as in.example.com")
	bad((e.MailTLSCert == "") != (e.MailTLSKey == ""), "PARLEY_MAIL_TLS_CERT", "and PARLEY_MAIL_TLS_KEY go together", "both, or neither")
	bad(e.MaxDocumentBytes < 1024, "PARLEY_MAX_DOCUMENT_BYTES", "is below 1024", "1024 or more bytes")
	bad(e.MaxFileBytes < 1024, "PARLEY_MAX_FILE_BYTES", "is below 1024", "1024 or more bytes")
	bad(e.MaxMailBytes < 1<<20, "PARLEY_MAX_MAIL_BYTES", "is below a megabyte", "1048576 or more bytes")
	for variable, list := range map[string][]string{"PARLEY_MAIL_NETWORKS": e.MailNetworks, "PARLEY_IMAGE_NETWORKS": e.ImageNetworks, "PARLEY_CHANNEL_FILE_NETWORKS": e.ChannelFileNetworks, "PARLEY_PUSH_NETWORKS": e.PushNetworks} {
		_, err = networks(list)
		bad(err != nil, variable, "has an entry that is not a network", "networks such as 10.0.0.0/8,127.0.0.0/8")
	}
	for variable, text := range map[string]string{
		"PARLEY_GOOGLE_IMAP": e.GoogleIMAP, "PARLEY_GOOGLE_SMTP": e.GoogleSMTP, "PARLEY_MICROSOFT_IMAP": e.MicrosoftIMAP, "PARLEY_MICROSOFT_SMTP": e.MicrosoftSMTP,
	} {
		_, err := mailServer(text, oauth.Server{})
		bad(err != nil, variable, fmt.Sprintf("is %q", text), "an address such as imaps://imap.example.com:993 or smtp+starttls://smtp.example.com:587")
	}
	if e.ClamAVURL != "" {
		_, err := clamav.New(e.ClamAVURL)
		bad(err != nil, "PARLEY_CLAMAV_URL", fmt.Sprintf("is %q", e.ClamAVURL), "tcp://host:3310 or unix:///run/clamav/clamd.ctl")
	}
	return problems
}

// networks reads networks, and single addresses.
func networks(texts []string) ([]netip.Prefix, error) {
	list := []netip.Prefix{}
	for _, text := range texts {
		if p, err := netip.ParsePrefix(text); err == nil {
			list = append(list, p)
			continue
		}
		a, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		list = append(list, netip.PrefixFrom(a, a.BitLen()))
	}
	return list, nil
}

// mailServer reads a mail server's address; empty: the one that is usual.
func mailServer(text string, usual oauth.Server) (oauth.Server, error) {
	if text == "" {
		return usual, nil
	}
	u, err := url.Parse(text)
	if err != nil {
		return usual, err
	}
	scheme, starttls := strings.CutSuffix(u.Scheme, "+starttls")
	security := map[string]vocab.MailSecurity{"imaps": vocab.MailTLS, "smtps": vocab.MailTLS, "imap": vocab.MailPlain, "smtp": vocab.MailPlain}[scheme]
	if starttls {
		security = vocab.MailSTARTTLS
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil || security == "" || u.Hostname() == "" {
		return usual, errors.New("no mail server")
	}
	return oauth.Server{Host: u.Hostname(), Port: port, Security: string(security)}, nil
}

// providers are those at which mailboxes sign in.
func (e *emailSettings) providers() map[vocab.EmailProvider]oauth.Provider {
	all := map[vocab.EmailProvider]oauth.Provider{}
	moved := func(p oauth.Provider, issuer, imap, smtp string) oauth.Provider {
		if issuer != "" {
			p = p.At(issuer)
		}
		p.IMAP, _ = mailServer(imap, p.IMAP) // check was asked before
		p.SMTP, _ = mailServer(smtp, p.SMTP)
		return p
	}
	if e.GoogleClientID != "" {
		all[vocab.EmailGmail] = moved(oauth.Google(e.GoogleClientID, e.GoogleClientSecret), e.GoogleIssuer, e.GoogleIMAP, e.GoogleSMTP)
	}
	if e.MicrosoftClientID != "" {
		p := oauth.Microsoft(e.MicrosoftClientID, e.MicrosoftClientSecret, e.MicrosoftTenant)
		all[vocab.EmailMicrosoft365] = moved(p, e.MicrosoftIssuer, e.MicrosoftIMAP, e.MicrosoftSMTP)
	}
	if e.IMAPClientID != "" && e.IMAPIssuer != "" {
		all[vocab.EmailIMAP] = oauth.Provider{
			Name: "IMAP", Issuer: e.IMAPIssuer, ClientID: e.IMAPClientID, ClientSecret: e.IMAPClientSecret, Scopes: strings.Fields(e.IMAPScopes),
		}
	}
	return all
}

// fileOptions bound uploads.
func (s *serverSettings) fileOptions(opened *storage, log *slog.Logger) (attachment.Options, error) {
	o := attachment.Options{MaxBytes: s.MaxFileBytes, MaxDocument: s.MaxDocumentBytes, Allow: visitor.MayUpload(opened.store), Log: log}
	if s.ClamAVURL == "" {
		return o, nil
	}
	scanner, err := clamav.New(s.ClamAVURL)
	if err != nil {
		return o, fmt.Errorf("PARLEY_CLAMAV_URL: %w", err)
	}
	o.Scanner = scanner
	return o, nil
}

// channelOptions are those of e-mail channels.
func (s *serverSettings) channelOptions(opened *storage, log *slog.Logger) (settings.Options, error) {
	allowed, err := networks(s.MailNetworks)
	if err != nil {
		return settings.Options{}, fmt.Errorf("PARLEY_MAIL_NETWORKS: %w", err)
	}
	relay, err := s.relay()
	if err != nil {
		return settings.Options{}, fmt.Errorf("PARLEY_SMTP_URL: %w", err)
	}
	domain := s.MailDomain
	if s.MailListen == off {
		domain = ""
	}
	fence := egress.New(allowed)
	return settings.Options{
		PublicURL: s.PublicURL, Domain: domain, Providers: s.providers(), OAuth: oauth.New(fence.HTTPClient(), opened.store.Clock()), Dial: fence.DialContext,
		Relay: relay, Log: log, Trusts: s.trusts,
	}, nil
}

// postOffice is what receives mail.
type postOffice struct {
	receiving *receive.Service
	listen    *listener.Listener
	socket    net.Listener
}

// openPost begins to listen for forwarded mail.
func (c *serveCommand) openPost(a *app, log *slog.Logger) (*postOffice, error) {
	p := &postOffice{receiving: a.receiving}
	return p, c.openListener(p, log)
}

// trusts reports whether a browser may be sent to a page.
func (s *serverSettings) trusts(u *url.URL) bool {
	return slices.Contains(s.sites(), strings.ToLower(u.Scheme+"://"+u.Host))
}

// openListener listens for forwarded mail. That the usual port is taken is no
// reason not to start.
func (c *serveCommand) openListener(p *postOffice, log *slog.Logger) error {
	if c.MailListen == off {
		return nil
	}
	var certificate *tls.Config
	if c.MailTLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.MailTLSCert, c.MailTLSKey)
		if err != nil {
			return fmt.Errorf("PARLEY_MAIL_TLS_CERT: %w", err)
		}
		certificate = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	}
	socket, err := net.Listen("tcp", c.MailListen)
	if err != nil && c.MailListen == "127.0.0.1:2525" {
		log.Warn("forwarded mail is not received: cannot listen on PARLEY_MAIL_LISTEN", "address", c.MailListen, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("PARLEY_MAIL_LISTEN: cannot listen on %s: %w", c.MailListen, err)
	}
	p.socket = socket
	o := listener.Options{
		Hostname: c.MailDomain, TLS: certificate, MaxBytes: c.MaxMailBytes, Log: log,
		Recipient: func(ctx context.Context, address string) (string, error) {
			channelID, err := p.receiving.Recipient(ctx, address)
			if err == nil && channelID == "" {
				return "", listener.ErrUnknown
			}
			return channelID, err
		},
		Deliver: func(ctx context.Context, d listener.Delivery) error {
			return p.receiving.StoreForwarded(ctx, receive.Arrived{ChannelIDs: d.ChannelIDs, From: d.From, Recipients: d.Recipients, Raw: d.Raw})
		},
	}
	if c.postmaster != "" {
		o.Postmaster = postmaster{folder: c.postmaster, log: log}.keepMail
	}
	p.listen = listener.New(o)
	return nil
}

// relay is the server that sends the mail of forwarding addresses: Parley's own;
// nil: none, and mail goes to the outbox.
func (s *serverSettings) relay() (*smtp.Server, error) {
	if s.SMTPURL == "" {
		return nil, nil
	}
	return smtp.ParseURL(s.SMTPURL)
}

// url is where forwarded mail is received; empty: nowhere.
func (p *postOffice) url() string {
	if p.socket == nil {
		return ""
	}
	return "smtp://" + p.socket.Addr().String()
}

// run follows mailboxes and receives forwarded mail until ctx ends.
func (p *postOffice) run(ctx context.Context) error {
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		p.receiving.Run(ctx)
	}()
	var err error
	if p.listen != nil {
		err = p.listen.Serve(ctx, p.socket)
	}
	<-followed
	return err
}
