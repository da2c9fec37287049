package transfer

import (
	"cmp"
	"context"
	"strings"
	"time"

	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/job"
	"parley/internal/property"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
)

// Viewers reports what an actor of an account may do now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Service holds the use cases. It is safe for concurrent use.
type Service struct {
	store      *store.Store
	contacts   *contact.Service
	properties *property.Service
	viewers    Viewers
	signer     *secret.Signer
	publicURL  string
	maxBytes   int64
}

// mayTransfer admits admins and integrations, whose scopes say the rest.
func mayTransfer(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && (v.Kind == viewer.Admin || v.Kind == viewer.Integration) {
		return nil
	}
	return errs.New(errs.Forbidden, "Only admins and integrations may import and export contacts.")
}

// Options bound what may be imported.
type Options struct {
	// MaxBytes is the largest file, 25 MB where it is 0.
	MaxBytes int64
}

// audience are the addresses of exports.
const audience = "parley-export"

// New returns the use cases on a store. The keys sign the addresses of exports, which lie
// below publicURL.
func New(s *store.Store, keys *secret.Keyring, contacts *contact.Service, viewers Viewers, publicURL string, o Options) *Service {
	return &Service{
		store: s, contacts: contacts, properties: property.New(s), viewers: viewers, signer: keys.Signer(audience, s.Clock().Now),
		publicURL: strings.TrimSuffix(publicURL, "/"), maxBytes: cmp.Or(o.MaxBytes, 25<<20),
	}
}

// Register has the queue do the background work.
func (s *Service) Register(q *job.Queue) {
	job.Register(q, s.Run, job.Options{})
	q.Periodic("forget-imports", time.Hour, s.Forget)
}
