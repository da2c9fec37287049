package slack

import (
	"context"

	"parley/ent"
	"parley/ent/slackchannel"
	"parley/ent/slackworkspace"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/store"
	"parley/internal/vocab"
)

// Workspaces returns the account's workspaces, by name.
func (s *Service) Workspaces(ctx context.Context) ([]*ent.SlackWorkspace, error) {
	return s.store.Client(ctx).SlackWorkspace.Query().Order(slackworkspace.ByName(), slackworkspace.ByID()).Limit(maxWorkspaces).All(ctx)
}

// loadWorkspace returns a workspace of the account: NOT_FOUND on slackWorkspaceId.
func loadWorkspace(ctx context.Context, client *ent.Client, workspaceID string) (*ent.SlackWorkspace, error) {
	if id.Is(workspaceID, id.SlackWorkspace) {
		w, err := client.SlackWorkspace.Get(ctx, workspaceID)
		if !ent.IsNotFound(err) {
			return w, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no Slack workspace %q.", errs.Clip(workspaceID)).On("slackWorkspaceId")
}

// DisconnectWorkspace takes a workspace away, with its channels. Its token is given back to
// Slack, unless another account has the workspace too.
func (s *Service) DisconnectWorkspace(ctx context.Context, in DisconnectSlackWorkspaceInput) (string, error) {
	call := idempotency.Call{Mutation: "disconnectSlackWorkspace", Key: in.IdempotencyKey, Input: in, Result: in.SlackWorkspaceID}
	return account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		w, err := loadWorkspace(ctx, tx.Client, in.SlackWorkspaceID)
		if err != nil {
			return err
		}
		channels, err := tx.Client.SlackChannel.Query().Where(slackchannel.WorkspaceID(w.ID)).All(asSystem(ctx, w.AccountID))
		if err != nil {
			return err
		}
		for _, c := range channels {
			if err := removeChannel(ctx, tx, c); err != nil {
				return err
			}
		}
		for _, table := range []string{"slack_notices", "slack_removals"} {
			if _, err := tx.Exec(ctx, "DELETE FROM "+table+" WHERE team_id = $1 AND account_id = $2", w.TeamID, w.AccountID); err != nil {
				return err
			}
		}
		tx.Append(ctx, store.Event{Type: vocab.SlackWorkspaceEnded, SubjectID: w.ID})
		if w.Token != "" && w.State == vocab.SlackConnected {
			tx.Enqueue(store.Job{Args: RevokeArgs{WorkspaceID: w.ID, TeamID: w.TeamID, Sealed: w.Token}})
		}
		_, err = tx.Client.SlackWorkspace.Delete().Where(slackworkspace.ID(w.ID)).Exec(ctx)
		return err
	})
}

// RevokeArgs ask to give a token back to Slack. It is sealed as it was in the row.
type RevokeArgs struct {
	WorkspaceID string `json:"workspaceId"`
	TeamID      string `json:"teamId"`
	Sealed      string `json:"sealed"`
}

// Kind names the job.
func (RevokeArgs) Kind() string { return "revoke-slack-token" }

// Revoke gives a token back, unless an account has the workspace: Slack gives all of them the
// same. It is the worker of RevokeArgs.
func (s *Service) Revoke(ctx context.Context, args RevokeArgs) error {
	others, err := s.store.Strings(everywhere(ctx), "SELECT id FROM slack_workspaces WHERE team_id = $1 LIMIT 1", args.TeamID)
	if err != nil || len(others) > 0 {
		return err
	}
	token, err := s.keys.Open(args.Sealed, tokenPlace(args.WorkspaceID))
	if err != nil {
		return err
	}
	_, err = s.clientWith("").SendAuthRevokeContext(ctx, string(token))
	if faultOf(err) == faultRevoked || faultOf(err) == faultRefused {
		return nil
	}
	return err
}

// revoke notes that the app has no access to a workspace any more. What waits, waits for the
// workspace to be connected again. Admins are notified by the event.
func (s *Service) revoke(ctx context.Context, w *ent.SlackWorkspace, problem string) error {
	return s.store.WithTx(asSystem(ctx, w.AccountID), func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.Client.SlackWorkspace.Update().Where(slackworkspace.ID(w.ID), slackworkspace.StateEQ(vocab.SlackConnected), slackworkspace.Token(w.Token)).
			SetState(vocab.SlackRevoked).SetProblem(problem).Save(ctx)
		if err != nil || n == 0 {
			return err
		}
		var c store.Changes
		c.Value("state", string(vocab.SlackConnected), string(vocab.SlackRevoked))
		tx.Append(ctx, store.Event{Type: vocab.SlackWorkspaceUpdated, SubjectID: w.ID, Changes: c})
		return nil
	})
}
