package loader

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/bot"
	"parley/ent/integration"
	"parley/internal/clock"
	"parley/internal/id"
	"parley/internal/viewer"
)

// programs loads integrations and bots, where their ids stand, with one statement.
func (s *Service) programs(ctx context.Context, integrationIDs, botIDs []string) ([]*ent.Integration, []*ent.Bot, error) {
	of, among := distinct(integrationIDs), distinct(botIDs)
	switch {
	case len(among) == 0:
		integrations, err := s.Integrations(ctx, integrationIDs)
		return integrations, nil, err
	case len(of) == 0:
		bots, err := s.Bots(ctx, botIDs)
		return nil, bots, err
	}
	query := s.store.Client(ctx).Integration.Query().Where(integration.IDIn(of...))
	query.Modify(func(q *sql.Selector) { addBots(q, viewer.FromContext(ctx), among) })
	rows, err := query.All(ctx)
	if err != nil {
		return nil, nil, err
	}
	found := make(map[string]*ent.Integration, len(rows))
	bots := map[string]*ent.Bot{}
	for _, row := range rows {
		if !id.Is(row.ID, id.Bot) {
			found[row.ID] = row
		} else {
			if bots[row.ID], err = botOf(row); err != nil {
				return nil, nil, err
			}
		}
	}
	return placed(integrationIDs, found), placed(botIDs, bots), nil
}

// addBots adds bots to the rows of a query of integrations, under the same fence. What
// only bots have stands, as a list of texts, where integrations have their inboxes.
func addBots(q *sql.Selector, v *viewer.Viewer, ids []string) {
	values := make([]any, len(ids))
	for i, botID := range ids {
		values[i] = botID
	}
	of := sql.Dialect(q.Dialect()).Table(bot.Table)
	rows := sql.Dialect(q.Dialect()).Select(of.C(bot.FieldID), of.C(bot.FieldAccountID), of.C(bot.FieldName)).From(of)
	list, kept := "json_array", make([]string, len(ownOfBots))
	if q.Dialect() == dialect.Postgres {
		list = "jsonb_build_array"
	}
	for i, column := range ownOfBots {
		kept[i] = "CAST(" + of.C(column) + " AS TEXT)"
	}
	rows.AppendSelectExprAs(sql.Expr(list+"("+strings.Join(kept, ", ")+")"), integration.FieldInboxIds)
	rows.AppendSelect(of.C(bot.FieldAvatarURL), of.C(bot.FieldCreatedAt)).Where(sql.In(of.C(bot.FieldID), values...))
	if !v.PassesAccounts() {
		rows.Where(sql.EQ(of.C(bot.FieldAccountID), v.AccountID))
	}
	q.UnionAll(rows)
}

// ownOfBots are the columns of bots that integrations do not have, or have with another
// meaning, in the order in which botOf reads them.
var ownOfBots = []string{bot.FieldInboxIds, bot.FieldRouting, bot.FieldNobodyAvailableText, bot.FieldArchivedAt, bot.FieldApprovalTimeout, bot.FieldFlowVersion}

// botOf is the bot in a row of integrations.
func botOf(row *ent.Integration) (*ent.Bot, error) {
	own := row.InboxIds
	if len(own) != len(ownOfBots) {
		return nil, fmt.Errorf("load bot %s: %d columns", row.ID, len(own))
	}
	b := &ent.Bot{ID: row.ID, AccountID: row.AccountID, Name: row.Name, AvatarURL: row.AvatarURL, CreatedAt: row.CreatedAt, NobodyAvailableText: own[2]}
	archived, err := strconv.ParseInt(own[3], 10, 64)
	b.ArchivedAt = clock.Micros(archived)
	timeout, wrong := strconv.Atoi(own[4])
	b.ApprovalTimeout = timeout
	version, odd := strconv.Atoi(own[5])
	b.FlowVersion = version
	return b, errors.Join(err, wrong, odd, json.Unmarshal([]byte(own[0]), &b.InboxIds), json.Unmarshal([]byte(own[1]), &b.Routing))
}
