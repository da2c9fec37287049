package notification

import (
	"context"
	"slices"

	entsql "entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/internal/store"
	"parley/internal/vocab"
)

// mostAvailable is how many of those who are available are told of a new chat (NT-7).
const mostAvailable = 20

// member is an active member of an inbox.
type member struct {
	userID    string
	available bool
}

// ofInbox is the condition that a user u is a member, directly or through a team (AC-3).
func ofInbox(of *store.Statement, inboxID string) string {
	return "(EXISTS (SELECT 1 FROM inbox_users m WHERE m.user_id = u.id AND m.inbox_id = " + of.Arg(inboxID) + ")" +
		" OR EXISTS (SELECT 1 FROM team_members t JOIN inbox_teams m ON m.team_id = t.team_id WHERE t.user_id = u.id AND m.inbox_id = " + of.Arg(inboxID) + "))"
}

// members are the active members of a conversation's inbox, sorted by id, those who are
// available first: those among some users, if any are given, and those of its team, if it is
// assigned to one and none are given.
func (s *Service) members(ctx context.Context, c *ent.Conversation, among []string) (list []member, err error) {
	of := &store.Statement{}
	query := "SELECT u.id, u.availability FROM users u WHERE u.account_id = " + of.Arg(c.AccountID) + " AND u.deactivated_at = 0 AND " + ofInbox(of, c.InboxID)
	switch {
	case among != nil:
		query += " AND u.id IN (" + store.List(of, among) + ")"
	case c.AssignedTeamID != "":
		query += " AND EXISTS (SELECT 1 FROM team_members w WHERE w.user_id = u.id AND w.team_id = " + of.Arg(c.AssignedTeamID) + ")"
	}
	err = store.ForEachRow(ctx, s.store, query+" ORDER BY u.id", of.Args, func(rows entsql.ColumnScanner) error {
		var m member
		var availability vocab.UserAvailability
		err := rows.Scan(&m.userID, &availability)
		m.available = availability == vocab.Available
		list = append(list, m)
		return err
	})
	return list, err
}

// admins are the active admins of an account.
func (s *Service) admins(ctx context.Context, accountID string) ([]string, error) {
	return s.ids(ctx, "SELECT id FROM users WHERE account_id = $1 AND role = 'ADMIN' AND deactivated_at = 0 ORDER BY id", accountID)
}

// followers are who follows a conversation.
func (s *Service) followers(ctx context.Context, c *ent.Conversation) ([]string, error) {
	return s.ids(ctx, "SELECT user_id FROM conversation_follows WHERE conversation_id = $1 AND account_id = $2", c.ID, c.AccountID)
}

func (s *Service) ids(ctx context.Context, query string, args ...any) (list []string, err error) {
	err = store.ForEachRow(ctx, s.store, query, args, func(rows entsql.ColumnScanner) error {
		var one string
		err := rows.Scan(&one)
		list = append(list, one)
		return err
	})
	return list, err
}

// isAutomatic reports whether a machine wrote a mail.
func (s *Service) isAutomatic(ctx context.Context, m *ent.Message) (bool, error) {
	found, err := s.ids(ctx, "SELECT id FROM emails WHERE id = $1 AND account_id = $2 AND automatic", m.ID, m.AccountID)
	return len(found) > 0, err
}

// whoIsNotified leaves out, of whom a notice is for, who did it, who is not there or may not see
// it any longer, who looks at it, who has read it, and who does not want it.
func (s *Service) whoIsNotified(ctx context.Context, n *notice) ([]string, error) {
	users := slices.DeleteFunc(n.users, func(userID string) bool { return userID == n.event.ActorID || userID == "" })
	if len(users) == 0 {
		return nil, nil
	}
	var err error
	if n.conversation == nil {
		of := &store.Statement{}
		users, err = s.ids(ctx, "SELECT id FROM users WHERE account_id = "+of.Arg(n.event.AccountID)+" AND deactivated_at = 0 AND id IN ("+store.List(of, users)+") ORDER BY id", of.Args...)
	} else {
		users, err = s.whoDoesNotKnow(ctx, n, users)
	}
	if err != nil || len(users) == 0 {
		return nil, err
	}
	if n.shown, err = s.whoWants(ctx, n.event.AccountID, users, n.kind, n.inboxID(), vocab.NotifyInApp); err != nil {
		return nil, err
	}
	if n.mailed, err = s.whoWants(ctx, n.event.AccountID, users, n.kind, n.inboxID(), vocab.NotifyByEmail); err != nil {
		return nil, err
	}
	if n.pushed, err = s.whoIsPushed(ctx, n, users); err != nil {
		return nil, err
	}
	if n.slacked, err = s.whoIsSlacked(ctx, n, users); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(users, func(userID string) bool {
		return !n.shown[userID] && !n.mailed[userID] && !n.pushed[userID] && !n.slacked[userID]
	}), nil
}

// whoIsPushed are those of the users who want a notice by push, and have a browser for it.
func (s *Service) whoIsPushed(ctx context.Context, n *notice, users []string) (map[string]bool, error) {
	wanted, err := s.whoWants(ctx, n.event.AccountID, users, n.kind, n.inboxID(), vocab.NotifyByPush)
	if err != nil {
		return nil, err
	}
	of := &store.Statement{}
	having, err := s.ids(ctx, "SELECT DISTINCT user_id FROM push_subscriptions WHERE user_id IN ("+store.List(of, users)+") AND account_id = "+of.Arg(n.event.AccountID), of.Args...)
	pushed := map[string]bool{}
	for _, userID := range having {
		pushed[userID] = wanted[userID]
	}
	return pushed, err
}

// whoDoesNotKnow are those who may see the notice's conversation, do not look at it, and have
// not read it that far.
func (s *Service) whoDoesNotKnow(ctx context.Context, n *notice, users []string) (list []string, err error) {
	members, err := s.members(ctx, n.conversation, users)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	looking := s.presence.Looking(ctx, n.event.AccountID, n.inboxID(), n.conversationID())
	var read []string
	if n.messageID != "" && n.number > 0 {
		of := &store.Statement{}
		read, err = s.ids(ctx, "SELECT user_id FROM read_positions WHERE conversation_id = "+of.Arg(n.conversationID())+
			" AND account_id = "+of.Arg(n.event.AccountID)+" AND number >= "+of.Arg(n.number), of.Args...)
	}
	for _, m := range members {
		if !looking[m.userID] && !slices.Contains(read, m.userID) {
			list = append(list, m.userID)
		}
	}
	return list, err
}
