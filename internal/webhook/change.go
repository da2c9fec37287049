package webhook

import (
	"context"
	"errors"
	"slices"

	"parley/ent"
	"parley/ent/webhookendpoint"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/conversation/view"
	"parley/internal/errs"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// lock loads an endpoint that is there and keeps others from changing it until the transaction ends.
func lock(ctx context.Context, tx *store.Tx, endpointID string) (*ent.WebhookEndpoint, error) {
	if _, err := load(ctx, tx.Client, endpointID); err != nil {
		return nil, err
	}
	return tx.Client.WebhookEndpoint.Query().Where(webhookendpoint.ID(endpointID)).Modify(store.ForUpdate).Only(ctx)
}

// Update changes an endpoint, pauses it or resumes it. Errors as Create's.
func (s *Service) Update(ctx context.Context, in UpdateWebhookEndpointInput) (*ent.WebhookEndpoint, error) {
	call := idempotency.Call{Mutation: "updateWebhookEndpoint", Key: in.IdempotencyKey, Input: in, Result: in.WebhookEndpointID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := lock(ctx, tx, in.WebhookEndpointID)
		if err != nil {
			return err
		}
		after := *before
		if err := s.alter(ctx, tx, &after, in); err != nil {
			return err
		}
		if !onlyPauses(before, &after) {
			if err := mayDirect(ctx, before); err != nil {
				return err
			}
		}
		return s.save(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, err
	}
	return load(ctx, s.store.Client(ctx), in.WebhookEndpointID)
}

// mayDirect refuses a token that grants less than an endpoint reads: it could have sent to it
// what it may not read itself (AC-12). FORBIDDEN.
func mayDirect(ctx context.Context, e *ent.WebhookEndpoint) error {
	v := viewer.FromContext(ctx)
	for _, scope := range e.Scopes {
		if !v.MayGrant(scope) {
			return errs.New(errs.Forbidden, "The endpoint reads by the scope %q, which your token does not grant: it may pause and delete the endpoint, but not direct it.", scope)
		}
	}
	return nil
}

// onlyPauses reports whether a change does no more than pause an endpoint.
func onlyPauses(before, after *ent.WebhookEndpoint) bool {
	paused := *before
	paused.State, paused.PauseReason = after.State, after.PauseReason
	return after.State == vocab.WebhookPaused && len(changesOf(&paused, after)) == 0
}

// alter changes an endpoint as the input says.
func (s *Service) alter(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint, in UpdateWebhookEndpointInput) error {
	faults := []error{
		replace(&e.Name, in.Name, "name", func(name string) (string, error) { return account.CleanName(name, "name") }),
		replace(&e.URL, in.URL, "url", s.cleanURL),
		s.alterFilter(ctx, e, in.Filter),
		alterInboxes(ctx, tx, e, in.InboxIDs),
		list(&e.Types, in.Types, cleanTypes),
		list(&e.ChangedFields, in.ChangedFields, cleanFields),
		list(&e.Scopes, in.Scopes, func(scopes []string) ([]string, error) {
			return account.CleanScopes(viewer.FromContext(ctx), scopes, e.Scopes)
		}),
	}
	document := ""
	opt.Set(&document, in.Document)
	if in.Document.IsSet() {
		clean, err := cleanDocument(document)
		e.Document, faults = clean, append(faults, err)
	}
	enabled, err := opt.NotNull(in.Enabled, "enabled")
	if err := errors.Join(append(faults, err)...); err != nil {
		return err
	}
	if enabled != nil {
		setEnabled(e, *enabled)
	}
	if in.URL.IsSet() {
		forgetFailures(e)
	}
	if in.Document.IsSet() || in.Scopes.IsSet() || in.Filter.IsSet() {
		e.DocumentProblem = ""
		return s.checkRights(ctx, e)
	}
	return nil
}

// replace puts what was given, cleaned, into a field that cannot be without a value.
func replace(field *string, v opt.Value[*string], name string, clean func(string) (string, error)) error {
	given, err := opt.NotNull(v, name)
	if given == nil {
		return err
	}
	value, err := clean(*given)
	if err == nil {
		*field = value
	}
	return err
}

// list puts what was given, cleaned, into a list.
func list[T any](field *[]T, v opt.Value[[]T], clean func([]T) ([]T, error)) error {
	given, ok := v.ValueOK()
	if !ok {
		return nil
	}
	value, err := clean(given)
	if err == nil {
		*field = value
	}
	return err
}

func (s *Service) alterFilter(ctx context.Context, e *ent.WebhookEndpoint, v opt.Value[*view.Filter]) error {
	given, ok := v.ValueOK()
	if !ok {
		return nil
	}
	if given == nil {
		e.Filter = nil
		return nil
	}
	kept, err := s.views.Keep(ctx, *given, e.Filter)
	if err == nil {
		e.Filter = kept
	}
	return err
}

func alterInboxes(ctx context.Context, tx *store.Tx, e *ent.WebhookEndpoint, v opt.Value[[]string]) error {
	given, ok := v.ValueOK()
	if !ok {
		return nil
	}
	i, err := account.LoadIntegration(ctx, tx.Client, e.IntegrationID)
	if err != nil {
		return err
	}
	e.InboxIds, err = cleanInboxes(i, given)
	return err
}

// setEnabled pauses an endpoint, or resumes it as one that works.
func setEnabled(e *ent.WebhookEndpoint, on bool) {
	switch {
	case on && e.State == vocab.WebhookPaused:
		e.State, e.PauseReason, e.Failures, e.RetryAt, e.FailingSince = vocab.WebhookActive, "", 0, 0, 0
	case !on && e.State != vocab.WebhookPaused:
		e.State, e.PauseReason = vocab.WebhookPaused, vocab.WebhookPausedByHand
	}
}

// forgetFailures has an endpoint at another address be one of which nothing is known.
func forgetFailures(e *ent.WebhookEndpoint) {
	e.Failures, e.RetryAt, e.FailingSince = 0, 0, 0
	if e.State == vocab.WebhookFailing {
		e.State = vocab.WebhookActive
	}
}

// save writes what is different of an endpoint, with an event that says what.
func (s *Service) save(ctx context.Context, tx *store.Tx, before, after *ent.WebhookEndpoint) error {
	c := changesOf(before, after)
	if len(c) == 0 {
		return nil
	}
	tx.Append(ctx, store.Event{Type: vocab.WebhookEndpointUpdated, SubjectID: after.ID, UserID: after.IntegrationID, Changes: c})
	update := tx.Client.WebhookEndpoint.Update().Where(webhookendpoint.ID(after.ID)).SetName(after.Name).SetURL(after.URL).SetScopes(after.Scopes).
		SetTypes(after.Types).SetInboxIds(after.InboxIds).SetChangedFields(after.ChangedFields).SetDocument(after.Document).
		SetDocumentProblem(after.DocumentProblem).SetState(after.State).SetPauseReason(after.PauseReason).SetFailures(after.Failures).
		SetRetryAt(after.RetryAt).SetFailingSince(after.FailingSince)
	if len(after.Filter) > 0 {
		update.SetFilter(after.Filter)
	} else {
		update.ClearFilter()
	}
	if err := update.Exec(ctx); err != nil {
		return err
	}
	if after.State == vocab.WebhookActive && (before.State == vocab.WebhookPaused || before.URL != after.URL) {
		if err := hastenAll(ctx, tx, after); err != nil {
			return err
		}
	}
	s.wakeAfter(tx, after.AccountID, after.ID)
	return nil
}

// changesOf are the fields that are different of an endpoint.
func changesOf(before, after *ent.WebhookEndpoint) store.Changes {
	var c store.Changes
	c.Named("name", before.Name != after.Name)
	c.Named("url", before.URL != after.URL)
	c.Named("scopes", !slices.Equal(before.Scopes, after.Scopes))
	c.Named("types", !slices.Equal(before.Types, after.Types))
	c.Named("inboxes", !slices.Equal(before.InboxIds, after.InboxIds))
	c.Named("filter", string(before.Filter) != string(after.Filter))
	c.Named("changedFields", !slices.Equal(before.ChangedFields, after.ChangedFields))
	c.Named("document", before.Document != after.Document)
	c.Value("state", string(before.State), string(after.State))
	return c
}

// Delete takes an endpoint away. What waits for it is removed in the background.
func (s *Service) Delete(ctx context.Context, in DeleteWebhookEndpointInput) (string, error) {
	call := idempotency.Call{Mutation: "deleteWebhookEndpoint", Key: in.IdempotencyKey, Input: in, Result: in.WebhookEndpointID}
	return account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := lock(ctx, tx, in.WebhookEndpointID)
		if err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.WebhookEndpointDeleted, SubjectID: e.ID, UserID: e.IntegrationID})
		return tx.Client.WebhookEndpoint.Update().Where(webhookendpoint.ID(e.ID)).SetDeletedAt(tx.Now()).SetSecret("").SetPreviousSecret("").Exec(ctx)
	})
}

const (
	defaultOverlap = 24 * 60 * 60
	maxOverlap     = 7 * 24 * 60 * 60
)

// Rotate gives an endpoint a new secret, and uses the one of before too for a while.
func (s *Service) Rotate(ctx context.Context, in RotateWebhookSecretInput) (Made, error) {
	overlap := defaultOverlap
	if in.OverlapSeconds != nil && *in.OverlapSeconds != 0 {
		overlap = *in.OverlapSeconds
	}
	if overlap < 1 || overlap > maxOverlap {
		return Made{}, errs.New(errs.Invalid, "Both secrets are used for 1 to %d seconds.", maxOverlap).On("overlapSeconds")
	}
	made := Made{}
	call := idempotency.Call{Mutation: "rotateWebhookSecret", Key: in.IdempotencyKey, Input: in, Result: in.WebhookEndpointID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		e, err := lock(ctx, tx, in.WebhookEndpointID)
		if err != nil {
			return err
		}
		if err := mayDirect(ctx, e); err != nil {
			return err
		}
		var sealed string
		if made.Secret, sealed, err = s.newSecret(e.ID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.WebhookEndpointUpdated, SubjectID: e.ID, UserID: e.IntegrationID, Changes: store.NamedChanges("secret")})
		until := tx.Now() + clock.Micros(overlap)*1_000_000
		return tx.Client.WebhookEndpoint.Update().Where(webhookendpoint.ID(e.ID)).SetSecret(sealed).SetPreviousSecret(e.Secret).SetPreviousUntil(until).Exec(ctx)
	})
	if err != nil {
		return Made{}, err
	}
	made.Endpoint, err = load(ctx, s.store.Client(ctx), in.WebhookEndpointID)
	return made, err
}
