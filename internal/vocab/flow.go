package vocab

// FlowStepKind says what a step of a bot's flow does (BT-4).
type FlowStepKind string

// Kinds of steps.
const (
	FlowSay            FlowStepKind = "SAY"
	FlowAsk            FlowStepKind = "ASK"
	FlowBranch         FlowStepKind = "BRANCH"
	FlowWait           FlowStepKind = "WAIT"
	FlowCreateTicket   FlowStepKind = "CREATE_TICKET"
	FlowTag            FlowStepKind = "TAG"
	FlowSet            FlowStepKind = "SET"
	FlowSearchArticles FlowStepKind = "SEARCH_ARTICLES"
	FlowHandOff        FlowStepKind = "HAND_OFF"
	FlowEnd            FlowStepKind = "END"
)

// FlowAnswerType says what a question's answer is (BT-4).
type FlowAnswerType string

// Types of answers.
const (
	AnswerText   FlowAnswerType = "TEXT"
	AnswerEmail  FlowAnswerType = "EMAIL"
	AnswerPhone  FlowAnswerType = "PHONE"
	AnswerNumber FlowAnswerType = "NUMBER"
	AnswerDate   FlowAnswerType = "DATE"
	AnswerChoice FlowAnswerType = "CHOICE"
)

// FlowReturn says what a visitor finds who comes back after a day (BT-4).
type FlowReturn string

// What a visitor finds who comes back.
const (
	FlowStartsOver FlowReturn = "START_OVER"
	FlowGoesOn     FlowReturn = "GO_ON"
)

// FlowObject says of what a flow sets a property (BT-4).
type FlowObject string

// What has properties that flows set.
const (
	FlowSetsContact      FlowObject = "CONTACT"
	FlowSetsConversation FlowObject = "CONVERSATION"
)

// FlowOutcome says how a flow ended (BT-4).
type FlowOutcome string

// How flows end.
const (
	FlowEnded     FlowOutcome = "ENDED"
	FlowHandedOff FlowOutcome = "HANDED_OFF"
	FlowLeft      FlowOutcome = "LEFT"
	FlowFailed    FlowOutcome = "FAILED"
)

// FlowPhase is where a flow stands in its current step.
type FlowPhase string

// Phases of a step.
const (
	FlowDue     FlowPhase = "DUE"
	FlowAsked   FlowPhase = "ASKED"
	FlowWaiting FlowPhase = "WAITING"
	FlowOver    FlowPhase = "OVER"
)

// Flow is what a built-in bot does, step by step (BT-4).
type Flow struct {
	Start        string             `json:"start"`
	Steps        []FlowStep         `json:"steps"`
	HandOffWords []FlowHandOffWords `json:"handOffWords,omitempty"`
	OnReturn     *FlowReturn        `json:"onReturn,omitempty"`
}

// FlowHandOffWords are what visitors of a language write who want a person.
type FlowHandOffWords struct {
	Language string   `json:"language"`
	Words    []string `json:"words"`
}

// FlowStep is a step of a flow. What belongs to its kind is set.
type FlowStep struct {
	ID   string       `json:"id"`
	Kind FlowStepKind `json:"kind"`
	// Next is the step that follows; nil: none.
	Next *string `json:"next,omitempty"`

	Markdown *string `json:"markdown,omitempty"`
	// Text is said beside what the step does.
	Text           *string  `json:"text,omitempty"`
	LibraryItemIDs []string `json:"libraryItemIds,omitempty"`

	Type        *FlowAnswerType `json:"type,omitempty"`
	Choices     []FlowChoice    `json:"choices,omitempty"`
	Save        *FlowSave       `json:"save,omitempty"`
	Retries     *int            `json:"retries,omitempty"`
	InvalidText *string         `json:"invalidText,omitempty"`
	SkipText    *string         `json:"skipText,omitempty"`
	OnFail      *string         `json:"onFail,omitempty"`

	Cases     []FlowCase `json:"cases,omitempty"`
	Otherwise *string    `json:"otherwise,omitempty"`

	Seconds *int          `json:"seconds,omitempty"`
	Preset  *TicketPreset `json:"preset,omitempty"`
	Tags    []string      `json:"tags,omitempty"`
	Value   *string       `json:"value,omitempty"`

	Found    *string `json:"found,omitempty"`
	NotFound *string `json:"notFound,omitempty"`

	Routing  *Routing `json:"routing,omitempty"`
	Context  *bool    `json:"context,omitempty"`
	IfNobody *string  `json:"ifNobody,omitempty"`
	Close    *bool    `json:"close,omitempty"`
}

// FlowChoice is an answer that a question offers.
type FlowChoice struct {
	Text string `json:"text"`
	// Value is what is saved; nil: the text.
	Value *string `json:"value,omitempty"`
	// Next is the step that follows this answer; nil: the question's.
	Next *string `json:"next,omitempty"`
}

// FlowSave is a property that a step sets.
type FlowSave struct {
	Object FlowObject `json:"object"`
	// Property is name, email or phone of a contact, or a defined property's name as it
	// was at publish.
	Property string `json:"property"`
	// PropertyID is a defined property's; empty: it is one that every contact has.
	PropertyID string `json:"propertyId,omitempty"`
	// PropertyKind is the defined property's.
	PropertyKind PropertyKind `json:"propertyKind,omitempty"`
}

// FlowCase is a way that a branch may take.
type FlowCase struct {
	// When are conditions that must all hold.
	When []FlowCondition `json:"when"`
	Next string          `json:"next"`
}

// FlowCondition is a condition of a branch: one of its fields is set.
type FlowCondition struct {
	// Routing is a condition that routing has too.
	Routing *RoutingCondition `json:"routing,omitempty"`
	// Conversation is on a defined property of the conversation.
	Conversation *PropertyCondition `json:"conversation,omitempty"`
	// Answer is on what the visitor wrote last.
	Answer *RoutingCondition `json:"answer,omitempty"`
	// Available: someone can take the chat now, or no one can.
	Available *bool `json:"available,omitempty"`
}

// FlowAnswer is what a visitor answered to a question.
type FlowAnswer struct {
	StepID   string `json:"stepId"`
	Question string `json:"question"`
	Value    string `json:"value"`
}

// Step returns the step of an id and its place; nil: there is none.
func (f *Flow) Step(stepID string) (*FlowStep, int) {
	for i := range f.Steps {
		if f.Steps[i].ID == stepID {
			return &f.Steps[i], i
		}
	}
	return nil, -1
}

// Returns is what a visitor finds who comes back.
func (f *Flow) Returns() FlowReturn {
	if f.OnReturn == nil {
		return FlowStartsOver
	}
	return *f.OnReturn
}
