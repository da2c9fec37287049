package bot

import (
	"embed"
	"encoding/json"
	"slices"

	"parley/internal/vocab"
)

//go:embed templates/*.json
var templateFiles embed.FS

// templates are the ready flows, in their order (BT-5).
var templates = readTemplates("qualify-lead", "create-ticket", "answer-from-articles", "collect-details-out-of-hours", "book-meeting")

func readTemplates(keys ...string) []Template {
	all := make([]Template, len(keys))
	for i, key := range keys {
		raw, err := templateFiles.ReadFile("templates/" + key + ".json")
		if err != nil {
			panic(err) // embedded
		}
		all[i].Key = key
		var read struct {
			Name, Description string
			Flow              vocab.Flow
		}
		if err := json.Unmarshal(raw, &read); err != nil {
			panic(key + ": " + err.Error())
		}
		all[i].Name, all[i].Description, all[i].Flow = read.Name, read.Description, read.Flow
	}
	return all
}

// Templates returns flows to begin with (BT-5). They name nothing of an account.
func Templates() []*Template {
	list := make([]*Template, len(templates))
	for i := range templates {
		t := templates[i]
		t.Flow.Steps = slices.Clone(t.Flow.Steps)
		list[i] = &t
	}
	return list
}
