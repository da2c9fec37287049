package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"parley/docs/connectors/client"
)

// object is what the API says, each time some of it:
// https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples
type object struct {
	ID, From, To, Type, Status, URL, Timestamp string
	Metadata                                   struct {
		PhoneID string `json:"phone_number_id"`
	}
	Contacts []struct {
		ID      string `json:"wa_id"`
		Profile struct{ Name string }
	}
	Messages, Statuses []object
	Echoes             []object `json:"message_echoes"` // what the team wrote in WhatsApp's own app
	Text               struct{ Body string }
	Button             struct{ Text string } // an answer to a template
	Interactive        struct {
		Button choice `json:"button_reply"`
		List   choice `json:"list_reply"`
	}
	Reaction struct {
		ID    string `json:"message_id"`
		Emoji string // none: it was taken back
	}
	Context                                struct{ ID string }
	Image, Document, Audio, Video, Sticker *struct{ ID, Caption, Filename string }
	Recipient                              string `json:"recipient_id"`
	Mark                                   string `json:"biz_opaque_callback_data"`
	Error                                  fault
	Errors                                 []fault
}

type choice struct{ Title string }

// fault is an error. Its code says what to do, not the HTTP status:
// https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
type fault struct {
	Code           int
	Message, Title string
	Data           json.RawMessage `json:"error_data"` // an object, or a text
}

func (f fault) why() string {
	var data struct{ Details string }
	_ = json.Unmarshal(f.Data, &data)
	return cmp.Or(data.Details, f.Message, f.Title, "The API does not say why.")
}

// isBusy reports whether the API takes nothing for a while.
func (f fault) isBusy() bool {
	return slices.Contains([]int{4, 80007, 130429, 131048, 131056, 133016}, f.Code)
}

// isPassing reports whether another try may go well: the API has a fault.
func (f fault) isPassing() bool { return slices.Contains([]int{1, 2, 131000, 131016, 131057}, f.Code) }

// read reads what the webhook is called with: what is of one number, of the fields that are passed on. An app gets the
// calls of all its numbers.
func read(body []byte, phone string) (values []object, err error) {
	var n struct {
		Entry []struct {
			Changes []struct {
				Field string
				Value json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(body, &n); err != nil {
		return nil, err
	}
	for _, e := range n.Entry {
		for _, change := range e.Changes {
			var v object
			if change.Field != "messages" && change.Field != "smb_message_echoes" {
				continue
			}
			if failed := json.Unmarshal(change.Value, &v); failed != nil {
				err = errors.Join(err, failed)
			} else if v.Metadata.PhoneID == phone {
				values = append(values, v)
			}
		}
	}
	return values, err
}

// kindOf is as what a file is sent. What WhatsApp does not show is a document.
func kindOf(contentType string) string {
	switch contentType, _, _ = strings.Cut(contentType, ";"); contentType {
	case "image/jpeg", "image/png":
		return "image"
	case "video/mp4", "video/3gpp":
		return "video"
	case "audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg":
		return "audio"
	}
	return "document"
}

func templateOf(m client.Outbound) map[string]any {
	t := map[string]any{"name": m.Template.Name, "language": map[string]any{"code": cmp.Or(m.Template.Language, "en")}}
	words := []any{}
	for _, text := range m.Template.Parameters {
		words = append(words, map[string]any{"type": "text", "text": text})
	}
	if len(words) > 0 {
		t["components"] = []any{map[string]any{"type": "body", "parameters": words}}
	}
	return t
}
