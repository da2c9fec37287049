package slack

import (
	"context"
	"slices"
	"strings"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/ent/slackworkspace"
	"parley/internal/errs"
	"parley/internal/store"
)

// All accounts of the server that connect one Slack workspace have the same app in it, with the same
// bot user. What keeps them apart: a channel is connected by one account, and a private one
// only if whoever installed the app for that account is a member of it.

const (
	// privateCursor begins the cursor of a page that goes on among private channels.
	privateCursor = "private:"
	// publicCursor begins one that goes on among public ones.
	publicCursor = "public:"
	// pageOfMembers is how many members of a channel are read at a time, and mostMemberPages how often.
	pageOfMembers, mostMemberPages = 1_000, 20
)

// listChannels fills a page with the private channels in which both the app and whoever installed
// it are, and then with public ones.
func (s *Service) listChannels(ctx context.Context, client *api.Client, w *ent.SlackWorkspace, page *AvailableChannels, cursor string) error {
	public, isPublic := strings.CutPrefix(cursor, publicCursor)
	if !isPublic && w.Installer != "" {
		found, next, err := client.GetConversationsForUserContext(ctx, &api.GetConversationsForUserParameters{
			UserID: w.Installer, Cursor: strings.TrimPrefix(cursor, privateCursor), Limit: pageOfChannels, Types: []string{"private_channel"}, ExcludeArchived: true,
		})
		if err != nil && !isCode(err, "user_not_found") { // they left the workspace
			return err
		}
		page.add(found)
		if next != "" {
			next = privateCursor + next
			page.EndCursor = &next
			return nil
		}
	}
	left := pageOfChannels - len(page.Channels)
	if left <= 0 {
		first := publicCursor
		page.EndCursor = &first
		return nil
	}
	found, next, err := client.GetConversationsContext(ctx, &api.GetConversationsParameters{ExcludeArchived: true, Cursor: public, Limit: left, Types: []string{"public_channel"}})
	if err != nil {
		return err
	}
	page.add(found)
	if next != "" {
		next = publicCursor + next
		page.EndCursor = &next
	}
	return nil
}

func (p *AvailableChannels) add(found []api.Channel) {
	for _, c := range found {
		p.Channels = append(p.Channels, &AvailableChannel{SlackID: c.ID, Name: c.Name, Private: c.IsPrivate, Member: c.IsMember || c.IsPrivate, Shared: isShared(&c.GroupConversation)})
	}
}

// checkMember refuses a private channel in which whoever installed the app is not: NOT_ELIGIBLE on
// slackId.
func (s *Service) checkMember(ctx context.Context, client *api.Client, w *ent.SlackWorkspace, slackID string) error {
	cursor := ""
	for range mostMemberPages {
		members, next, err := client.GetUsersInConversationContext(ctx, &api.GetUsersInConversationParameters{ChannelID: slackID, Cursor: cursor, Limit: pageOfMembers})
		if err != nil {
			return s.slackFailed(ctx, w, err)
		}
		if w.Installer != "" && slices.Contains(members, w.Installer) {
			return nil
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	return errs.New(errs.NotEligible, "The channel is private, and whoever installed the app for this account is not in it: a member of it has to connect the workspace again.").On("slackId")
}

// belongsToOthers refuses a channel that another account of the server has: NOT_ELIGIBLE on
// slackId.
func (s *Service) belongsToOthers(ctx context.Context, w *ent.SlackWorkspace, slackID string) error {
	others, err := s.store.Strings(everywhere(ctx), othersHave, w.TeamID, slackID, w.AccountID)
	return refuseOthers(others, err)
}

const othersHave = "SELECT id FROM slack_channels WHERE team_id = $1 AND slack_id = $2 AND account_id <> $3 LIMIT 1"

func refuseOthers(others []string, err error) error {
	if err == nil && len(others) > 0 {
		err = errs.New(errs.NotEligible, "Another account of this server has connected the channel: choose another one.").On("slackId")
	}
	return err
}

// lockTeam is belongsToOthers in the transaction that connects a channel: no other account
// connects one of the same Slack workspace meanwhile.
func (s *Service) lockTeam(ctx context.Context, tx *store.Tx, w *ent.SlackWorkspace, slackID string) error {
	_, err := tx.Client.SlackWorkspace.Query().Where(slackworkspace.TeamID(w.TeamID)).Order(slackworkspace.ByID()).Modify(store.ForUpdate).All(everywhere(ctx))
	if err != nil {
		return err
	}
	others, err := tx.Strings(ctx, othersHave, w.TeamID, slackID, w.AccountID)
	return refuseOthers(others, err)
}
