package classify

import (
	"strings"

	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// judgeSpamMarks believes a spam filter's "yes", if the filter says that it ran
// on a trusted server. Where in the mail its headers stand is not known, so a
// sender can write them too; they would only harm themselves, and a server on
// the way that is not trusted may be wrong.
func (j *judge) judgeSpamMarks() {
	if !j.filterTrusted() {
		return
	}
	for _, name := range []string{"X-Spam-Flag", "X-Spam-Status", "X-Spam"} {
		if value := j.header(name); startsWithYes(value) {
			j.addFinding(vocab.ReasonSpam, "SPAM_FILTER", quoteHeader(name, value))
			return
		}
	}
}

// filterTrusted reports whether a spam filter says that it ran on a trusted
// server.
func (j *judge) filterTrusted() bool {
	_, host, _ := strings.Cut(j.header("X-Spam-Checker-Version"), " on ")
	for _, host := range []string{host, j.header("X-Rspamd-Server")} {
		host = strings.TrimPrefix(thread.Address("@"+host), "@")
		if host != "" && j.trusts(host) {
			return true
		}
	}
	return false
}

func startsWithYes(value string) bool {
	return strings.HasPrefix(strings.ToLower(value), "yes")
}
