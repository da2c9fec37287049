package webhook

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/ent"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Made is an endpoint with a new secret, which is shown once: it is empty when the mutation
// was repeated.
type Made struct {
	Endpoint *ent.WebhookEndpoint
	Secret   string
}

// Create makes an endpoint, which gets what happens from then on (NT-4). Errors: REQUIRED,
// TOO_LONG and INVALID on what they are about, NOT_FOUND on integrationId and inboxIds.
func (s *Service) Create(ctx context.Context, in CreateWebhookEndpointInput) (Made, error) {
	made := Made{}
	call := idempotency.Call{
		Mutation: "createWebhookEndpoint", Key: in.IdempotencyKey, Input: in, Result: id.OrNew(in.ID, id.WebhookEndpoint),
		Own: []idempotency.Own{{Kind: id.WebhookEndpoint, Field: "id", ID: in.ID}},
	}
	endpointID, err := account.AdministerNew(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := s.newEndpoint(ctx, tx, in)
		if err != nil {
			return err
		}
		e.ID = call.Result
		made.Secret, e.Secret, err = s.newSecret(e.ID)
		if err != nil {
			return err
		}
		return insertEndpoint(ctx, tx, e)
	})
	if err != nil {
		return Made{}, err
	}
	made.Endpoint, err = load(ctx, s.store.Client(ctx), endpointID)
	return made, err
}

// newEndpoint checks the input and returns the endpoint that it asks for.
func (s *Service) newEndpoint(ctx context.Context, tx *store.Tx, in CreateWebhookEndpointInput) (*ent.WebhookEndpoint, error) {
	v := viewer.FromContext(ctx)
	e := &ent.WebhookEndpoint{AccountID: v.AccountID, State: vocab.WebhookActive, PayloadVersion: payloadVersion, CreatedAt: tx.Now()}
	var faults [7]error
	e.Name, faults[0] = account.CleanName(in.Name, "name")
	e.URL, faults[1] = s.cleanURL(in.URL)
	e.Scopes, faults[2] = account.CleanScopes(v, in.Scopes, nil)
	e.Types, faults[3] = cleanTypes(in.Types)
	e.ChangedFields, faults[4] = cleanFields(in.ChangedFields)
	if in.Document != nil {
		e.Document, faults[5] = cleanDocument(*in.Document)
	}
	if in.Filter != nil {
		e.Filter, faults[6] = s.views.Keep(ctx, *in.Filter, nil)
	}
	if err := errors.Join(faults[:]...); err != nil {
		return nil, err
	}
	if err := s.checkRights(ctx, e); err != nil {
		return nil, err
	}
	if err := mayAddOne(ctx, tx); err != nil {
		return nil, err
	}
	return e, giveIntegration(ctx, tx, e, in)
}

// mayAddOne refuses one endpoint too many. The transaction holds the account's lock.
func mayAddOne(ctx context.Context, tx *store.Tx) error {
	n, err := tx.Client.WebhookEndpoint.Query().Count(ctx)
	if err == nil && n >= maxEndpoints {
		err = errs.New(errs.Invalid, "The account has %d webhook endpoints, which is the maximum. Delete one first.", n)
	}
	return err
}

// giveIntegration says as which integration the endpoint reads, and in which inboxes.
func giveIntegration(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint, in CreateWebhookEndpointInput) (err error) {
	if in.IntegrationID == nil || *in.IntegrationID == "" {
		e.IntegrationID, err = account.MakeIntegration(ctx, tx, e.Name, in.InboxIDs)
		e.InboxIds = []string{}
		return err
	}
	i, err := account.LoadIntegration(ctx, tx.Client, *in.IntegrationID)
	if err != nil {
		return err
	}
	e.IntegrationID = i.ID
	e.InboxIds, err = cleanInboxes(i, in.InboxIDs)
	return err
}

// cleanInboxes returns inboxes of the integration's: NOT_FOUND on [inboxIds, index] for others.
func cleanInboxes(i *ent.Integration, inboxIDs []string) ([]string, error) {
	if len(inboxIDs) > account.MaxIDs {
		return nil, errs.Exceeds(account.MaxIDs, "The list has %d inboxes; at most %d are allowed.", len(inboxIDs), account.MaxIDs).On("inboxIds")
	}
	clean := []string{}
	var faults []error
	for n, inboxID := range inboxIDs {
		switch {
		case !slices.Contains(i.InboxIds, inboxID):
			faults = append(faults, errs.New(errs.NotFound, "The integration has no inbox %q.", errs.Clip(inboxID)).On("inboxIds", strconv.Itoa(n)))
		case !slices.Contains(clean, inboxID):
			clean = append(clean, inboxID)
		}
	}
	return clean, errors.Join(faults...)
}

func insertEndpoint(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint) error {
	log, err := tx.Client.AccountSequence.Query().Only(ctx)
	if err != nil {
		return err
	}
	tx.Append(ctx, store.Event{Type: vocab.WebhookEndpointCreated, SubjectID: e.ID, UserID: e.IntegrationID})
	create := tx.Client.WebhookEndpoint.Create().SetID(e.ID).SetIntegrationID(e.IntegrationID).SetName(e.Name).SetURL(e.URL).SetTypes(e.Types).
		SetInboxIds(e.InboxIds).SetChangedFields(e.ChangedFields).SetDocument(e.Document).SetPayloadVersion(e.PayloadVersion).SetScopes(e.Scopes).
		SetSecret(e.Secret).SetState(e.State).SetSinceSequence(log.Sequence).SetCreatedAt(e.CreatedAt)
	if len(e.Filter) > 0 {
		create.SetFilter(e.Filter)
	}
	return create.Exec(ctx)
}

// load returns an endpoint that is there: NOT_FOUND on webhookEndpointId.
func load(ctx context.Context, client *ent.Client, endpointID string) (*ent.WebhookEndpoint, error) {
	if id.Is(endpointID, id.WebhookEndpoint) {
		e, err := client.WebhookEndpoint.Get(ctx, endpointID)
		if !ent.IsNotFound(err) {
			return e, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no webhook endpoint %q.", errs.Clip(endpointID)).On("webhookEndpointId")
}
