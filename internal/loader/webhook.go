package loader

import (
	"context"

	"parley/ent"
	"parley/ent/webhookdelivery"
	"parley/ent/webhookendpoint"
)

// WebhookEndpoints loads by id; see the package.
func (s *Service) WebhookEndpoints(ctx context.Context, ids []string) ([]*ent.WebhookEndpoint, error) {
	return align(ids, func(distinct []string) ([]*ent.WebhookEndpoint, error) {
		return s.store.Client(ctx).WebhookEndpoint.Query().Where(webhookendpoint.IDIn(distinct...)).All(ctx)
	}, func(v *ent.WebhookEndpoint) string { return v.ID })
}

// WebhookDeliveries loads by id; see the package.
func (s *Service) WebhookDeliveries(ctx context.Context, ids []string) ([]*ent.WebhookDelivery, error) {
	return align(ids, func(distinct []string) ([]*ent.WebhookDelivery, error) {
		return s.store.Client(ctx).WebhookDelivery.Query().Where(webhookdelivery.IDIn(distinct...)).All(ctx)
	}, func(v *ent.WebhookDelivery) string { return v.ID })
}
