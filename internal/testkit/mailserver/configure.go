package mailserver

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// account is the system's user that owns the mail.
type account struct {
	name, group string
	uid, gid    int
}

// mailOwner is who runs the test, but root, whom Dovecot gives no mail: then it
// is Dovecot's own user.
func mailOwner(t testing.TB) account {
	t.Helper()
	who, err := user.Current()
	if err == nil && who.Uid == "0" {
		who, err = user.Lookup("dovecot")
	}
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(who.Gid)
	if err != nil {
		t.Fatal(err)
	}
	a := account{name: who.Username, group: group.Name}
	a.uid, _ = strconv.Atoi(who.Uid)
	a.gid, _ = strconv.Atoi(who.Gid)
	return a
}

func firstUser(users map[string]string) (name, password string) {
	name = slices.Min(slices.Collect(maps.Keys(users)))
	return name, users[name]
}

// prepare writes what the configuration names: users, the certificate, folders.
func (s *Server) prepare(t testing.TB) {
	t.Helper()
	var users strings.Builder
	for name, password := range s.options.Users {
		fmt.Fprintf(&users, "%s:{PLAIN}%s\n", name, password)
	}
	s.write(t, "users", users.String())
	if s.options.OpenID != nil {
		s.write(t, "oauth2.conf", fmt.Sprintf(`introspection_mode = post
introspection_url = %s
username_attribute = email
active_attribute = active
active_value = true
`, s.options.OpenID.IntrospectionURL()))
	}
	if s.options.TLS {
		certificate, key, roots := selfSigned(t)
		s.write(t, "certificate.pem", certificate)
		s.write(t, "key.pem", key)
		s.Roots = roots
	}
	for _, name := range []string{"mail", "state"} {
		if err := os.Mkdir(s.path(name), 0o755); err != nil { // other users' processes enter it
			t.Fatal(err)
		}
		s.chownToMail(t, s.path(name))
	}
}

func (s *Server) write(t testing.TB, name, text string) {
	t.Helper()
	if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil { // other users' processes read it
		t.Fatal(err)
	}
}

// chownToMail gives a file to the owner of the mail, when root makes it.
func (s *Server) chownToMail(t testing.TB, path string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	if err := os.Lchown(path, s.owner.uid, s.owner.gid); err != nil {
		t.Fatal(err)
	}
}

// configure takes free ports and writes the configuration.
func (s *Server) configure(t testing.TB) {
	t.Helper()
	s.IMAP, s.LMTP = freePort(t), freePort(t)
	if s.options.TLS {
		s.IMAPS = freePort(t)
	}
	if s.options.Relay != "" {
		s.Submit = freePort(t)
	}
	s.write(t, "dovecot.conf", s.basics()+s.ports()+s.authentication()+s.unprivileged()+s.options.Extra)
}

func (s *Server) basics() string {
	protocols := "imap lmtp"
	if s.options.Relay != "" {
		protocols += " submission"
	}
	return fmt.Sprintf(`base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = /dev/stderr
protocols = %[2]s
listen = 127.0.0.1
hostname = mail.example.com
mail_location = maildir:%[1]s/mail/%%u
mail_uid = %[3]d
mail_gid = %[4]d
first_valid_uid = 1
first_valid_gid = 1
mail_fsync = never
maildir_very_dirty_syncs = no
mailbox_idle_check_interval = 1s
lmtp_save_to_detail_mailbox = no
recipient_delimiter = +
namespace inbox {
  inbox = yes
}
service anvil {
  client_limit = 2000
  # Who fails to log in is not made to wait the next time.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
`, s.folder, protocols, s.owner.uid, s.owner.gid)
}

// ports has only those that are wanted: none of Dovecot's own.
func (s *Server) ports() string {
	listener := "  inet_listener %s {\n    port = %d\n%s  }\n"
	imap := fmt.Sprintf(listener, "imap", s.IMAP, "") + fmt.Sprintf(listener, "imaps", s.IMAPS, ssl(s.options.TLS))
	text := "service imap-login {\n" + imap + "}\nservice lmtp {\n" + fmt.Sprintf(listener, "lmtp", s.LMTP, "") + "}\n"
	if s.options.Relay != "" {
		host, port, _ := strings.Cut(s.options.Relay, ":")
		text += "service submission-login {\n" + fmt.Sprintf(listener, "submission", s.Submit, "") + fmt.Sprintf(listener, "submissions", 0, "") + "}\n"
		text += fmt.Sprintf("submission_relay_host = %s\nsubmission_relay_port = %s\nsubmission_relay_trusted = yes\n", host, cmp.Or(port, "25"))
	}
	if !s.options.TLS {
		return text + "ssl = no\n"
	}
	return text + fmt.Sprintf("ssl = yes\nssl_cert = <%[1]s/certificate.pem\nssl_key = <%[1]s/key.pem\n", s.folder)
}

func ssl(on bool) string {
	if on {
		return "    ssl = yes\n"
	}
	return ""
}

func (s *Server) authentication() string {
	mechanisms, tokens := "plain login", ""
	if s.options.OpenID != nil {
		mechanisms += " xoauth2 oauthbearer"
		tokens = fmt.Sprintf("passdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = %s/oauth2.conf\n}\n", s.folder)
	}
	return fmt.Sprintf(`disable_plaintext_auth = no
auth_failure_delay = 0
auth_mechanisms = %s
%spassdb {
  driver = passwd-file
  mechanisms = plain login
  args = username_format=%%u %s/users
}
userdb {
  driver = static
  args = allow_all_users=yes
}
`, mechanisms, tokens, s.folder)
}

// unprivileged lets Dovecot run without root's rights: no one is changed to, and
// no root folder is changed.
func (s *Server) unprivileged() string {
	if os.Getuid() == 0 {
		return ""
	}
	text := fmt.Sprintf("default_internal_user = %[1]s\ndefault_login_user = %[1]s\ndefault_internal_group = %[2]s\n", s.owner.name, s.owner.group)
	for _, service := range []string{"anvil", "imap-login", "submission-login", "stats", "ipc", "director", "aggregator"} {
		text += fmt.Sprintf("service %s {\n  chroot =\n}\n", service)
	}
	return text
}
