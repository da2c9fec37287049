package conversation

import (
	"parley/ent"
	"parley/internal/vocab"
)

// file derives where a conversation shows from what it is: its folder, and
// whether it is in Bots (IN-2). Both are stored, so that views are seeks in an
// index. The first folder that applies: trash, filtered, bot, snoozed, main.
// What somebody has, or is closed, is offered to nobody (RT-4).
func file(c *ent.Conversation) {
	if c.AssigneeID != "" {
		c.EverAssigned = true
	}
	c.AwaitsOffer = c.AwaitsOffer && c.AssigneeID == "" && c.Status == vocab.Open
	c.Folder = folder(c)
	shown := c.Folder != vocab.FolderTrash && c.Folder != vocab.FolderFiltered
	begunByBot := c.BotState != vocab.BotNone && c.BotState != vocab.BotTakenOver
	c.InBots = shown && begunByBot && !c.EverAssigned
}

func folder(c *ent.Conversation) vocab.Folder {
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
