package crm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"parley/ent"
	entpipeline "parley/ent/pipeline"
	entstage "parley/ent/pipelinestage"
	entticket "parley/ent/ticket"
	entuser "parley/ent/user"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/opt"
	"parley/internal/property"
	"parley/internal/richtext"
	"parley/internal/store"
	"parley/internal/vocab"
)

// TicketPresetInput is what the tickets of an e-mail channel begin with (EM-3).
type TicketPresetInput struct {
	PipelineID  string
	StageID     *string
	Priority    *vocab.Priority
	OwnerRule   *vocab.TicketOwnerRule
	OwnerID     *string
	Source      *vocab.TicketSource
	Subject     *string
	Description *string
	Properties  []vocab.TicketProperty
	// DefinedProperties name properties by their ids or names.
	DefinedProperties []vocab.PresetProperty
}

const maxPattern = 2_000

// Preset is the input as it is stored, unchecked: see CleanPreset.
func (in *TicketPresetInput) Preset() *vocab.TicketPreset {
	if in == nil {
		return nil
	}
	return &vocab.TicketPreset{
		PipelineID: in.PipelineID, StageID: orEmpty(in.StageID), Priority: or(in.Priority, vocab.PriorityNone),
		OwnerRule: or(in.OwnerRule, vocab.OwnerConversationAssignee), OwnerID: orEmpty(in.OwnerID), Source: or(in.Source, vocab.TicketFromEmail),
		Subject: or(in.Subject, "{{email.subject}}"), Description: or(in.Description, "{{email.text}}"), Properties: in.Properties, Defined: in.DefinedProperties,
	}
}

// PresetInput is the input that a stored preset would come from.
func PresetInput(p *vocab.TicketPreset) *TicketPresetInput {
	if p == nil {
		return nil
	}
	return &TicketPresetInput{
		PipelineID: p.PipelineID, StageID: &p.StageID, Priority: &p.Priority, OwnerRule: &p.OwnerRule, OwnerID: &p.OwnerID, Source: &p.Source,
		Subject: &p.Subject, Description: &p.Description, Properties: p.Properties, DefinedProperties: p.Defined,
	}
}

func or[T any](given *T, byDefault T) T {
	if given == nil {
		return byDefault
	}
	return *given
}

// CleanPreset returns a preset as it is kept: with a stage. The errors are joined and
// blame fields below at: NOT_FOUND, REQUIRED, TOO_LONG, INVALID.
func CleanPreset(ctx context.Context, client *ent.Client, p vocab.TicketPreset, path ...string) (*vocab.TicketPreset, error) {
	stageID, err := presetStage(ctx, client, p, path)
	subject, err2 := oneLine(p.Subject, 1, maxSubject, at(path, "subject")...)
	description, err3 := cleanText(p.Description, maxPattern, at(path, "description")...)
	_, err4 := parsePattern(subject, at(path, "subject")...)
	_, err5 := parsePattern(description, at(path, "description")...)
	list, err6 := cleanProperties(p.Properties, path...)
	defined, err7 := cleanPresetProperties(ctx, client, p.Defined, at(path, definedField)...)
	if err := errors.Join(err, err2, err3, err4, err5, err6, err7, checkPresetOwner(ctx, client, p, path)); err != nil {
		return nil, err
	}
	p.StageID, p.Subject, p.Description, p.Properties, p.Defined = stageID, subject, description, list, defined
	return &p, nil
}

func presetStage(ctx context.Context, client *ent.Client, p vocab.TicketPreset, path []string) (string, error) {
	pipeline, err := findPipeline(ctx, client, p.PipelineID, unlocked, at(path, "pipelineId")...)
	switch {
	case err != nil:
		return "", err
	case pipeline.Object != vocab.TicketPipeline:
		return "", errs.New(errs.Invalid, "The pipeline is one of another object.").On(at(path, "pipelineId")...)
	case pipeline.ArchivedAt.IsSet():
		return "", errs.New(errs.Invalid, "The pipeline is archived.").On(at(path, "pipelineId")...)
	}
	if p.StageID == "" {
		return client.PipelineStage.Query().Where(entstage.PipelineID(pipeline.ID), entstage.ArchivedAt(0), entstage.KindEQ(vocab.StageOpen)).
			Order(entstage.ByPosition(), entstage.ByID()).FirstID(ctx)
	}
	stage, err := findStage(ctx, client, p.StageID, unlocked, at(path, "stageId")...)
	switch {
	case err != nil:
		return "", err
	case stage.PipelineID != pipeline.ID:
		return "", errs.New(errs.Invalid, "The stage belongs to another pipeline.").On(at(path, "stageId")...)
	case stage.ArchivedAt.IsSet():
		return "", errs.New(errs.Invalid, "The stage is archived.").On(at(path, "stageId")...)
	}
	return stage.ID, nil
}

func checkPresetOwner(ctx context.Context, client *ent.Client, p vocab.TicketPreset, path []string) error {
	if p.OwnerRule != vocab.OwnerUser {
		if p.OwnerID != "" {
			return errs.New(errs.Invalid, "Only the rule USER has an owner.").On(at(path, "ownerId")...)
		}
		return nil
	}
	if p.OwnerID == "" {
		return errs.New(errs.Required, "Name the user who gets the tickets.").On(at(path, "ownerId")...)
	}
	active, err := isActive(ctx, client, p.OwnerID)
	if err == nil && !active {
		err = missing("active user", p.OwnerID, at(path, "ownerId")...)
	}
	return err
}

// CreateFromPreset makes the ticket of a conversation, within the caller's
// transaction, and returns it. A conversation has one (EM-8): one that has a
// ticket already keeps it as it is, and nothing is recorded. Whatever was archived
// since the preset was stored, there is a ticket.
func CreateFromPreset(ctx context.Context, tx *store.Tx, c *ent.Conversation, subject string, preset *vocab.TicketPreset) (*ent.Ticket, error) {
	existing, err := tx.Client.Ticket.Query().Where(entticket.ConversationID(c.ID)).Only(ctx)
	if err == nil || !ent.IsNotFound(err) {
		return existing, err
	}
	t := &ent.Ticket{
		ID: id.New(id.Ticket), ContactID: c.ContactID, ConversationID: &c.ID, Priority: preset.Priority, Source: preset.Source, Properties: preset.Properties,
	}
	stage, err := stageOfPreset(ctx, tx, preset)
	if err != nil {
		return nil, err
	}
	courseOfTicket(t).enterStage(tx, stage)
	if err := fillPattern(ctx, mailFacts{tx, c, subject}, t, preset); err != nil {
		return nil, err
	}
	if err := errors.Join(ownByRule(ctx, tx, t, c, preset), courseOfTicket(t).fillCompany(ctx, tx, opt.Value[*string]{})); err != nil {
		return nil, err
	}
	if err := insertTicket(ctx, tx, t, c); err != nil {
		return nil, err
	}
	return t, setPresetProperties(ctx, tx, t.ID, preset.Defined)
}

func fillPattern(ctx context.Context, m mailFacts, t *ent.Ticket, preset *vocab.TicketPreset) error {
	subject, err := m.fill(ctx, preset.Subject)
	if err != nil {
		return err
	}
	description, err := m.fill(ctx, preset.Description)
	if err != nil {
		return err
	}
	t.Subject = cut(richtext.Name(subject), maxSubject)
	t.Description = cut(strings.TrimSpace(description), maxFilled)
	return nil
}

// stageOfPreset is the preset's stage; the first open one of its pipeline if it is
// archived, or of the first pipeline if that is.
func stageOfPreset(ctx context.Context, tx *store.Tx, preset *vocab.TicketPreset) (*ent.PipelineStage, error) {
	p, err := tx.Client.Pipeline.Query().Where(entpipeline.ID(preset.PipelineID), entpipeline.ObjectEQ(vocab.TicketPipeline), entpipeline.ArchivedAt(0)).Only(ctx)
	if ent.IsNotFound(err) {
		p, err = firstPipeline(ctx, tx, vocab.TicketPipeline)
	}
	if err != nil {
		return nil, err
	}
	stage, err := tx.Client.PipelineStage.Query().Where(entstage.ID(preset.StageID), entstage.PipelineID(p.ID), entstage.ArchivedAt(0)).
		Modify(store.ForShare).Only(ctx)
	if ent.IsNotFound(err) {
		return firstOpen(ctx, tx, p.ID)
	}
	return stage, err
}

// ownByRule gives a new ticket the owner that the preset says.
func ownByRule(ctx context.Context, tx *store.Tx, t *ent.Ticket, c *ent.Conversation, preset *vocab.TicketPreset) error {
	wanted := ""
	switch preset.OwnerRule {
	case vocab.OwnerConversationAssignee:
		t.OwnerFollows, wanted = true, c.AssigneeID
	case vocab.OwnerUser:
		wanted = preset.OwnerID
	case vocab.OwnerContactOwner:
		if c.ContactID != "" {
			contact, err := tx.Client.Contact.Get(ctx, c.ContactID)
			if err != nil {
				return err
			}
			wanted = contact.OwnerID
		}
	}
	active, err := isActive(ctx, tx.Client, wanted)
	if active {
		t.OwnerID = wanted
	}
	return err
}

// PresetProblems are, for each preset, why new tickets are not quite what it says.
func (s *Service) PresetProblems(ctx context.Context, presets []*vocab.TicketPreset) ([][]vocab.TicketPresetProblem, error) {
	var pipelines, stages, users []string
	for _, p := range presets {
		pipelines, stages, users = append(pipelines, p.PipelineID), append(stages, p.StageID), append(users, p.OwnerID)
	}
	client := s.store.Client(ctx)
	goodPipelines, err := client.Pipeline.Query().Where(entpipeline.IDIn(pipelines...), entpipeline.ArchivedAt(0)).IDs(ctx)
	goodStages, err2 := client.PipelineStage.Query().Where(entstage.IDIn(stages...), entstage.ArchivedAt(0)).IDs(ctx)
	goodUsers, err3 := client.User.Query().Where(entuser.IDIn(users...), entuser.DeactivatedAt(0)).IDs(ctx)
	properties, err4 := presetProperties(ctx, client, presets)
	if err := errors.Join(err, err2, err3, err4); err != nil {
		return nil, err
	}
	lists := make([][]vocab.TicketPresetProblem, len(presets))
	for i, p := range presets {
		lists[i] = []vocab.TicketPresetProblem{}
		switch {
		case !slices.Contains(goodPipelines, p.PipelineID):
			lists[i] = append(lists[i], vocab.PresetPipelineArchived)
		case !slices.Contains(goodStages, p.StageID):
			lists[i] = append(lists[i], vocab.PresetStageArchived)
		}
		if p.OwnerRule == vocab.OwnerUser && !slices.Contains(goodUsers, p.OwnerID) {
			lists[i] = append(lists[i], vocab.PresetOwnerGone)
		}
		if slices.ContainsFunc(p.Defined, func(d vocab.PresetProperty) bool {
			return !property.Kept{Of: properties[d.PropertyID], Text: d.Value}.IsGood()
		}) {
			lists[i] = append(lists[i], vocab.PresetPropertyArchived)
		}
	}
	return lists, nil
}
