package vocab

import "slices"

// ContactImportField is what a column of an imported file says of contacts (CR-1).
type ContactImportField string

// Fields.
const (
	ImportExternalID     ContactImportField = "EXTERNAL_ID"
	ImportEmail          ContactImportField = "EMAIL"
	ImportOtherEmails    ContactImportField = "OTHER_EMAILS"
	ImportName           ContactImportField = "NAME"
	ImportFirstName      ContactImportField = "FIRST_NAME"
	ImportLastName       ContactImportField = "LAST_NAME"
	ImportPhone          ContactImportField = "PHONE"
	ImportJobTitle       ContactImportField = "JOB_TITLE"
	ImportOwner          ContactImportField = "OWNER"
	ImportLanguage       ContactImportField = "LANGUAGE"
	ImportTimeZone       ContactImportField = "TIME_ZONE"
	ImportCountry        ContactImportField = "COUNTRY"
	ImportCity           ContactImportField = "CITY"
	ImportLifecycleStage ContactImportField = "LIFECYCLE_STAGE"
	ImportAvatarURL      ContactImportField = "AVATAR_URL"
	ImportCompany        ContactImportField = "COMPANY"
	ImportCompanyDomain  ContactImportField = "COMPANY_DOMAIN"
)

// ContactImportOutcome is what became of a row of an import (CR-1).
type ContactImportOutcome string

// Outcomes; "": its turn has not come.
const (
	ImportCreated   ContactImportOutcome = "CREATED"
	ImportUpdated   ContactImportOutcome = "UPDATED"
	ImportUnchanged ContactImportOutcome = "UNCHANGED"
	ImportRefused   ContactImportOutcome = "REFUSED"
)

// ContactImportColumn is a column of an imported file with what it is: a field or a
// property, by its name; neither: it is passed over.
type ContactImportColumn struct {
	Name     string              `json:"name"`
	Field    *ContactImportField `json:"field,omitempty"`
	Property *string             `json:"property,omitempty"`
	// Samples are its first cells that have something, in a preview.
	Samples []string `json:"-"`
}

// ContactExportFormat is how exported contacts are written (CR-1).
type ContactExportFormat string

// Formats.
const (
	ExportCSV    ContactExportFormat = "CSV"
	ExportNDJSON ContactExportFormat = "NDJSON"
)

// LifecycleStages are all stages, from the first.
func LifecycleStages() []LifecycleStage {
	return slices.Clone([]LifecycleStage{
		StageSubscriber, StageLead, StageQualified, StageOpportunity, StageCustomer, StageEvangelist, StageOther,
	})
}

// ErasureState is how far the erasure of a contact is (CR-5).
type ErasureState string

// States.
const (
	ErasureRunning    ErasureState = "ERASING"
	ErasureRowsErased ErasureState = "ROWS_ERASED"
	ErasureDone       ErasureState = "ERASED"
)
