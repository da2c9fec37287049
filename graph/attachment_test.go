package graph_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// png is the beginning of an image.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00"

// CH-7, IN-14: a file comes with the request, waits for its message, and is then
// there for both sides, at an address of each one's own.
func TestFilesInAChat(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		agent, chat := s.Agent(0), s.chat.ID
		answer := s.upload(agent, "../map.png", png, fmt.Sprintf(
			`mutation($file: Upload!) { uploadAttachment(input: {to: {conversationId: %q}, file: $file}) { attachment { id fileName contentType size inline scan } userErrors { code } } }`, chat))
		var made struct {
			Data struct {
				UploadAttachment struct {
					Attachment struct{ ID, FileName, ContentType, Scan string }
				}
			}
		}
		s.ok(json.Unmarshal([]byte(answer), &made))
		file := made.Data.UploadAttachment.Attachment
		if file.FileName != "map.png" || file.ContentType != "image/png" || file.Scan != "NOT_SCANNED" {
			s.t.Fatal(answer)
		}
		send := fmt.Sprintf(`mutation { sendMessage(input: {conversationId: %q, html: "<img src=\"cid:%s\">", attachmentIds: [%q]}) { message { text html attachments { inline } } userErrors { code field } } }`, chat, file.ID, file.ID)
		at := `https://parley.example.com/files/` + file.ID + `/map.png?token=`
		got := s.run(agent, send)
		if !strings.Contains(got, `"attachments":[{"inline":true}]},"userErrors":[]`) || !strings.Contains(got, `\u003cimg src=\"`+at) {
			s.t.Error(got)
		}
		if got := s.run(agent, send); !strings.Contains(got, `{"code":"INVALID","field":["attachmentIds","0"]}`) {
			s.t.Errorf("the file is sent twice: %s", got)
		}
		seen := s.run(s.me, fmt.Sprintf(`{ visitorConversation(id: %q) { messages(last: 1) { edges { node { html attachments { fileName url } } } } } }`, chat))
		if !strings.Contains(seen, `{"fileName":"map.png","url":"`+at) || !strings.Contains(seen, `\u003cimg src=\"`+at) {
			s.t.Error(seen)
		}
	})
}

// CH-7: visitors send files, but none that a computer runs, and none to chats of others.
func TestVisitorsFiles(t *testing.T) {
	t.Parallel()
	eachSite(t, func(s *site) {
		document := fmt.Sprintf(`mutation($file: Upload!) { uploadVisitorAttachment(input: {conversationId: %q, file: $file}) { attachment { id } userErrors { code field } } }`, s.chat.ID)
		if got := s.upload(s.me, "run.bat", "echo", document); !strings.Contains(got, `{"attachment":null,"userErrors":[{"code":"INVALID","field":["file"]}]}`) {
			s.t.Error(got)
		}
		var made struct {
			Data struct {
				UploadVisitorAttachment struct{ Attachment struct{ ID string } }
			}
		}
		s.ok(json.Unmarshal([]byte(s.upload(s.me, "receipt.txt", "1 EUR", document)), &made))
		file := made.Data.UploadVisitorAttachment.Attachment.ID
		sent := s.run(s.me, fmt.Sprintf(`mutation { sendVisitorMessage(input: {conversationId: %q, text: "", attachmentIds: [%q]}) { message { attachments { fileName } } userErrors { code } } }`, s.chat.ID, file))
		if !strings.Contains(sent, `{"message":{"attachments":[{"fileName":"receipt.txt"}]},"userErrors":[]}`) {
			s.t.Error(sent)
		}
		s.enter()
		if got := s.upload(s.me, "receipt.txt", "1 EUR", document); !strings.Contains(got, `{"code":"NOT_FOUND","field":["conversationId"]}`) {
			s.t.Errorf("another visitor sends: %s", got)
		}
	})
}
