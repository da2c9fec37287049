package vocab

// SetupStep is a step on an inbox's way into use (DX-6).
type SetupStep string

// Steps, in the order in which they are listed where all apply.
const (
	SetupMembers         SetupStep = "MEMBERS"
	SetupAvailability    SetupStep = "AVAILABILITY"
	SetupChannel         SetupStep = "CHANNEL"
	SetupTargetedMessage SetupStep = "TARGETED_MESSAGE"
	SetupSnippet         SetupStep = "SNIPPET"
	SetupConnection      SetupStep = "CONNECTION"
	SetupForwarding      SetupStep = "FORWARDING"
	SetupSignature       SetupStep = "SIGNATURE"
	SetupRouting         SetupStep = "ROUTING"
	SetupMailSender      SetupStep = "MAIL_SENDER"
)

// SetupState is whether a step is done.
type SetupState string

// States of steps.
const (
	SetupDone SetupState = "DONE"
	SetupTodo SetupState = "TODO"
	SetupWarn SetupState = "WARN"
)
