package vocab

// Targeting is a rule on the page's address (TM-3).
type Targeting struct {
	Operator  TargetingOperator `json:"operator"`
	Value     string            `json:"value,omitempty"`
	Parameter string            `json:"parameter,omitempty"`
}
