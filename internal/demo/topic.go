package demo

// topicPlace says in which inboxes a topic comes up.
type topicPlace int

const (
	support topicPlace = 1 << iota
	sales
	billing
	anywhere = support | sales | billing
)

// topic is what a conversation is about, in one language. Phrases may have
// blanks such as {order}; voice.go fills them.
type topic struct {
	tag      string
	at       topicPlace
	subjects []string
	asks     []string // how it begins
	details  []string // what is added, at once or when asked
	answers  []string
	steps    []string // what an answer asks or promises
	mores    []string // what the contact says on being answered
}

// manners are a language's common phrases.
type manners struct {
	hellos, // to a person whose name is {name}
	openings, // without a name
	thanks,
	regards []string
}

// languages are those that stories are written in; contacts of others write English.
var languages = map[string]struct {
	manners manners
	topics  []topic
}{
	"en": {englishManners, englishTopics},
	"de": {germanManners, germanTopics},
	"fr": {frenchManners, frenchTopics},
	"es": {spanishManners, spanishTopics},
	"ja": {japaneseManners, japaneseTopics},
}
