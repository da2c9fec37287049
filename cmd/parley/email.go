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
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/attachment/clamav"
	"parley/internal/channel/email"
	"parley/internal/channel/email/guard"
	"parley/internal/channel/email/listener"
	"parley/internal/channel/email/oauth"
	"parley/internal/channel/email/smtp"
	"parley/internal/httpserver"
	"parley/internal/job"
	"parley/internal/lease"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// emailSettings are those of the e-mail channel and of files.
type emailSettings struct {
	FilesURL     string   `env:"PARLEY_FILES_URL" placeholder:"URL" help:"Where files and raw mail are kept: s3://bucket?region=...&endpoint=... Empty: the folder files/ in the data folder. Nodes that share a database share it."`
	ClamAVURL    string   `env:"PARLEY_CLAMAV_URL" name:"clamav-url" placeholder:"URL" help:"clamd that looks through files for viruses: tcp://host:3310 or unix:///run/clamav/clamd.ctl. Empty: nobody does."`
	MaxFileBytes int64    `env:"PARLEY_MAX_FILE_BYTES" default:"26214400" help:"Largest file that can be uploaded, in bytes."`
	MailListen   string   `env:"PARLEY_MAIL_LISTEN" default:"127.0.0.1:2525" placeholder:"HOST:PORT" help:"Where mail to forwarding addresses is received by SMTP. 'off': nowhere."`
	MailDomain   string   `env:"PARLEY_MAIL_DOMAIN" default:"localhost" placeholder:"DOMAIN" help:"Domain of forwarding addresses, whose MX record leads to PARLEY_MAIL_LISTEN."`
	MailTLSCert  string   `env:"PARLEY_MAIL_TLS_CERT" placeholder:"FILE" help:"Certificate of the SMTP listener, in PEM, with PARLEY_MAIL_TLS_KEY: it then offers STARTTLS."`
	MailTLSKey   string   `env:"PARLEY_MAIL_TLS_KEY" placeholder:"FILE" help:"Its private key."`
	MaxMailBytes int64    `env:"PARLEY_MAX_MAIL_BYTES" default:"52428800" help:"Largest mail that is received, in bytes. Of a larger one in a mailbox the header is taken."`
	AuthServ     []string `env:"PARLEY_TRUSTED_AUTHSERV" name:"trusted-authserv" placeholder:"ID" help:"Servers whose Authentication-Results count (RFC 8601), commas between, beside those of Gmail and Microsoft 365 on their own mailboxes."`
	MailNetworks []string `env:"PARLEY_MAIL_NETWORKS" placeholder:"NETWORK" help:"Private networks in which mail servers and sign-in providers may be, commas between, e.g. 10.0.0.0/8. Empty: none; Parley connects to public addresses alone."`

	GoogleClientID        string `env:"PARLEY_GOOGLE_CLIENT_ID" placeholder:"ID" help:"OAuth client for Gmail and Google Workspace; its redirect address is PARLEY_PUBLIC_URL/oauth/callback."`
	GoogleClientSecret    string `env:"PARLEY_GOOGLE_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	GoogleIssuer          string `env:"PARLEY_GOOGLE_ISSUER" placeholder:"URL" help:"Another OpenID provider in Google's place."`
	GoogleIMAP            string `env:"PARLEY_GOOGLE_IMAP" placeholder:"URL" help:"Another IMAP server in Google's place: imaps://host:993, imap+starttls://host:143 or imap://host:143."`
	GoogleSMTP            string `env:"PARLEY_GOOGLE_SMTP" placeholder:"URL" help:"Another SMTP server in Google's place: smtps://host:465, smtp+starttls://host:587 or smtp://host:25."`
	MicrosoftClientID     string `env:"PARLEY_MICROSOFT_CLIENT_ID" placeholder:"ID" help:"OAuth client for Microsoft 365; its redirect address is PARLEY_PUBLIC_URL/oauth/callback."`
	MicrosoftClientSecret string `env:"PARLEY_MICROSOFT_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	MicrosoftTenant       string `env:"PARLEY_MICROSOFT_TENANT" default:"common" placeholder:"TENANT" help:"The tenant whose mailboxes can be connected; common: any."`
	MicrosoftIssuer       string `env:"PARLEY_MICROSOFT_ISSUER" placeholder:"URL" help:"Another OpenID provider in Microsoft's place."`
	MicrosoftIMAP         string `env:"PARLEY_MICROSOFT_IMAP" placeholder:"URL" help:"Another IMAP server in Microsoft's place; see PARLEY_GOOGLE_IMAP."`
	MicrosoftSMTP         string `env:"PARLEY_MICROSOFT_SMTP" placeholder:"URL" help:"Another SMTP server in Microsoft's place; see PARLEY_GOOGLE_SMTP."`
	IMAPIssuer            string `env:"PARLEY_IMAP_ISSUER" placeholder:"URL" help:"OpenID provider whose tokens other IMAP and SMTP servers take."`
	IMAPClientID          string `env:"PARLEY_IMAP_CLIENT_ID" placeholder:"ID" help:"OAuth client there."`
	IMAPClientSecret      string `env:"PARLEY_IMAP_CLIENT_SECRET" placeholder:"SECRET" help:"Its secret."`
	IMAPScopes            string `env:"PARLEY_IMAP_SCOPES" default:"openid email offline_access" placeholder:"SCOPES" help:"What it asks for, spaces between."`
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
	bad(e.MailListen != off && err != nil, "PARLEY_MAIL_LISTEN", fmt.Sprintf("is %q, which is no address", e.MailListen), "a host and a port such as 0.0.0.0:25, or off")
	bad(e.MailDomain == "" || strings.ContainsAny(e.MailDomain, "@ /:"), "PARLEY_MAIL_DOMAIN", fmt.Sprintf("is %q", e.MailDomain), "a domain such as in.example.com")
	bad((e.MailTLSCert == "") != (e.MailTLSKey == ""), "PARLEY_MAIL_TLS_CERT", "and PARLEY_MAIL_TLS_KEY go together", "both, or neither")
	bad(e.MaxFileBytes < 1024, "PARLEY_MAX_FILE_BYTES", "is below 1024", "1024 or more bytes")
	bad(e.MaxMailBytes < 1<<20, "PARLEY_MAX_MAIL_BYTES", "is below a megabyte", "1048576 or more bytes")
	_, err = e.networks()
	bad(err != nil, "PARLEY_MAIL_NETWORKS", "has an entry that is no network", "networks such as 10.0.0.0/8,127.0.0.0/8")
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

// networks are the private networks that mail servers may be in.
func (e *emailSettings) networks() ([]netip.Prefix, error) {
	list := []netip.Prefix{}
	for _, text := range e.MailNetworks {
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

// postOffice is what receives and sends mail, and keeps files.
type postOffice struct {
	emails *email.Service
	files  *attachment.Service
	blobs  *blob.Bucket
	listen *listener.Listener
	socket net.Listener
	log    *slog.Logger
}

// openPost wires the e-mail channel and files. It is called before the queue
// starts.
func (c *serveCommand) openPost(ctx context.Context, a *app, dataDir string, log *slog.Logger) (*postOffice, error) {
	blobs, err := blob.Open(ctx, c.FilesURL, dataDir)
	if err != nil {
		return nil, fmt.Errorf("PARLEY_FILES_URL: %w", err)
	}
	options := attachment.Options{MaxBytes: c.MaxFileBytes, Log: log}
	if c.ClamAVURL != "" {
		if options.Scanner, err = clamav.New(c.ClamAVURL); err != nil {
			return nil, fmt.Errorf("PARLEY_CLAMAV_URL: %w", err)
		}
	}
	options.Allow = a.visitors.MayUpload
	files := attachment.New(a.store, blobs, a.keys, a.people, c.PublicURL, options)
	networks, err := c.networks()
	if err != nil {
		return nil, err
	}
	fence := guard.New(networks)
	relay, err := c.relay()
	if err != nil {
		return nil, fmt.Errorf("PARLEY_SMTP_URL: %w", err)
	}
	domain := c.MailDomain
	if c.MailListen == off {
		domain = ""
	}
	emails := email.New(a.store, a.keys, a.services.Contacts, a.services.Conversations, files, blobs, email.Options{
		PublicURL: c.PublicURL, Domain: domain, Providers: c.providers(), OAuth: oauth.New(fence.HTTPClient(), a.store.Clock()), Dial: fence.DialContext,
		Relay: relay, Outbox: filepath.Join(dataDir, "outbox"), TrustedAuthServ: c.AuthServ, MaxMailBytes: c.MaxMailBytes, Log: log, Trusts: c.trusts,
	})
	a.services.Emails, a.services.Attachments = emails, files
	a.services.Conversations.UseAttachments(files)
	a.inboxes.UseMailboxes(emails)
	files.Register(a.queue)
	job.Register(a.queue, emails.RunRevoke, job.Options{Timeout: time.Minute})
	job.Register(a.queue, emails.RunIngest, job.Options{Timeout: 2 * time.Minute})
	job.Register(a.queue, emails.Send, job.Options{Timeout: 11 * time.Minute})
	job.Register(a.queue, emails.RunReclassify, job.Options{Timeout: 5 * time.Minute})
	a.queue.Periodic("ingest-overdue-mail", time.Minute, emails.IngestOverdue)
	a.queue.Periodic("forget-sign-ins", time.Hour, emails.Forget)
	if !a.store.Postgres() { // this process alone has the database; see lockDataDir
		if err := lease.Reset(viewer.NewContext(ctx, viewer.Everywhere("start")), a.store); err != nil {
			return nil, err
		}
	}
	p := &postOffice{emails: emails, files: files, blobs: blobs, log: log}
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
		log.Warn("no forwarded mail is received: PARLEY_MAIL_LISTEN cannot be listened on", "address", c.MailListen, "error", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("PARLEY_MAIL_LISTEN: cannot listen on %s: %w", c.MailListen, err)
	}
	p.socket = socket
	p.listen = listener.New(listener.Options{
		Hostname: c.MailDomain, TLS: certificate, MaxBytes: c.MaxMailBytes, Log: log,
		Recipient: func(ctx context.Context, address string) (string, error) {
			channelID, err := p.emails.Recipient(ctx, address)
			if err == nil && channelID == "" {
				return "", listener.ErrUnknown
			}
			return channelID, err
		},
		Deliver: func(ctx context.Context, d listener.Delivery) error {
			return p.emails.Deliver(ctx, email.Arrived{ChannelIDs: d.ChannelIDs, From: d.From, Recipients: d.Recipients, Raw: d.Raw})
		},
	})
	return nil
}

// relay is the server that sends the mail of forwarding addresses: Parley's own;
// nil: none, and mail goes to the outbox.
func (s *serverSettings) relay() (*smtp.Server, error) {
	if s.SMTPURL == "" {
		return nil, nil
	}
	u, err := url.Parse(s.SMTPURL)
	if err != nil {
		return nil, errors.New("it is no address")
	}
	password, _ := u.User.Password()
	server := &smtp.Server{Host: u.Hostname(), Username: u.User.Username(), Password: password, Security: vocab.MailSTARTTLS}
	if u.Scheme == "smtps" {
		server.Security = vocab.MailTLS
	}
	local := u.Hostname() == "localhost"
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil {
		local = ip.IsLoopback()
	}
	if local && u.Scheme == "smtp" {
		server.Security = vocab.MailPlain
	}
	server.Port = map[string]int{"smtp": 587, "smtps": 465}[u.Scheme]
	if u.Port() != "" {
		server.Port, err = strconv.Atoi(u.Port())
	}
	return server, err
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
		p.emails.Run(ctx)
	}()
	var err error
	if p.listen != nil {
		err = p.listen.Serve(ctx, p.socket)
	}
	<-followed
	return errors.Join(err, p.blobs.Close())
}

var _ httpserver.Files = (*attachment.Service)(nil)
