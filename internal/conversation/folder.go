package conversation

import (
	"parley/ent"
	"parley/internal/vocab"
)

// fileConversation derives where a conversation shows from what it is: its
// folder, and whether it is in Bots (IN-2). Both are stored, so that views are
// seeks in an index. The first folder that applies: trash, filtered, bot,
// snoozed, main. What someone has, or is closed, is offered to no one (RT-4).
func fileConversation(c *ent.Conversation) {
	if c.AssigneeID != "" {
		c.EverAssigned = true
	}
	c.AwaitsOffer = c.AwaitsOffer && c.AssigneeID == "" && c.Status == vocab.Open
	c.PriorityRank = c.Priority.Rank()
	c.Folder = folderOf(c)
	shown := c.Folder != vocab.FolderTrash && c.Folder != vocab.FolderFiltered
	begunByBot := c.BotState != vocab.BotNone && c.BotState != vocab.BotTakenOver
	c.InBots = shown && begunByBot && !c.EverAssigned
}

func folderOf(c *ent.Conversation) vocab.Folder {
	switch {
	case c.DeletedAt.IsSet():
		return vocab.FolderTrash
	case c.Filtered != 0:
		return vocab.FolderFiltered
	case c.BotState.InBotsHands():
		return vocab.FolderBot
	case c.SnoozedUntil.IsSet():
		return vocab.FolderSnoozed
	}
	return vocab.FolderMain
}
