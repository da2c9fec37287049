package classify

import (
	"fmt"

	"parley/internal/channel/email/thread"
)

// LoopHeader stands on every automatic mail that Parley sends, with any value.
// Mail that bears it is a machine's, of this installation or of another.
const LoopHeader = "X-Parley-Loop"

// mostHops is how many servers a mail may have passed. Long ways with
// gateways and forwarding have about 15.
const mostHops = 25

// judgeLoop finds mail that comes back or goes round (pitfall 6).
func (j *judge) judgeLoop() {
	if j.SentByUs {
		j.findAutomatic("SENT_BY_US", "It is a mail that was sent from here.")
	}
	if value := j.header(LoopHeader); value != "" {
		j.findAutomatic("LOOP", said(LoopHeader, value))
	}
	if hops := len(j.headers("Received")); hops > mostHops {
		j.findAutomatic("HOP_COUNT", fmt.Sprintf("It has %d Received headers; %d are the most.", hops, mostHops))
	}
	if from := thread.Address(j.Mail.From.Address); !j.SentByUs && j.own[from] && j.own[j.sender] {
		j.findAutomatic("OWN_ADDRESS", "From: "+clip(from)+" is an address of this account.")
	}
}
