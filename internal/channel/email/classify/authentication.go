package classify

import (
	"cmp"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"

	"parley/internal/channel/email/parse"
	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// authenticate reads the results that trusted servers wrote (RFC 8601), judges
// by them, and returns them.
//
// Servers put their headers on top. So only the topmost
// Authentication-Results count, down to the first that no trusted server wrote:
// what stands below that was written before, by whom it may be. ARC results of
// forwarders do not count. A trusted server must take away headers that have
// its id and are not its own (RFC 8601, 5); for those that do not, the first
// result of a method counts.
func (j *judge) authenticate() map[string]string {
	results := map[string]string{}
	server, proves := "", false
	for i, value := range j.headers("Authentication-Results") {
		id, list := readResults(value)
		if !j.trusts(id) {
			break
		}
		if server == "" {
			server = id
		}
		for _, r := range list {
			r.addTo(results)
			// Without an id, anyone's results look like the server's: only the topmost are its own.
			proves = proves || (i == 0 || id != "") && r.method != "dmarc" && r.value == "pass" && !r.helo && j.aligned(r.domain)
		}
	}
	j.confirmed = results["dmarc"] == "pass" || results["dmarc"] == "" && proves
	j.judgeAuthentication(results, server)
	return results
}

// Authenticate returns whether a server that is trusted confirms that a mail is from
// whom it names in From, and the results of "spf", "dkim" and "dmarc" that such a server
// wrote. DMARC's word is good enough; without it a good signature, or the return path,
// must be of the domain of From.
func Authenticate(m *parse.Mail, trusted []string) (bool, map[string]string) {
	j := &judge{Facts: Facts{Mail: m, TrustedAuthServ: trusted}}
	results := j.authenticate()
	return j.confirmed, results
}

// Refuted reports whether the results say that a mail is not from whom it names.
func Refuted(results map[string]string) bool {
	return results["dmarc"] == "fail" || results["dmarc"] == "" && results["spf"] == "fail" && results["dkim"] != "pass"
}

// aligned reports whether a domain is that of the mail's From, or the one is below the
// other (RFC 7489, 3.1: relaxed).
func (j *judge) aligned(domain string) bool {
	at := strings.LastIndex(domain, "@")
	domain = strings.TrimPrefix(thread.Address("@"+domain[at+1:]), "@")
	_, from, ok := cutLast(thread.Address(j.Mail.From.Address))
	return ok && domain != "" && organization(domain) == organization(from)
}

// organization is the domain that someone registered.
func organization(domain string) string {
	if registered, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return registered
	}
	return domain
}

// Codes of what is not from whom it names.
const (
	dmarcFail = "DMARC_FAIL"
	spfFail   = "SPF_FAIL"
)

// judgeAuthentication takes DMARC's word, and where there is none that of SPF
// if no DKIM signature was good. Only a plain "fail" counts: "softfail", "none"
// and errors happen to honest senders.
func (j *judge) judgeAuthentication(results map[string]string, server string) {
	detail := "Authentication-Results of " + clip(server) + ": "
	if server == "" {
		detail = "Authentication-Results: "
	}
	switch {
	case results["dmarc"] == "fail":
		j.addFinding(vocab.ReasonSpam, dmarcFail, detail+"dmarc=fail")
	case Refuted(results):
		j.addFinding(vocab.ReasonSpam, spfFail, detail+"spf=fail and no good DKIM signature")
	}
}

// trusts reports whether results of a server with that authserv-id count.
func (j *judge) trusts(id string) bool {
	for _, pattern := range j.TrustedAuthServ {
		if covers(strings.ToLower(strings.TrimSpace(pattern)), id) {
			return true
		}
	}
	return false
}

// result is one result of a method.
type result struct {
	method, value string
	// domain is whose signature, or return path, it is about.
	domain string
	// helo: of SPF, it is about the server's name and not the sender's domain.
	helo bool
}

// addTo puts a result among the others: of DKIM a pass counts, one signature
// being enough, else what came first.
func (r result) addTo(results map[string]string) {
	if _, known := results[r.method]; !known || r.method == "dkim" && r.value == "pass" {
		results[r.method] = r.value
	}
}

// readResults reads a header: the id of the server that wrote it, in lower case
// ("" if it has none), and what it says about SPF, DKIM and DMARC. What cannot
// be read is left out.
func readResults(value string) (id string, list []result) {
	parts := strings.Split(withoutComments(value), ";")
	if strings.Contains(parts[0], "=") {
		parts = append([]string{""}, parts...)
	}
	if words := strings.Fields(parts[0]); len(words) > 0 {
		id = strings.ToLower(words[0])
	}
	var helo []result
	for _, part := range parts[1:] {
		r, ok := readResult(part)
		if r.helo {
			helo = append(helo, r)
		} else if ok {
			list = append(list, r)
		}
	}
	return id, append(list, helo...)
}

// readResult reads "method=value parameters".
func readResult(part string) (result, bool) {
	_, parsed, err := authres.Parse("id;" + part)
	if err != nil || len(parsed) != 1 {
		return result{}, false
	}
	switch r := parsed[0].(type) {
	case *authres.DMARCResult:
		return result{method: "dmarc", value: string(r.Value)}, true
	case *authres.DKIMResult:
		return result{method: "dkim", value: string(r.Value), domain: cmp.Or(r.Domain, r.Identifier)}, true
	case *authres.SPFResult:
		value := string(r.Value)
		if value == authres.ResultHardFail {
			value = authres.ResultFail
		}
		return result{method: "spf", value: value, domain: r.From, helo: r.From == "" && r.Helo != ""}, true
	}
	return result{}, false
}

// withoutComments takes out what stands in parentheses, which may nest, and the
// semicolons in quotes, which part nothing.
func withoutComments(value string) string {
	var b strings.Builder
	depth, quoted, escaped := 0, false, false
	for _, r := range value {
		literal := escaped
		escaped = r == '\\' && !literal
		switch {
		case literal:
		case r == '"' && depth == 0:
			quoted = !quoted
		case r == '(' && !quoted:
			depth++
		case r == ')' && depth > 0:
			depth--
			continue
		}
		if depth == 0 && !(quoted && r == ';') {
			b.WriteRune(r)
		}
	}
	return b.String()
}
