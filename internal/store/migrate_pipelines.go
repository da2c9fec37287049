package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/richtext"
)

// pipelinesOfWords is the number of the migration that makes the first pipelines of each
// account (CR-7, CR-9), and pipelines and stages of the words that tickets and presets of
// tickets had before. It never changes, as the others do not.
const pipelinesOfWords = 81

// movedStage is a stage as the migration makes it.
type movedStage struct {
	pipelineID, id, kind string
}

// pipelineMaking makes pipelines within the migration's transaction.
type pipelineMaking struct {
	tagMaking
	// pipelines are by account and name without case, stages by pipeline and name.
	pipelines map[wordKey]string
	stages    map[wordKey]movedStage
	// count is how many pipelines of tickets an account has, or stages a pipeline.
	count map[string]int
}

// firstPipelines are those of each account: object, name, and stages of name, kind and
// probability.
var firstPipelines = []struct {
	object, name string
	stages       [][3]string
}{
	{"TICKET", "Support", [][3]string{
		{"New", "OPEN"}, {"Waiting on contact", "WAITING_ON_CONTACT"}, {"Waiting on us", "WAITING_ON_US"}, {"Closed", "CLOSED"},
	}},
	{"DEAL", "Sales", [][3]string{
		{"Appointment scheduled", "OPEN", "20"}, {"Qualified", "OPEN", "40"}, {"Presentation", "OPEN", "60"},
		{"Decision maker bought in", "OPEN", "80"}, {"Contract sent", "OPEN", "90"}, {"Won", "WON", "100"}, {"Lost", "LOST", "0"},
	}},
}

// makePipelinesOfWords returns the migration of a dialect.
func makePipelinesOfWords(postgres bool) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		m := &pipelineMaking{
			tagMaking: tagMaking{tx: tx, postgres: postgres, now: int64(clock.Of(clock.System{}.Now()))},
			pipelines: map[wordKey]string{}, stages: map[wordKey]movedStage{}, count: map[string]int{},
		}
		for _, step := range []func(context.Context) error{m.ofAccounts, m.ofTickets, m.ofPresets, m.numberTickets} {
			if err := step(ctx); err != nil {
				return fmt.Errorf("make pipelines of words: %w", err)
			}
		}
		return nil
	}
}

func (m *pipelineMaking) ofAccounts(ctx context.Context) error {
	accounts, err := m.readRows(ctx, "SELECT id FROM accounts ORDER BY id", 1)
	if err != nil {
		return err
	}
	for _, row := range accounts {
		for _, first := range firstPipelines {
			pipelineID, err := m.makePipeline(ctx, row[0], first.object, first.name)
			if err != nil {
				return err
			}
			for _, stage := range first.stages {
				if _, err := m.makeStage(ctx, row[0], pipelineID, stage[0], stage[1], stage[2]); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func foldWord(word string) string { return richtext.Caseless(strings.Join(strings.Fields(word), " ")) }

func (m *pipelineMaking) makePipeline(ctx context.Context, account, object, name string) (string, error) {
	pipelineID := id.New(id.Pipeline)
	m.count[account+object]++
	if object == "TICKET" {
		m.pipelines[wordKey{account, foldWord(name)}] = pipelineID
	}
	return pipelineID, m.exec(ctx, "INSERT INTO pipelines (id, account_id, object, name, folded, position, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		pipelineID, account, object, name, foldWord(name), m.count[account+object], m.now)
}

func (m *pipelineMaking) makeStage(ctx context.Context, account, pipelineID, name, kind, probability string) (movedStage, error) {
	stage := movedStage{pipelineID, id.New(id.PipelineStage), kind}
	m.count[pipelineID]++
	m.stages[wordKey{pipelineID, foldWord(name)}] = stage
	percent := "NULL"
	if probability != "" {
		percent = probability
	}
	return stage, m.exec(ctx, "INSERT INTO pipeline_stages (id, account_id, pipeline_id, name, folded, position, kind, probability, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, "+
		percent+", $8)", stage.id, account, pipelineID, name, foldWord(name), m.count[pipelineID], kind, m.now)
}

// stageOf is the stage that words name, which is made with their first use. A pipeline
// begins with a stage in which the team works on tickets.
func (m *pipelineMaking) stageOf(ctx context.Context, account, pipeline, stage string) (movedStage, error) {
	if pipeline = strings.Join(strings.Fields(pipeline), " "); pipeline == "" {
		pipeline = "Support"
	}
	if stage = strings.Join(strings.Fields(stage), " "); stage == "" {
		stage = "New"
	}
	pipelineID := m.pipelines[wordKey{account, foldWord(pipeline)}]
	if pipelineID == "" {
		var err error
		if pipelineID, err = m.makePipeline(ctx, account, "TICKET", pipeline); err != nil {
			return movedStage{}, err
		}
	}
	if made, ok := m.stages[wordKey{pipelineID, foldWord(stage)}]; ok {
		return made, nil
	}
	return m.makeStage(ctx, account, pipelineID, stage, "OPEN", "")
}

func (m *pipelineMaking) ofTickets(ctx context.Context) error {
	found, err := m.readRows(ctx, "SELECT account_id, pipeline, stage FROM tickets GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", 3)
	if err != nil {
		return err
	}
	for _, row := range found {
		stage, err := m.stageOf(ctx, row[0], row[1], row[2])
		if err != nil {
			return err
		}
		err = m.exec(ctx, "UPDATE tickets SET pipeline_id = $1, stage_id = $2, stage_kind = $3 WHERE account_id = $4 AND pipeline = $5 AND stage = $6",
			stage.pipelineID, stage.id, stage.kind, row[0], row[1], row[2])
		if err != nil {
			return err
		}
	}
	return m.exec(ctx, "UPDATE tickets SET last_activity_at = created_at, closed_at = CASE WHEN stage_kind = 'CLOSED' THEN created_at ELSE 0 END")
}

// ofPresets has what new tickets begin with name stages, and say what was so before.
func (m *pipelineMaking) ofPresets(ctx context.Context) error {
	found, err := m.readRows(ctx, "SELECT account_id, id, CAST(ticket_preset AS TEXT) FROM email_channels WHERE ticket_preset IS NOT NULL ORDER BY id", 3)
	if err != nil {
		return err
	}
	for _, row := range found {
		preset := map[string]any{}
		if err := json.Unmarshal([]byte(row[2]), &preset); err != nil {
			return err
		}
		if preset["pipeline"] == nil {
			continue // null
		}
		stage, err := m.stageOf(ctx, row[0], fmt.Sprint(preset["pipeline"]), fmt.Sprint(preset["stage"]))
		if err != nil {
			return err
		}
		delete(preset, "pipeline")
		delete(preset, "stage")
		preset["pipelineId"], preset["stageId"], preset["source"] = stage.pipelineID, stage.id, "EMAIL"
		preset["ownerRule"], preset["subject"], preset["description"] = "CONVERSATION_ASSIGNEE", "{{email.subject}}", "{{email.text}}"
		text, err := json.Marshal(preset)
		if err != nil {
			return err
		}
		if err := m.exec(ctx, "UPDATE email_channels SET ticket_preset = $1 WHERE id = $2", string(text), row[1]); err != nil {
			return err
		}
	}
	return nil
}

// numberTickets numbers the tickets of each account in the order of their making.
func (m *pipelineMaking) numberTickets(ctx context.Context) error {
	err := m.exec(ctx, `UPDATE tickets SET number = numbered.n FROM
		(SELECT id, ROW_NUMBER() OVER (PARTITION BY account_id ORDER BY created_at, id) AS n FROM tickets) AS numbered WHERE numbered.id = tickets.id`)
	if err != nil {
		return err
	}
	return m.exec(ctx, "INSERT INTO record_counters (id, account_id, tickets) SELECT account_id, account_id, MAX(number) FROM tickets GROUP BY account_id")
}
