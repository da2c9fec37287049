package slack

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	api "github.com/slack-go/slack"

	"parley/ent"
	"parley/ent/inbox"
	"parley/ent/savedview"
	"parley/ent/slackchannel"
	"parley/internal/account"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/idempotency"
	"parley/internal/opt"
	"parley/internal/store"
	"parley/internal/vocab"
)

// maxChannels is how many Slack channels an inbox may have.
const maxChannels = 20

var slackChannelID = regexp.MustCompile(`^[CG][A-Z0-9]{2,30}$`)

// ChannelsOf returns the Slack channels of each inbox, by name.
func (s *Service) ChannelsOf(ctx context.Context, inboxes []*ent.Inbox) ([][]*ent.SlackChannel, error) {
	ids := make([]string, len(inboxes))
	for i, box := range inboxes {
		ids[i] = box.ID
	}
	found, err := s.store.Client(ctx).SlackChannel.Query().Where(slackchannel.InboxIDIn(ids...)).Order(slackchannel.ByName(), slackchannel.ByID()).All(ctx)
	lists := make([][]*ent.SlackChannel, len(inboxes))
	for i := range lists {
		lists[i] = []*ent.SlackChannel{}
		for _, c := range found {
			if c.InboxID == ids[i] {
				lists[i] = append(lists[i], c)
			}
		}
	}
	return lists, err
}

// loadChannel returns a Slack channel that the viewer may see: NOT_FOUND on slackChannelId.
func loadChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.SlackChannel, error) {
	if id.Is(channelID, id.SlackChannel) {
		c, err := client.SlackChannel.Get(ctx, channelID)
		if !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no Slack channel %q that you may see.", errs.Clip(channelID)).On("slackChannelId")
}

// lockChannel is loadChannel of what is to be changed in the transaction: no one changes it
// meanwhile, such as the runner that learns that the channel is shared.
func lockChannel(ctx context.Context, client *ent.Client, channelID string) (*ent.SlackChannel, error) {
	if id.Is(channelID, id.SlackChannel) {
		c, err := client.SlackChannel.Query().Where(slackchannel.ID(channelID)).Modify(store.ForUpdate).Only(ctx)
		if !ent.IsNotFound(err) {
			return c, err
		}
	}
	return nil, errs.New(errs.NotFound, "There is no Slack channel %q that you may see.", errs.Clip(channelID)).On("slackChannelId")
}

// Available returns a page of the channels of a workspace, as Slack has them now.
func (s *Service) Available(ctx context.Context, workspaceID string, after *string) (*AvailableChannels, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	w, err := loadWorkspace(ctx, s.store.Client(ctx), workspaceID)
	if err != nil {
		return nil, err
	}
	client, err := s.clientOf(w)
	if err != nil {
		return nil, err
	}
	page := &AvailableChannels{Channels: []*AvailableChannel{}}
	cursor := ""
	if after != nil {
		cursor = *after
	}
	if err := s.listChannels(ctx, client, w, page, cursor); err != nil {
		return nil, s.slackFailed(ctx, w, err)
	}
	return page, nil
}

// slackFailed is the error of an admin's request that Slack refused.
func (s *Service) slackFailed(ctx context.Context, w *ent.SlackWorkspace, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	switch faultOf(err) {
	case faultRevoked:
		if err := s.revoke(ctx, w, sentenceOf(err)); err != nil {
			return err
		}
	case faultUnknown, faultLimited:
		return errs.New(errs.Unavailable, "%s", sentenceOf(err))
	}
	return errs.New(errs.NotEligible, "%s", sentenceOf(err))
}

// isShared reports whether people of other companies read a channel, or are invited to.
func isShared(c *api.GroupConversation) bool { return c.IsExtShared || c.IsPendingExtShared }

// Connect has a Slack channel get an inbox's conversations (IB-4). Errors: NOT_FOUND on
// inboxId, slackWorkspaceId and savedViewId; NOT_ELIGIBLE on slackId if Slack refuses the
// channel, or it is shared with others; ALREADY_EXISTS on slackId.
func (s *Service) Connect(ctx context.Context, in ConnectSlackChannelInput) (*ent.SlackChannel, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	w, err := loadWorkspace(ctx, s.store.Client(ctx), in.SlackWorkspaceID)
	if err != nil {
		return nil, err
	}
	draft := &ent.SlackChannel{InboxID: in.InboxID, Kinds: []vocab.SlackPostKind{vocab.SlackNewChat, vocab.SlackNewEmail}, ThreadReplies: vocab.SlackAnswer}
	if len(in.Kinds) > 0 {
		draft.Kinds = cleanKinds(in.Kinds)
	}
	if in.ThreadReplies != nil {
		draft.ThreadReplies = *in.ThreadReplies
	}
	if in.SavedViewID != nil {
		draft.ViewID = *in.SavedViewID
	}
	if err := checkTarget(ctx, s.store.Client(ctx), draft); err != nil {
		return nil, err
	}
	if !slackChannelID.MatchString(in.SlackID) {
		return nil, errs.New(errs.Invalid, "A channel's id in Slack begins with C or G, such as C024BE91L.").On("slackId")
	}
	call := idempotency.Call{Mutation: "connectSlackChannel", Key: in.IdempotencyKey, Input: in, Result: id.New(id.SlackChannel)}
	if err := s.belongsToOthers(ctx, w, in.SlackID); err != nil {
		return nil, err
	}
	if again, err := s.isAgain(ctx, call); err != nil || again != "" {
		if err != nil {
			return nil, err
		}
		return s.store.Client(ctx).SlackChannel.Get(ctx, again)
	}
	name, err := s.enterChannel(ctx, w, in.SlackID, true)
	if err != nil {
		return nil, err
	}
	channelID, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		if err := checkTarget(ctx, tx.Client, draft); err != nil {
			return err
		}
		if _, err := loadWorkspace(ctx, tx.Client, w.ID); err != nil {
			return err
		}
		if err := s.lockTeam(ctx, tx, w, in.SlackID); err != nil {
			return err
		}
		if err := letIn(ctx, tx, w, in.InboxID); err != nil {
			return err
		}
		if err := mayAdd(ctx, tx, in.InboxID, w.ID, in.SlackID); err != nil {
			return err
		}
		tx.Append(ctx, store.Event{Type: vocab.SlackChannelAdded, InboxID: in.InboxID, SubjectID: call.Result})
		return tx.Client.SlackChannel.Create().SetID(call.Result).SetInboxID(in.InboxID).SetWorkspaceID(w.ID).SetTeamID(w.TeamID).SetSlackID(in.SlackID).
			SetName(name).SetKinds(draft.Kinds).SetViewID(draft.ViewID).SetThreadReplies(draft.ThreadReplies).SetState(vocab.SlackChannelConnected).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	return s.store.Client(ctx).SlackChannel.Get(ctx, channelID)
}

// mayAdd refuses a channel that the inbox has already, and one too many.
func mayAdd(ctx context.Context, tx *store.Tx, inboxID, workspaceID, slackID string) error {
	all, err := tx.Client.SlackChannel.Query().Where(slackchannel.InboxID(inboxID)).All(ctx)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.WorkspaceID == workspaceID && c.SlackID == slackID {
			return errs.New(errs.AlreadyExists, "The inbox has this Slack channel already.").On("slackId")
		}
	}
	if len(all) >= maxChannels {
		return errs.New(errs.Invalid, "The inbox has %d Slack channels, which is the maximum. Disconnect one first.", len(all)).On("inboxId")
	}
	return nil
}

// checkTarget refuses an inbox and a saved view that a channel cannot have.
func checkTarget(ctx context.Context, client *ent.Client, c *ent.SlackChannel) error {
	there := false
	if id.Is(c.InboxID, id.Inbox) {
		var err error
		if there, err = client.Inbox.Query().Where(inbox.ID(c.InboxID)).Exist(ctx); err != nil {
			return err
		}
	}
	if !there {
		return errs.New(errs.NotFound, "There is no inbox %q that you may see.", errs.Clip(c.InboxID)).On("inboxId")
	}
	return checkView(ctx, client, c)
}

// checkView refuses a saved view that is not the inbox's, or is private: an admin need be no
// member to choose it.
func checkView(ctx context.Context, client *ent.Client, c *ent.SlackChannel) error {
	if c.ViewID == "" {
		return nil
	}
	there := false
	if id.Is(c.ViewID, id.SavedView) {
		var err error
		there, err = client.SavedView.Query().Where(savedview.ID(c.ViewID), savedview.PrivateTo(""), savedview.InboxIDIn("", c.InboxID)).Exist(ctx)
		if err != nil {
			return err
		}
	}
	if !there {
		return errs.New(errs.NotFound, "The inbox has no saved view %q that you may see and that is not private.", errs.Clip(c.ViewID)).On("savedViewId")
	}
	return nil
}

// cleanKinds are the kinds, each once, in their order.
func cleanKinds(kinds []vocab.SlackPostKind) []vocab.SlackPostKind {
	clean := []vocab.SlackPostKind{}
	for _, k := range []vocab.SlackPostKind{vocab.SlackNewChat, vocab.SlackNewEmail, vocab.SlackAssigned} {
		if slices.Contains(kinds, k) {
			clean = append(clean, k)
		}
	}
	return clean
}

// enterChannel asks Slack for a channel, joins it if it is public, and returns its name. A new one
// that is private has whoever installed the app as a member. NOT_ELIGIBLE on slackId.
func (s *Service) enterChannel(ctx context.Context, w *ent.SlackWorkspace, slackID string, isNew bool) (string, error) {
	client, err := s.clientOf(w)
	if err != nil {
		return "", err
	}
	c, err := client.GetConversationInfoContext(ctx, &api.GetConversationInfoInput{ChannelID: slackID})
	if err == nil && !c.IsMember && !c.IsPrivate && !c.IsArchived && !isShared(&c.GroupConversation) {
		_, _, _, err = client.JoinConversationContext(ctx, slackID)
	}
	if err != nil {
		failed := s.slackFailed(ctx, w, err)
		if e := errs.Of(failed); e != nil && e.Code == errs.NotEligible {
			return "", e.On("slackId")
		}
		return "", failed
	}
	switch {
	case isShared(&c.GroupConversation):
		return "", errs.New(errs.NotEligible, "The channel is shared with another company, which would read notes: choose one of your own.").On("slackId")
	case c.IsArchived:
		return "", errs.New(errs.NotEligible, "The channel is archived.").On("slackId")
	case c.IsPrivate && !c.IsMember:
		return "", errs.New(errs.NotEligible, "The app is not in the channel: invite it there.").On("slackId")
	case c.IsPrivate && isNew:
		if err := s.checkMember(ctx, client, w, slackID); err != nil {
			return "", err
		}
	}
	name := strings.TrimSpace(errs.Clip(c.Name))
	if name == "" {
		name = slackID
	}
	return name, nil
}

// Update changes what a Slack channel gets. Errors: NOT_FOUND on slackChannelId and
// savedViewId; REQUIRED on what cannot be null.
func (s *Service) Update(ctx context.Context, in UpdateSlackChannelInput) (*ent.SlackChannel, error) {
	call := idempotency.Call{Mutation: "updateSlackChannel", Key: in.IdempotencyKey, Input: in, Result: in.SlackChannelID}
	_, err := account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := lockChannel(ctx, tx.Client, in.SlackChannelID)
		if err != nil {
			return err
		}
		after := *before
		if kinds, ok := in.Kinds.ValueOK(); ok {
			if len(kinds) == 0 {
				return errs.New(errs.Required, "Say at least one kind, or disconnect the channel.").On("kinds")
			}
			after.Kinds = cleanKinds(kinds)
		}
		if err := opt.Require(&after.ThreadReplies, in.ThreadReplies, "threadReplies"); err != nil {
			return err
		}
		opt.Set(&after.ViewID, in.SavedViewID)
		if in.SavedViewID.IsSet() {
			if err := checkView(ctx, tx.Client, &after); err != nil {
				return err
			}
			if after.State == vocab.SlackChannelConnected {
				after.Problem = ""
			}
		}
		return saveChannel(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), in.SlackChannelID)
}

// saveChannel writes what is different of a channel, with an event that says what. What was
// before was read for this (lockChannel).
func saveChannel(ctx context.Context, tx *store.Tx, before, after *ent.SlackChannel) error {
	var c store.Changes
	c.Named("kinds", !slices.Equal(before.Kinds, after.Kinds))
	c.Optional("savedView", before.ViewID, after.ViewID)
	c.Value("threadReplies", string(before.ThreadReplies), string(after.ThreadReplies))
	c.Value("state", string(before.State), string(after.State))
	c.Named("name", before.Name != after.Name)
	if len(c) > 0 {
		tx.Append(ctx, store.Event{Type: vocab.SlackChannelUpdated, InboxID: after.InboxID, SubjectID: after.ID, Changes: c})
	} else if before.Problem == after.Problem {
		return nil
	}
	return writeChannel(ctx, tx, before, after)
}

// writeChannel writes the columns that are different.
func writeChannel(ctx context.Context, tx *store.Tx, before, after *ent.SlackChannel) error {
	update := tx.Client.SlackChannel.Update().Where(slackchannel.ID(after.ID))
	if !slices.Equal(before.Kinds, after.Kinds) {
		update.SetKinds(after.Kinds)
	}
	if before.ViewID != after.ViewID {
		update.SetViewID(after.ViewID)
	}
	if before.ThreadReplies != after.ThreadReplies {
		update.SetThreadReplies(after.ThreadReplies)
	}
	if before.State != after.State {
		update.SetState(after.State)
	}
	if before.Problem != after.Problem {
		update.SetProblem(after.Problem)
	}
	if before.Name != after.Name {
		update.SetName(after.Name)
	}
	return update.Exec(ctx)
}

// Disconnect takes a Slack channel from its inbox. What was posted stays in Slack.
func (s *Service) Disconnect(ctx context.Context, in DisconnectSlackChannelInput) (string, error) {
	call := idempotency.Call{Mutation: "disconnectSlackChannel", Key: in.IdempotencyKey, Input: in, Result: in.SlackChannelID}
	return account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		c, err := loadChannel(ctx, tx.Client, in.SlackChannelID)
		if err != nil {
			return err
		}
		return removeChannel(ctx, tx, c)
	})
}

// removeChannel deletes a channel with what is known of its threads.
func removeChannel(ctx context.Context, tx *store.Tx, c *ent.SlackChannel) error {
	for _, statement := range []string{
		"DELETE FROM slack_posts WHERE thread_id IN (SELECT id FROM slack_threads WHERE channel_id = $1 AND account_id = $2)",
		"DELETE FROM slack_threads WHERE channel_id = $1 AND account_id = $2",
		"DELETE FROM slack_channels WHERE id = $1 AND account_id = $2",
	} {
		if _, err := tx.Exec(ctx, statement, c.ID, c.AccountID); err != nil {
			return err
		}
	}
	tx.Append(ctx, store.Event{Type: vocab.SlackChannelRemoved, InboxID: c.InboxID, SubjectID: c.ID})
	return nil
}

// Test posts a line to a Slack channel, and has one that could not be reached be connected
// again. Errors: NOT_ELIGIBLE if Slack refuses it.
func (s *Service) Test(ctx context.Context, in TestSlackChannelInput) (*ent.SlackChannel, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	c, err := loadChannel(ctx, s.store.Client(ctx), in.SlackChannelID)
	if err != nil {
		return nil, err
	}
	call := idempotency.Call{Mutation: "testSlackChannel", Key: in.IdempotencyKey, Input: in, Result: c.ID}
	// A repeated call posts nothing; one that failed may be tried again.
	if again, err := s.isAgain(ctx, call); err != nil || again != "" {
		return c, err
	}
	w, err := loadWorkspace(ctx, s.store.Client(ctx), c.WorkspaceID)
	if err != nil {
		return nil, err
	}
	name, err := s.enterChannel(ctx, w, c.SlackID, false)
	if err != nil {
		return nil, asOfChannel(err)
	}
	client, err := s.clientOf(w)
	if err != nil {
		return nil, err
	}
	boxes, err := s.nodes.Inboxes(ctx, []string{c.InboxID})
	if err != nil {
		return nil, err
	}
	text := "Parley posts conversations here."
	if boxes[0] != nil {
		text = "Parley posts conversations of the inbox *" + escape(boxes[0].Name) + "* here."
	}
	if _, _, err := client.PostMessageContext(ctx, c.SlackID, api.MsgOptionText(text, false), api.MsgOptionDisableLinkUnfurl(), api.MsgOptionDisableMediaUnfurl()); err != nil {
		return nil, asOfChannel(s.slackFailed(ctx, w, err))
	}
	_, err = account.Administer(ctx, s.store, call, func(ctx context.Context, tx *store.Tx) error {
		before, err := lockChannel(ctx, tx.Client, c.ID)
		if err != nil {
			return err
		}
		if before.State != c.State { // what was learned of it meanwhile is newer
			return nil
		}
		after := *before
		after.State, after.Problem, after.Name = vocab.SlackChannelConnected, "", name
		s.wakeAfter(tx, c.TeamID)
		if err := unpark(ctx, tx, "channel_id", c.ID); err != nil {
			return err
		}
		return saveChannel(ctx, tx, before, &after)
	})
	if err != nil {
		return nil, err
	}
	return loadChannel(ctx, s.store.Client(ctx), c.ID)
}

// errFirst undoes a transaction that only asks whether a call came before.
var errFirst = errors.New("the call came for the first time")

// isAgain returns the result of a call that came before; "": it did not, or it failed. A call that
// asks Slack is kept only when Slack has taken it.
func (s *Service) isAgain(ctx context.Context, call idempotency.Call) (string, error) {
	result, err := account.Administer(ctx, s.store, call, func(context.Context, *store.Tx) error { return errFirst })
	if errors.Is(err, errFirst) {
		return "", nil
	}
	return result, err
}

// asOfChannel has a refusal be about the channel that the caller named.
func asOfChannel(err error) error {
	if e := errs.Of(err); e != nil && e.Code == errs.NotEligible {
		return errs.New(e.Code, "%s", e.Message).On("slackChannelId")
	}
	return err
}

// stopChannel notes that nothing can be posted to a channel.
func (s *Service) stopChannel(ctx context.Context, c *ent.SlackChannel, state vocab.SlackChannelState, problem string) error {
	return s.changeRow(ctx, c, func(after *ent.SlackChannel) { after.State, after.Problem = state, problem })
}
