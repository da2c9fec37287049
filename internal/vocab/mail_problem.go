package vocab

import "encoding/json"

// MailProblemCode says what kind of thing is wrong with a mail.
type MailProblemCode string

// Kinds of problems of a mail (EM-4).
const (
	MailUnreadable       MailProblemCode = "UNREADABLE"
	MailTooLarge         MailProblemCode = "TOO_LARGE"
	MailHeaderDamaged    MailProblemCode = "HEADER_DAMAGED"
	MailStructureDamaged MailProblemCode = "STRUCTURE_DAMAGED"
	MailContentDamaged   MailProblemCode = "CONTENT_DAMAGED"
	MailCharsetUnknown   MailProblemCode = "CHARSET_UNKNOWN"
	MailEncrypted        MailProblemCode = "ENCRYPTED"
	MailUnverifiedStaff  MailProblemCode = "UNVERIFIED_STAFF_ADDRESS"
	MailProblemOther     MailProblemCode = "OTHER"
)

// MailProblem is what could not be read of a mail.
type MailProblem struct {
	Code MailProblemCode `json:"code"`
	// Text says it in English, for people.
	Text string `json:"text"`
}

var _ json.Unmarshaler = (*MailProblem)(nil)

// UnmarshalJSON reads a problem; of what was stored before there were codes, the
// text alone.
func (p *MailProblem) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		p.Code = MailProblemOther
		return json.Unmarshal(data, &p.Text)
	}
	type plain MailProblem
	return json.Unmarshal(data, (*plain)(p))
}
