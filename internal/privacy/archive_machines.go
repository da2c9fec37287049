package privacy

import (
	"errors"

	"parley/ent"
	entrun "parley/ent/agentrun"
	entstep "parley/ent/agentstep"
	entannotation "parley/ent/annotation"
	entplay "parley/ent/flowrun"
	entproposal "parley/ent/proposal"
)

// addMachines adds what machines did in a conversation, proposed for it and noted of it
// (AG-1, AG-3, AG-4), and how flows were played in it (BT-4).
func (a *archive) addMachines(c *ent.Conversation, about map[string]any) error {
	var faults [4]error
	about["agentRuns"], faults[0] = a.agentRuns(c)
	about["proposals"], faults[1] = a.proposals(c)
	about["annotations"], faults[2] = a.annotations(c)
	about["flowRuns"], faults[3] = a.flowRuns(c)
	return errors.Join(faults[:]...)
}

func (a *archive) agentRuns(c *ent.Conversation) ([]map[string]any, error) {
	client, list := a.s.store.Client(a.ctx), []map[string]any{}
	runs, err := client.AgentRun.Query().Where(entrun.ConversationID(c.ID)).Order(entrun.ByID()).All(a.ctx)
	if err != nil || len(runs) == 0 {
		return list, err
	}
	rows, err := client.AgentStep.Query().Where(entstep.ConversationID(c.ID)).Order(entstep.ByNumber()).All(a.ctx)
	if err != nil {
		return nil, err
	}
	steps := map[string][]map[string]any{}
	for _, s := range rows {
		steps[s.RunID] = append(steps[s.RunID], map[string]any{"kind": s.Kind, "text": s.Text, "at": moment(s.CreatedAt)})
	}
	for _, r := range runs {
		list = append(list, map[string]any{"id": r.ID, "state": r.State, "at": moment(r.CreatedAt), "steps": append([]map[string]any{}, steps[r.ID]...)})
	}
	return list, nil
}

func (a *archive) proposals(c *ent.Conversation) ([]map[string]any, error) {
	rows, err := a.s.store.Client(a.ctx).Proposal.Query().Where(entproposal.ConversationID(c.ID)).Order(entproposal.ByID()).All(a.ctx)
	list := []map[string]any{}
	for _, p := range rows {
		list = append(list, map[string]any{
			"id": p.ID, "state": p.State, "kind": p.Kind, "text": p.Markdown, "action": p.Action, "summary": p.Summary, "reason": p.Reason, "sources": p.Sources,
			"note": p.Note, "messageId": p.MessageID, "at": moment(p.CreatedAt),
		})
	}
	return list, err
}

func (a *archive) annotations(c *ent.Conversation) ([]map[string]any, error) {
	rows, err := a.s.store.Client(a.ctx).Annotation.Query().Where(entannotation.ConversationID(c.ID)).Order(entannotation.ByID()).All(a.ctx)
	list := []map[string]any{}
	for _, n := range rows {
		list = append(list, map[string]any{
			"kind": n.Kind, "value": n.Value, "model": n.Model, "messageId": n.MessageID, "at": moment(n.CreatedAt), "superseded": n.SupersededAt.IsSet(),
		})
	}
	return list, err
}

// flowRuns are the flows that were played, with the answers of one that is not over.
func (a *archive) flowRuns(c *ent.Conversation) ([]map[string]any, error) {
	rows, err := a.s.store.Client(a.ctx).FlowRun.Query().Where(entplay.ConversationID(c.ID)).Order(entplay.ByID()).All(a.ctx)
	list := []map[string]any{}
	for _, r := range rows {
		answers := []map[string]any{}
		for _, one := range r.Answers {
			answers = append(answers, map[string]any{"question": one.Question, "answer": one.Value})
		}
		list = append(list, map[string]any{
			"version": r.Version, "stepId": r.StepID, "outcome": r.Outcome, "answers": answers, "lastAnswer": r.LastAnswer, "at": moment(r.CreatedAt), "ended": r.EndedAt.IsSet(),
		})
	}
	return list, err
}
