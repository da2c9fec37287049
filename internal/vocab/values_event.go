package vocab

// FieldChange is one changed field of an event's object. From and To hold ids,
// enums, numbers and times alone; a personal value appears by its field's name.
type FieldChange struct {
	Field string  `json:"field"`
	From  *string `json:"from,omitempty"`
	To    *string `json:"to,omitempty"`
	// Added and Removed are what a set has more and less than before.
	Added   []string `json:"added,omitempty"`
	Removed []string `json:"removed,omitempty"`
}
