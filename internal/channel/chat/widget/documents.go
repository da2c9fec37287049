package widget

import "encoding/json"

// Documents returns the documents that the widget and the demo page send to the
// API, by their SHA-256 in hexadecimal. They send no others.
func Documents() map[string]string {
	text, err := files.ReadFile("dist/documents.json")
	if err != nil {
		panic(err) // only for a name that was not embedded
	}
	var list map[string]string
	if err := json.Unmarshal(text, &list); err != nil {
		panic(err) // the generator wrote it
	}
	return list
}
