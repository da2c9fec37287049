package receive

import (
	"context"
	"strings"
	"sync"
	"time"

	"parley/internal/channel/email/settings"
	"parley/internal/viewer"
)

// IngestArgs asks to read a mail that was stored.
type IngestArgs struct {
	AccountID string `json:"accountId"`
	MailID    string `json:"mailId"`
}

// Kind names the job.
func (IngestArgs) Kind() string { return "ingest-mail" }

// KindAliases are names of such jobs that may be queued still.
func (IngestArgs) KindAliases() []string { return []string{"ingest_mail"} }

// RunIngest is the queue's worker. What the channel stored before goes first, so
// that no answer is read before what it answers.
func (s *Service) RunIngest(ctx context.Context, args IngestArgs) error {
	ctx = settings.InAccount(ctx, args.AccountID)
	m, err := s.store.Client(ctx).InboundMail.Get(ctx, args.MailID)
	if err != nil {
		return err
	}
	turn, _ := s.turns.LoadOrStore(m.ChannelID, &sync.Mutex{})
	mutex := turn.(*sync.Mutex) //nolint:errcheck,forcetypeassert // the map holds nothing else
	mutex.Lock()
	defer mutex.Unlock()
	before, err := s.store.Strings(ctx, waitingInChannel+" AND id < $3 ORDER BY id LIMIT 50", m.ChannelID, m.AccountID, m.ID)
	if err != nil {
		return err
	}
	s.ingestAll(ctx, before)
	return s.ingestMail(ctx, m.ID)
}

// waitingInChannel finds what a channel stored and did not read. The state stands
// in the text: only so does the index of such mails serve.
const waitingInChannel = "SELECT id FROM inbound_mails WHERE state = 'STORED' AND channel_id = $1 AND account_id = $2"

// ingestStored reads what an earlier worker of the mailbox stored and did not
// come to read.
func (s *Service) ingestStored(ctx context.Context, channelID string) error {
	ids, err := s.store.Strings(ctx, waitingInChannel+" ORDER BY id", channelID, viewer.FromContext(ctx).AccountID)
	s.ingestAll(ctx, ids)
	return err
}

// sweepAfter is how long a stored mail may wait for its own worker.
const sweepAfter = 2 * time.Minute

// IngestOverdue reads stored mails that their workers left behind, oldest first.
// One whose content cannot be got keeps no other waiting. Then it sends answers to
// notifications that were left behind. The system runs it each minute.
func (s *Service) IngestOverdue(ctx context.Context) error {
	until, last := int64(s.store.Now().Add(-sweepAfter)), ""
	for ctx.Err() == nil {
		overdue, err := s.store.Strings(ctx, `SELECT account_id || ' ' || id FROM inbound_mails
			WHERE state = 'STORED' AND created_at < $1 AND id > $2 ORDER BY id LIMIT 500`, until, last)
		if err != nil {
			return err
		}
		if len(overdue) == 0 {
			return s.answerOverdueMails(ctx)
		}
		for _, m := range overdue {
			var accountID string
			accountID, last, _ = strings.Cut(m, " ")
			s.ingestAll(settings.InAccount(ctx, accountID), []string{last})
		}
	}
	return ctx.Err()
}
