package slack

import (
	"context"

	"parley/ent"
	"parley/ent/integration"
	"parley/internal/account"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
)

// integrationOf is the integration that writes for those in Slack who are no users: one for an
// account, which it keeps when a workspace is disconnected.
func integrationOf(ctx context.Context, tx *store.Tx) (string, error) {
	accountID := viewer.FromContext(ctx).AccountID
	found, err := tx.Strings(ctx, "SELECT integration_id FROM slack_integrations WHERE account_id = $1", accountID)
	if err != nil {
		return "", err
	}
	if len(found) > 0 {
		there, err := tx.Client.Integration.Query().Where(integration.ID(found[0])).Exist(ctx)
		if err != nil || there {
			return found[0], err
		}
	}
	integrationID := id.New(id.Integration)
	if err := tx.Client.Integration.Create().SetID(integrationID).SetName("Slack").SetInboxIds([]string{}).SetCreatedAt(tx.Now()).Exec(ctx); err != nil {
		return "", err
	}
	_, err = tx.Exec(ctx, "INSERT INTO slack_integrations (account_id, integration_id) VALUES ($1, $2) ON CONFLICT (account_id) DO UPDATE SET integration_id = excluded.integration_id", accountID, integrationID)
	return integrationID, err
}

// integrationViewer is the workspace's integration, as it is now: an admin may rename it, and take
// inboxes from it.
func (h *hearing) integrationViewer(ctx context.Context) (*viewer.Viewer, error) {
	v, err := h.viewers.ViewerOf(ctx, h.row.accountID, h.workspace.IntegrationID, "")
	if err != nil {
		return nil, err
	}
	as := *v
	as.Scopes = []string{viewer.ScopeAll}
	return &as, nil
}

// letIn has a workspace's integration see an inbox that gets a channel.
func letIn(ctx context.Context, tx *store.Tx, w *ent.SlackWorkspace, inboxID string) error {
	return account.GrantInbox(ctx, tx, w.IntegrationID, inboxID)
}
