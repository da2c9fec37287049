package vocab

// AgentRunState is where a bot's run stands (AG-1).
type AgentRunState string

// States of runs.
const (
	// RunPending: there is something to do, and no worker has it.
	RunPending AgentRunState = "PENDING"
	// RunActive: a worker has it.
	RunActive AgentRunState = "ACTIVE"
	// RunAwaitingApproval: a person is to say whether what was proposed is done.
	RunAwaitingApproval AgentRunState = "AWAITING_APPROVAL"
	// RunAwaitingContact: the contact is to answer.
	RunAwaitingContact AgentRunState = "AWAITING_CONTACT"
	// RunDone: the bot's part ended as it was meant to.
	RunDone AgentRunState = "DONE"
	// RunFailed: the bot failed, or gave no sign of life.
	RunFailed AgentRunState = "FAILED"
	// RunStale: a person took over, or the conversation ended, while it was at work.
	RunStale AgentRunState = "STALE"
)

// Ended reports whether nothing follows.
func (s AgentRunState) Ended() bool { return s == RunDone || s == RunFailed || s == RunStale }

// AtWork reports whether the bot owes something.
func (s AgentRunState) AtWork() bool { return s == RunPending || s == RunActive }

// AgentStepKind is what a step of a run is (AG-1).
type AgentStepKind string

// Kinds of steps.
const (
	StepThought AgentStepKind = "THOUGHT"
	StepAction  AgentStepKind = "ACTION"
	StepResult  AgentStepKind = "RESULT"
	StepError   AgentStepKind = "ERROR"
)

// BotTurnReason is why a bot has something to do (AG-5).
type BotTurnReason string

// Reasons of turns.
const (
	// TurnByContact: the contact wrote.
	TurnByContact BotTurnReason = "CONTACT_WROTE"
	// TurnApproved and TurnRefused: a person decided on what the bot proposed.
	TurnApproved BotTurnReason = "APPROVED"
	TurnRefused  BotTurnReason = "REFUSED"
	// TurnStopped: nothing more is to be done; see the run's state.
	TurnStopped BotTurnReason = "STOPPED"
)

// AgentTurnEnd is how a step of a bot's ends its turn (AG-1): the state of the run from
// then on.
type AgentTurnEnd string

// Ends of turns.
const (
	TurnAwaitsApproval AgentTurnEnd = "AWAITING_APPROVAL"
	TurnAwaitsContact  AgentTurnEnd = "AWAITING_CONTACT"
	TurnDone           AgentTurnEnd = "DONE"
	TurnFailed         AgentTurnEnd = "FAILED"
)
