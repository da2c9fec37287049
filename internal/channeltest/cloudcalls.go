package channeltest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// cloudChange is something that the webhook is called with.
type cloudChange struct {
	// lane has what comes one after the other, such as what a contact writes; "": it waits for nothing.
	lane  string
	field string
	value map[string]any
}

// cloudCalls is how many calls of the webhook are under way at a time; cloudBatch is how many
// changes one has at most.
const cloudCalls, cloudBatch = 4, 3

// run calls the webhook with what is queued: several calls at a time, of one or more changes,
// in any order but within a lane, each until it is answered with 200.
func (c *cloud) run(ctx context.Context) {
	for c.verify(ctx) != nil {
		if !pause(ctx) {
			return
		}
	}
	for range cloudCalls {
		go c.callAll(ctx)
	}
}

// callAll calls the webhook, one batch after the other.
func (c *cloud) callAll(ctx context.Context) {
	for {
		batch := c.takeBatch()
		if len(batch) == 0 {
			if !pause(ctx) {
				return
			}
			continue
		}
		if !c.callUntilTaken(ctx, notification(batch...)) {
			return
		}
		c.endBatch(batch)
	}
}

// callUntilTaken calls until it is answered with 200; false: the test has ended.
func (c *cloud) callUntilTaken(ctx context.Context, body []byte) bool {
	for {
		if status, err := c.call(ctx, body, sign(body)); err == nil && status == http.StatusOK {
			return true
		}
		if !pause(ctx) {
			return false
		}
	}
}

// takeBatch takes what is brought next.
func (c *cloud) takeBatch() (batch []*cloudChange) {
	c.lock.Lock()
	defer c.lock.Unlock()
	most := 1 + c.dice.below(cloudBatch)
	blocked := map[string]bool{}
	own := map[string]bool{} // the lanes of the batch
	skip := c.dice.below(3)  // statuses do not wait for each other
	c.queue = slices.DeleteFunc(c.queue, func(x *cloudChange) bool {
		switch {
		case len(batch) == most || x.lane != "" && (blocked[x.lane] || c.lanes[x.lane] && !own[x.lane]):
			blocked[x.lane] = true
			return false
		case x.lane == "" && skip > 0 && len(c.queue) > most+skip:
			skip--
			return false
		}
		batch = append(batch, x)
		if x.lane != "" {
			own[x.lane], c.lanes[x.lane] = true, true
		}
		return true
	})
	return batch
}

func (c *cloud) endBatch(batch []*cloudChange) {
	c.lock.Lock()
	defer c.lock.Unlock()
	for _, x := range batch {
		delete(c.lanes, x.lane)
	}
}

// pause waits before another try; false: there is none.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(50 * time.Millisecond):
		return true
	case <-ctx.Done():
		return false
	}
}

// verify is how the webhook is set up: the connector gives the challenge back.
func (c *cloud) verify(ctx context.Context) error {
	for token, want := range map[string]bool{"wrong": false, cloudVerify: true} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.webhook+"?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="+token, nil)
		if err != nil {
			return err
		}
		response, err := c.client.Do(request)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return err
		}
		if got := response.StatusCode == http.StatusOK && string(text) == "1158201444"; got != want {
			return fmt.Errorf("the webhook is not verified: %s", response.Status)
		}
	}
	return nil
}

func sign(body []byte) string {
	mac := hmac.New(sha256.New, []byte(cloudSecret))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (c *cloud) call(ctx context.Context, body []byte, signature string) (status int, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.webhook, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	if signature != "" {
		request.Header.Set("X-Hub-Signature-256", signature)
	}
	response, err := c.client.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode, response.Body.Close()
}

// notification is the body of a call of the webhook.
func notification(changes ...*cloudChange) []byte {
	var entries []any
	for _, x := range changes {
		x.value["messaging_product"] = "whatsapp"
		if x.value["metadata"] == nil {
			x.value["metadata"] = map[string]any{"display_phone_number": "15550783881", "phone_number_id": cloudPhone}
		}
		entries = append(entries, map[string]any{"id": "102290129340398", "changes": []any{map[string]any{"field": x.field, "value": x.value}}})
	}
	body, _ := json.Marshal(map[string]any{"object": "whatsapp_business_account", "entry": entries})
	return body
}

// bring queues a change; c.lock is held.
func (c *cloud) bring(lane, field string, value map[string]any) {
	c.queue = append(c.queue, &cloudChange{lane, field, value})
}

// bringOthers queues now and then what is no message for the number: one for another number
// of the same app, a notice about the account, a reaction, a notice about the contact; c.lock
// is held.
func (c *cloud) bringOthers(phone string) {
	m := map[string]any{"from": phone, "id": c.newID(), "timestamp": c.stamp(), "type": "text", "text": map[string]any{"body": "For another number"}}
	switch c.dice.below(10) {
	case 0:
		value := c.incoming(phone, m)
		value["metadata"] = map[string]any{"display_phone_number": "15550783882", "phone_number_id": "206540352242922"}
		c.bring("", "messages", value)
	case 1:
		c.bring("", "account_update", map[string]any{"event": "ACCOUNT_UPDATE", "statuses": "none", "messages": 7})
	case 2:
		m["type"], m["reaction"] = "reaction", map[string]any{"message_id": "wamid.unknown", "emoji": "👍"}
		delete(m, "text")
		c.bring(phone, "messages", c.incoming(phone, m))
	case 3:
		m["type"], m["system"] = "system", map[string]any{"body": "The contact has another number", "type": "user_changed_number"}
		delete(m, "text")
		c.bring(phone, "messages", c.incoming(phone, m))
	}
}
