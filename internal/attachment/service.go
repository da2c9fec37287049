package attachment

import (
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"parley/internal/attachment/blob"
	"parley/internal/job"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Scanner looks for viruses.
type Scanner interface {
	// Scan returns the name of the virus in a content, "" for none. It returns
	// ErrUnscannable for what it will never read; any other error says that it
	// cannot say now.
	Scan(ctx context.Context, content io.Reader) (virus string, err error)
}

// ErrUnscannable is a scanner's answer to a content that is too large for it.
var ErrUnscannable = errors.New("the virus scanner does not read so large a file")

// Viewers reports what an actor of an account may see now. Package people
// implements it for users and integrations.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Options bound what may be uploaded. A zero field means its default.
type Options struct {
	// MaxBytes is the largest upload, 25 MB.
	MaxBytes int64
	// MaxDocument is the largest upload for a document of the library, 50 MB, or MaxBytes
	// if that is more.
	MaxDocument int64
	// MaxCount and MaxTotal bound the files of one message: 20, and 50 MB.
	MaxCount int
	MaxTotal int64
	// VisitorTypes are what visitors may upload: types such as "image/png", or
	// groups such as "image/*"; nil: images, sound, films, PDF, office documents,
	// texts and ZIP. What a computer would run is never taken from them.
	VisitorTypes []string
	// VisitorPending and VisitorPendingBytes bound what one visitor uploaded and
	// did not send yet: 20 files, 100 MB.
	VisitorPending      int
	VisitorPendingBytes int64
	// Allow decides whether a visitor may upload at all, e.g. CONSENT_REQUIRED; nil: yes.
	Allow func(ctx context.Context) error
	// Scanner looks for viruses; nil: no one does.
	Scanner Scanner
	// Log gets what goes wrong with the storage and the scanner; nil: nothing is logged.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	o.MaxBytes = cmp.Or(o.MaxBytes, 25<<20)
	o.MaxDocument = cmp.Or(o.MaxDocument, 50<<20)
	o.MaxCount = cmp.Or(o.MaxCount, 20)
	o.MaxTotal = cmp.Or(o.MaxTotal, 50<<20)
	o.VisitorPending = cmp.Or(o.VisitorPending, 20)
	o.VisitorPendingBytes = cmp.Or(o.VisitorPendingBytes, 100<<20)
	if o.VisitorTypes == nil {
		o.VisitorTypes = visitorTypes
	}
	if o.Allow == nil {
		o.Allow = func(context.Context) error { return nil }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Service holds the use cases of attachments. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	bucket    *blob.Bucket
	keys      *secret.Keyring
	signer    *secret.Signer
	viewers   Viewers
	publicURL string
	options   Options

	mu     sync.Mutex
	cursor []byte // where the search for contents without a row goes on
}

// New returns the use cases on a store and a bucket. The keys sign addresses,
// which lie below publicURL, such as "https://parley.example.com".
func New(s *store.Store, bucket *blob.Bucket, keys *secret.Keyring, viewers Viewers, publicURL string, o Options) *Service {
	return &Service{
		store: s, bucket: bucket, keys: keys, signer: keys.Signer(audience, s.Clock().Now), viewers: viewers,
		publicURL: strings.TrimSuffix(publicURL, "/"), options: o.withDefaults(),
	}
}

// Register has the queue do the background work: scanning what could not be
// scanned at once, and removing orphans.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.rescanMailFile, job.Options{Timeout: 2 * scanTimeout})
	q.Periodic("remove-orphaned-files", time.Hour, s.RemoveOrphans)
}

// system is Parley's own work in an account, in the caller's name.
func system(ctx context.Context, v *viewer.Viewer) context.Context {
	return viewer.NewContext(ctx, viewer.System("files", v.AccountID).InNameOf(v.Actor()))
}
