package email

// What follows is for tests that look at one transition of a channel's health,
// without waiting for a mailbox to bring it about.
var (
	Fails = (*Service).fails
	Works = (*Service).works
	Pause = pause
)
