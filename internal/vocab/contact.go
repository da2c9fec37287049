package vocab

// LifecycleStage is how far a contact has come with the account (CR-10).
type LifecycleStage string

// Stages, from the first.
const (
	StageSubscriber  LifecycleStage = "SUBSCRIBER"
	StageLead        LifecycleStage = "LEAD"
	StageQualified   LifecycleStage = "QUALIFIED_LEAD"
	StageOpportunity LifecycleStage = "OPPORTUNITY"
	StageCustomer    LifecycleStage = "CUSTOMER"
	StageEvangelist  LifecycleStage = "EVANGELIST"
	StageOther       LifecycleStage = "OTHER"
)

// CompanyOrder is the order of a list of companies.
type CompanyOrder string

// Orders of companies.
const (
	CompaniesNewest CompanyOrder = "CREATED_AT_DESC"
	CompaniesByName CompanyOrder = "NAME_ASC"
)

// ContactSource is how the account came to know a contact (CR-10).
type ContactSource string

// Sources.
const (
	SourceChat   ContactSource = "CHAT"
	SourceEmail  ContactSource = "EMAIL"
	SourceImport ContactSource = "IMPORT"
	SourceAPI    ContactSource = "API"
	SourceCustom ContactSource = "CUSTOM"
)

// ContactTime is a time of a contact's that criteria may ask for (CR-4).
type ContactTime string

// Times of contacts.
const (
	ContactTimeCreated   ContactTime = "CREATED"
	ContactTimeFirstSeen ContactTime = "FIRST_SEEN"
	ContactTimeLastSeen  ContactTime = "LAST_SEEN"
	ContactTimeContacted ContactTime = "LAST_CONTACTED"
)

// ContactListKind says how contacts come onto a list (CR-4).
type ContactListKind string

// Kinds of lists.
const (
	StaticList ContactListKind = "STATIC"
	SmartList  ContactListKind = "SMART"
)

// ContactListState says whether the contacts on a list are those that its criteria ask for
// (CR-4).
type ContactListState string

// States of lists.
const (
	ListReady     ContactListState = "READY"
	ListFilling   ContactListState = "FILLING"
	ListSuspended ContactListState = "SUSPENDED"
)
