package targeting

import (
	"parley/ent"
	"parley/internal/pageurl"
	"parley/internal/vocab"
)

// anywhere are the operators whose value may be any part of an address.
var anywhere = map[vocab.TargetingOperator]bool{vocab.OpContains: true, vocab.OpNotContains: true}

// impossible says why a rule's value can match no page; "": it could (TM-3).
func impossible(r vocab.Targeting) string {
	if anywhere[r.Operator] {
		return ""
	}
	return pageurl.Impossible(r.Value, r.Operator == vocab.OpMatches)
}

// doubts are the message's rules that hardly mean what they say.
func doubts(m *ent.TargetedMessage) []Warning {
	var list []Warning
	for _, r := range m.Rules {
		why := ""
		switch {
		case r.Operator == vocab.OpAllPages || r.Operator == vocab.OpQueryParam || r.Value == "":
		case anywhere[r.Operator]:
			why = pageurl.DoubtfulPart(r.Value)
		default:
			why = pageurl.Doubtful(r.Value, r.Operator == vocab.OpMatches)
		}
		if why != "" {
			list = append(list, Warning{Kind: vocab.WarnDoubtfulRule, Message: m, Rule: &r, Reason: &why})
		}
	}
	return list
}
