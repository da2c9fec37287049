package classify_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley/internal/channel/email/classify"
)

// IN-11: what trusted servers found out about the sender.
func TestAuthentication(t *testing.T) {
	t.Parallel()
	type results = map[string]string
	for name, tc := range map[string]struct {
		trusted, headers string
		want             string
		results          results
	}{
		"none":             {"mx.google.com", "X-Other: 1", "", results{}},
		"Gmail, all good":  {"mx.google.com", "mx.google.com;\t dkim=pass header.i=@example.com header.s=s header.b=AbC;\t spf=pass (google.com: domain of ada@example.com designates 192.0.2.1; as permitted sender) smtp.mailfrom=ada@example.com;\t dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com", "", results{"spf": "pass", "dkim": "pass", "dmarc": "pass"}},
		"Gmail, DMARC":     {"mx.google.com", "mx.google.com; spf=pass smtp.mailfrom=x@evil.test; dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=example.com", "SPAM/DMARC_FAIL", results{"spf": "pass", "dmarc": "fail"}},
		"Microsoft 365":    {"", "spf=fail (sender IP is 192.0.2.1) smtp.mailfrom=example.com; dkim=none (message not signed) header.d=none;dmarc=fail action=none header.from=example.com;compauth=fail reason=001", "SPAM/DMARC_FAIL", results{"spf": "fail", "dkim": "none", "dmarc": "fail"}},
		"best guess":       {"", "spf=none smtp.mailfrom=example.com; dmarc=bestguesspass action=none header.from=example.com", "", results{"spf": "none", "dmarc": "bestguesspass"}},
		"SPF alone":        {"mx.test", "mx.test; spf=fail smtp.mailfrom=example.com", "SPAM/SPF_FAIL", results{"spf": "fail"}},
		"hardfail":         {"mx.test", "mx.test; spf=hardfail smtp.mailfrom=example.com", "SPAM/SPF_FAIL", results{"spf": "fail"}},
		"SPF, bad DKIM":    {"mx.test", "mx.test; spf=fail smtp.mailfrom=example.com; dkim=fail header.d=example.com", "SPAM/SPF_FAIL", results{"spf": "fail", "dkim": "fail"}},
		"SPF, good DKIM":   {"mx.test", "mx.test; spf=fail smtp.mailfrom=x.test; dkim=pass header.d=example.com", "", results{"spf": "fail", "dkim": "pass"}},
		"SPF, good DMARC":  {"mx.test", "mx.test; spf=fail smtp.mailfrom=x.test; dmarc=pass header.from=example.com", "", results{"spf": "fail", "dmarc": "pass"}},
		"softfail":         {"mx.test", "mx.test; spf=softfail smtp.mailfrom=example.com; dkim=none", "", results{"spf": "softfail", "dkim": "none"}},
		"temperror":        {"mx.test", "mx.test; spf=temperror smtp.mailfrom=example.com; dmarc=temperror header.from=example.com", "", results{"spf": "temperror", "dmarc": "temperror"}},
		"DKIM fails alone": {"mx.test", "mx.test; dkim=fail header.d=example.com", "", results{"dkim": "fail"}},
		"one of two keys":  {"mx.test", "mx.test; dkim=fail header.d=x.test; dkim=pass header.d=example.com; spf=fail smtp.mailfrom=x.test", "", results{"dkim": "pass", "spf": "fail"}},
		"name of a server": {"mx.test", "mx.test; spf=fail smtp.helo=host.example.com; spf=pass smtp.mailfrom=example.com", "", results{"spf": "pass"}},
		"only the server":  {"mx.test", "mx.test; spf=softfail smtp.helo=host.example.com", "", results{"spf": "softfail"}},
		"version":          {"mx.test", "mx.test 1; dmarc=fail header.from=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail"}},
		"none at all":      {"mx.test", "mx.test; none", "", results{}},
		"capitals":         {"MX.Test", "mx.TEST; DMARC=Fail header.from=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail"}},
		"pattern":          {"*.messagingengine.com", "mx6.messagingengine.com; dmarc=fail header.from=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail"}},
		"pattern's own":    {"*.messagingengine.com", "messagingengine.com; dmarc=fail header.from=example.com", "", results{}},
		"damaged part":     {"mx.test", "mx.test; what; =; dkim; dmarc=fail header.from=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail"}},
		"in a comment":     {"mx.test", "mx.test; spf=pass (said (dmarc=fail); x) smtp.mailfrom=example.com", "", results{"spf": "pass"}},
		"in quotes":        {"mx.test", `mx.test; spf=pass reason="a; dmarc=fail" smtp.mailfrom=example.com`, "", results{"spf": "pass"}},
		"comment no end":   {"mx.test", "mx.test; spf=pass (oh; dmarc=fail", "", results{"spf": "pass"}},

		"not trusted":             {"mx.test", "mx.evil.test; dmarc=fail header.from=example.com", "", results{}},
		"no id is not trusted":    {"mx.test", "dmarc=fail header.from=example.com", "", results{}},
		"an id is not trusted":    {"", "mx.test; dmarc=fail header.from=example.com", "", results{}},
		"one header each":         {"mx.test", "mx.test; dmarc=fail header.from=example.com\nmx.test; spf=fail smtp.mailfrom=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail", "spf": "fail"}},
		"two servers":             {"mx.test,in.test", "in.test; spf=fail smtp.mailfrom=example.com\nmx.test; dkim=pass header.d=example.com", "", results{"spf": "fail", "dkim": "pass"}},
		"forged pass below":       {"mx.test", "mx.test; dmarc=fail header.from=example.com\nmx.test; dmarc=pass header.from=example.com", "SPAM/DMARC_FAIL", results{"dmarc": "fail"}},
		"forged below a stranger": {"mx.test", "mx.test; spf=fail smtp.mailfrom=example.com\nmx.evil.test; spf=pass\nmx.test; dkim=pass header.d=example.com", "SPAM/SPF_FAIL", results{"spf": "fail"}},
		"a stranger on top":       {"mx.test", "mx.evil.test; dmarc=pass\nmx.test; dmarc=fail header.from=example.com", "", results{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := facts()
			f.TrustedAuthServ = strings.Split(tc.trusted, ",")
			if !strings.HasPrefix(tc.headers, "X-") {
				f.Mail.Header["Authentication-Results"] = strings.Split(tc.headers, "\n")
			}
			check(t, f, tc.want)
			if diff := cmp.Diff(tc.results, classify.Classify(f).Authentication); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a forwarder says in ARC does not make up for a failure, and without a
// trusted server nothing counts.
func TestAuthenticationTrust(t *testing.T) {
	t.Parallel()
	check(t, facts("Authentication-Results: mx.parley.test; dmarc=fail", "ARC-Authentication-Results: i=1; mx.parley.test; dmarc=pass"), "SPAM/DMARC_FAIL")
	nobody := facts("Authentication-Results: mx.parley.test; dmarc=fail")
	nobody.TrustedAuthServ = nil
	check(t, nobody, "")
	allowed := facts("Authentication-Results: mx.parley.test; dmarc=fail")
	allowed.AllowList = []string{"example.com"}
	check(t, allowed, "allowed=example.com")
	detail := classify.Classify(facts("Authentication-Results: mx.parley.test; dmarc=fail")).Reasons[0].Detail
	if detail != "Authentication-Results of mx.parley.test: dmarc=fail" {
		t.Error(detail)
	}
}

// A spam filter's verdict counts where the filter ran on a trusted server.
func TestSpamFilter(t *testing.T) {
	t.Parallel()
	const here = "X-Spam-Checker-Version: SpamAssassin 4.0.0 (2022-12-14) on mx.parley.test"
	check(t, facts(here, "X-Spam-Flag: YES"), "SPAM/SPAM_FILTER")
	check(t, facts(here, "X-Spam-Status: Yes, score=7.1 required=5.0", "X-Spam-Flag: YES"), "SPAM/SPAM_FILTER")
	check(t, facts("X-Rspamd-Server: mx.parley.test", "X-Spam: Yes"), "SPAM/SPAM_FILTER")
	check(t, facts(here, "X-Spam-Status: No, score=-1"), "")
	check(t, facts("X-Spam-Flag: YES"), "")
	check(t, facts("X-Spam-Checker-Version: SpamAssassin 4.0.0 on mx.evil.test", "X-Spam-Flag: YES"), "")
	check(t, facts(here, "X-Spam-Flag: NO", "X-Spam-Flag: YES"), "")
	unnamed := facts("X-Spam-Flag: YES")
	unnamed.TrustedAuthServ = []string{""}
	check(t, unnamed, "")
}
