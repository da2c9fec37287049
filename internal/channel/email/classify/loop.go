package classify

import (
	"fmt"

	"parley/internal/channel/email/thread"
	"parley/internal/vocab"
)

// mostHops is how many servers a mail may have passed. Long ways with
// gateways and forwarding have about 15.
const mostHops = 25

// judgeLoop finds mail that comes back or goes round (pitfall 6).
func (j *judge) judgeLoop() {
	if j.SentByUs {
		j.findAutomatic("SENT_BY_US", "It is an e-mail that Parley sent.")
	}
	if value := j.header(vocab.LoopHeader); value != "" {
		j.findAutomatic("LOOP", quoteHeader(vocab.LoopHeader, value))
	}
	if hops := len(j.headers("Received")); hops > mostHops {
		j.findAutomatic("HOP_COUNT", fmt.Sprintf("It has %d Received headers; the maximum is %d.", hops, mostHops))
	}
	if from := thread.Address(j.Mail.From.Address); !j.SentByUs && j.own[from] && j.own[j.sender] {
		j.findAutomatic("OWN_ADDRESS", "From: "+clip(from)+" is an address of this account.")
	}
}
