package graph_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	gql "github.com/vektah/gqlparser/v2/ast"
)

// objects are the nouns, beside the types of the SDL, that a mutation acts on.
var objects = []string{
	"Action", "AllowList", "Availability", "Chat", "Consent", "Delivery", "Email", "Filtered", "IdentitySecret", "Invitation", "Priority", "Profile", "Reaction", "Record", "Reply", "Send", "Session", "SignInLink", "SlackInstall",
	"SuggestedProperties",
	"TrackingCode", "Transcript", "Typing", "View", "Webhook",
}

// API-20: the verb of a mutation has its object, which is a type of the SDL or one of objects.
func TestMutationsNameTheirObject(t *testing.T) {
	t.Parallel()
	s := schema()
	nouns := slices.Clone(objects)
	for name, def := range s.Types {
		if own(def) && (def.Kind == gql.Object || def.Kind == gql.Interface) && !strings.HasSuffix(name, "Payload") {
			nouns = append(nouns, name, name+"s")
		}
	}
	for _, f := range s.Mutation.Fields {
		if f.Name == "annotate" {
			continue // whatever it is about
		}
		verb := strings.IndexFunc(f.Name, unicode.IsUpper)
		if verb < 0 || !slices.ContainsFunc(nouns, func(noun string) bool { return strings.Contains(f.Name[verb:], noun) }) {
			t.Errorf("mutation %s: got a verb without an object; want a name such as closeConversation", f.Name)
		}
	}
}

// API-20: one name for one thing, in arguments, inputs and payloads.
func TestOneNameForOneThing(t *testing.T) {
	t.Parallel()
	avoided := map[string]string{
		"chatChannelId": "channelId", "emailChannelId": "channelId", "tokenId": "apiTokenId", "listId": "contactListId",
		"subscriptionType": "contactSubscriptionType", "subscriptionTypeId": "contactSubscriptionTypeId",
	}
	check := func(where, name string) {
		if right := avoided[name]; right != "" {
			t.Errorf("%s is named %s; want %s", where, name, right)
		}
		if strings.Contains(strings.ToLower(name), "cancelled") {
			t.Errorf("%s is named %s; want one L", where, name)
		}
	}
	for _, def := range schema().Types {
		if !own(def) {
			continue
		}
		for _, f := range def.Fields {
			check(def.Name+"."+f.Name, f.Name)
			for _, a := range f.Arguments {
				check(def.Name+"."+f.Name+"("+a.Name+":)", a.Name)
			}
		}
		for _, v := range def.EnumValues {
			check(def.Name+"."+v.Name, v.Name)
		}
	}
}
