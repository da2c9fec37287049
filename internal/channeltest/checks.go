package channeltest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"maps"
	"strings"
	"time"
	"unicode/utf8"
)

func receives(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	const words = "Grüße, 你好 👋 <b>not bold</b> & \"quoted\"\nsecond line"
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: words}); err != nil {
		return "", err
	}
	_, err = t.incoming(ctx, th, words)
	return "", err
}

func receivesOnce(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	placed, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Once"})
	if err != nil {
		return "", err
	}
	if err := t.medium.post(ctx, doesRepeat, request{Thread: th.name, ID: placed.ID, Times: 1000}, nil); err != nil {
		return "", err
	}
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "After it"}); err != nil {
		return "", err
	}
	_, err = t.incoming(ctx, th, "Once", "After it")
	return "", err
}

func keepsOrder(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	var in, out []string
	for n := range 20 {
		in, out = append(in, fmt.Sprint("in ", n)), append(out, fmt.Sprint("out ", n))
		if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: in[n]}); err != nil {
			return "", err
		}
		if _, err := t.parley.send(ctx, th.conversation, out[n], nil); err != nil {
			return "", err
		}
	}
	_, err = t.incoming(ctx, th, in...)
	_, failed := t.outgoing(ctx, th, out...)
	return "", errors.Join(err, failed)
}

func keepsText(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	words := "*one* _two_ `three` [four](five) <i>six</i> &amp; 7 > 3 \\ #eight 👍\n\n- nine"
	if most, ok := t.medium.says.Capabilities["maxTextLength"].(float64); ok {
		words += strings.Repeat("é", int(most)-utf8.RuneCountInString(words))
	}
	if _, err := t.parley.send(ctx, th.conversation, words, nil); err != nil {
		return "", err
	}
	_, err = t.outgoing(ctx, th, words)
	return "", err
}

func namesReplies(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	asked, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Which one?"})
	if err != nil {
		return "", err
	}
	list, err := t.incoming(ctx, th, "Which one?")
	if err != nil {
		return "", err
	}
	answer, err := t.parley.send(ctx, th.conversation, "That one", map[string]any{"replyToMessageId": list[1].ID})
	if err != nil {
		return "", err
	}
	got, err := t.outgoing(ctx, th, "That one")
	if err != nil {
		return "", err
	}
	if got[0].ReplyTo != asked.ID {
		return "", fmt.Errorf("the answer names %q, want %q", got[0].ReplyTo, asked.ID)
	}
	if _, err := t.becomes(ctx, answer, "SENT"); err != nil {
		return "", err
	}
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Thank you", ReplyTo: got[0].ID}); err != nil {
		return "", err
	}
	list, err = t.incoming(ctx, th, "Which one?", "Thank you")
	if err == nil && (list[2].ReplyTo == nil || list[2].ReplyTo.ID != answer) {
		err = errors.New("what the contact wrote as a reply does not name the message that it answers")
	}
	return "", err
}

// testFiles are pictures and documents.
func testFiles() []*File {
	picture := []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;")
	var photo, drawing bytes.Buffer
	square := image.NewRGBA(image.Rect(0, 0, 8, 8))
	_, _ = jpeg.Encode(&photo, square, nil), png.Encode(&drawing, square) // a buffer takes all
	return []*File{
		{"picture.gif", "image/gif", picture}, {"notes.txt", "text/plain", bytes.Repeat([]byte("A line of a document.\n"), 5000)},
		{"photo.jpg", "image/jpeg", photo.Bytes()}, {"drawing.png", "image/png", drawing.Bytes()}, {"more.txt", "text/plain", []byte("More.")},
	}
}

func carriesFiles(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	var said []string
	for _, f := range testFiles() {
		said = append(said, "See "+f.Name)
		if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "See " + f.Name, File: f}); err != nil {
			return "", err
		}
	}
	list, err := t.incoming(ctx, th, said...)
	if err != nil {
		return "", err
	}
	var ids []string
	for n, f := range testFiles() {
		m := list[n+1]
		if len(m.Attachments) != 1 {
			return "", fmt.Errorf("the message with the file %s has %d files", f.Name, len(m.Attachments))
		}
		content, err := t.parley.download(ctx, m.Attachments[0].URL)
		if err != nil {
			return "", err
		}
		if !bytes.Equal(content, f.Content) {
			return "", fmt.Errorf("the file %s has %d bytes in Parley, want the %d that were sent", f.Name, len(content), len(f.Content))
		}
		uploaded, err := t.parley.upload(ctx, th.conversation, f)
		if err != nil {
			return "", err
		}
		ids = append(ids, uploaded)
	}
	answer, err := t.parley.send(ctx, th.conversation, "All of them", map[string]any{"attachmentIds": ids})
	if err != nil {
		return "", err
	}
	if _, err := t.becomes(ctx, answer, "SENT"); err != nil {
		return "", err
	}
	got, err := t.medium.messages(ctx, th.name)
	if err != nil {
		return "", err
	}
	if err := countFiles(got); err != nil {
		return "", err
	}
	return "", countTexts(got, "All of them")
}

// countFiles is an error unless the contact got each of the test's files once, under its name.
func countFiles(got []Delivered) error {
	for _, f := range testFiles() {
		found := 0
		for _, m := range got {
			if m.File != nil && bytes.Equal(m.File.Content, f.Content) {
				found++
				if m.File.Name != "" && m.File.Name != f.Name {
					return fmt.Errorf("the file %s is called %q", f.Name, m.File.Name)
				}
			}
		}
		if found != 1 {
			return fmt.Errorf("the contact got the file %s %d times, want once", f.Name, found)
		}
	}
	return nil
}

// countTexts is an error unless one message has the text.
func countTexts(list []Delivered, text string) error {
	n := 0
	for _, m := range list {
		if m.Text == text {
			n++
		}
	}
	if n != 1 {
		return fmt.Errorf("the contact got the text %q %d times, want once", text, n)
	}
	return nil
}

// late is how much later a second copy may come, and is found.
const late = 2 * time.Second

// staysSo looks again at all threads: a second copy may come late.
func staysSo(ctx context.Context, t *test) (string, error) {
	select {
	case <-time.After(late):
	case <-ctx.Done():
		return "", ctx.Err()
	}
	var problems []error
	came, got := maps.Clone(t.came), maps.Clone(t.got)
	for th, want := range came {
		_, err := t.incoming(ctx, th, want...)
		problems = append(problems, err)
	}
	for th, want := range got {
		_, err := t.outgoing(ctx, th, want...)
		problems = append(problems, err)
	}
	return fmt.Sprintf("%d threads", len(came)+len(got)), errors.Join(problems...)
}

func reportsStates(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	messageID, err := t.parley.send(ctx, th.conversation, "On its way", nil)
	if err != nil {
		return "", err
	}
	got, err := t.outgoing(ctx, th, "On its way")
	if err != nil {
		return "", err
	}
	m, err := t.becomes(ctx, messageID, "SENT")
	if err != nil {
		return "", err
	}
	if m.ExternalID == "" {
		return "", errors.New("the report has no externalMessageId: changes, echoes and receipts do not find the message")
	}
	if !t.medium.does(doesReceipt) {
		return "the medium has no receipts", nil
	}
	for _, state := range []string{"DELIVERED", "READ"} {
		if err := t.medium.post(ctx, doesReceipt, request{Thread: th.name, ID: got[0].ID, State: state}, nil); err != nil {
			return "", err
		}
		if _, err := t.becomes(ctx, messageID, state); err != nil {
			return "", err
		}
	}
	late, err := t.parley.send(ctx, th.conversation, "To no one", nil)
	if err != nil {
		return "", err
	}
	if got, err = t.outgoing(ctx, th, "On its way", "To no one"); err != nil {
		return "", err
	}
	if err := t.medium.post(ctx, doesReceipt, request{Thread: th.name, ID: got[1].ID, State: "FAILED", Error: "The phone is gone"}, nil); err != nil {
		return "", err
	}
	m, err = t.becomes(ctx, late, "FAILED")
	if err == nil && m.DeliveryError == "" {
		err = errors.New("a message that failed later has no reason")
	}
	return "", err
}

func reportsRefusals(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	other, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	const why = "bot was blocked by the user"
	if err := t.medium.post(ctx, doesRefuse, request{Thread: th.name, Error: why}, nil); err != nil {
		return "", err
	}
	refused, err := t.parley.send(ctx, th.conversation, "Refused", nil)
	if err != nil {
		return "", err
	}
	if _, err := t.parley.send(ctx, other.conversation, "Taken", nil); err != nil {
		return "", err
	}
	m, err := t.becomes(ctx, refused, "FAILED")
	if err != nil {
		return "", err
	}
	if !strings.Contains(m.DeliveryError, why) {
		return "", fmt.Errorf("the team sees %q as the reason, want what the medium said: %q", m.DeliveryError, why)
	}
	if _, err := t.outgoing(ctx, other, "Taken"); err != nil {
		return "", err
	}
	if err := t.medium.post(ctx, doesRefuse, request{Thread: th.name}, nil); err != nil {
		return "", err
	}
	if _, err := t.parley.send(ctx, th.conversation, "Taken again", nil); err != nil {
		return "", err
	}
	_, err = t.outgoing(ctx, th, "Taken again")
	return "", err
}

func ignoresUnknown(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	for _, state := range []string{"SENT", "DELIVERED", "READ", "FAILED"} {
		if err := t.medium.post(ctx, doesReceipt, request{Thread: th.name, ID: "unknown-" + state, State: state, Error: "Unknown"}, nil); err != nil {
			return "", err
		}
	}
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Still there?"}); err != nil {
		return "", err
	}
	if _, err := t.incoming(ctx, th, "Still there?"); err != nil {
		return "", err
	}
	if _, err := t.parley.send(ctx, th.conversation, "Still here", nil); err != nil {
		return "", err
	}
	_, err = t.outgoing(ctx, th, "Still here")
	return "", err
}

func takesEchoes(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	own, err := t.parley.send(ctx, th.conversation, "By Parley", nil)
	if err != nil {
		return "", err
	}
	got, err := t.outgoing(ctx, th, "By Parley")
	if err != nil {
		return "", err
	}
	if _, err := t.becomes(ctx, own, "SENT"); err != nil {
		return "", err
	}
	for range 20 { // a loop
		if err := t.medium.post(ctx, doesEcho, request{Thread: th.name, ID: got[0].ID, Text: "By Parley"}, nil); err != nil {
			return "", err
		}
	}
	var placed Placed
	if err := t.medium.post(ctx, doesEcho, request{Thread: th.name, Text: "By the app"}, &placed); err != nil {
		return "", err
	}
	if err := t.medium.post(ctx, doesEcho, request{Thread: th.name, ID: placed.ID, Text: "By the app"}, nil); err != nil {
		return "", err
	}
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Thank you"}); err != nil {
		return "", err
	}
	if _, err := t.incoming(ctx, th, "Thank you"); err != nil {
		return "", err
	}
	all, err := t.parley.messages(ctx, th.conversation)
	if err != nil {
		return "", err
	}
	var shown []string
	for _, m := range all {
		if m.Direction == "OUTGOING" {
			shown = append(shown, m.Text)
		}
	}
	if fmt.Sprint(shown) != "[By Parley By the app]" {
		return "", fmt.Errorf("in Parley are %s of the team, want what it sent and what the app sent, once each", quoted(shown))
	}
	if _, err := t.parley.send(ctx, th.conversation, "And once more", nil); err != nil { // after it, an echo would have been sent again
		return "", err
	}
	_, err = t.outgoing(ctx, th, "By Parley", "And once more")
	return "", err
}

func refusesStrangers(ctx context.Context, t *test) (string, error) {
	th, err := t.open(ctx)
	if err != nil {
		return "", err
	}
	var got forged
	if err := t.medium.post(ctx, doesForge, request{Thread: th.name, Text: "Forged"}, &got); err != nil {
		return "", err
	}
	if got.Status != 401 && got.Status != 403 {
		return "", fmt.Errorf("a call without a valid signature is answered with %d, want 401 or 403", got.Status)
	}
	if _, err := t.medium.write(ctx, Incoming{Thread: th.name, Text: "Genuine"}); err != nil {
		return "", err
	}
	_, err = t.incoming(ctx, th, "Genuine")
	return "", err
}
