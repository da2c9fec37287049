package privacy

import (
	"context"
	"maps"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	"parley/ent/erasure"
	"parley/internal/account"
	"parley/internal/attachment"
	"parley/internal/attachment/blob"
	"parley/internal/contact"
	"parley/internal/conversation"
	"parley/internal/id"
	"parley/internal/job"
	"parley/internal/paging"
	"parley/internal/property"
	"parley/internal/secret"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// Viewers reports what an actor of an account may do now. Package account implements it.
type Viewers interface {
	ViewerOf(ctx context.Context, accountID, actorID, tokenID string) (*viewer.Viewer, error)
}

// Deps are the use cases below it.
type Deps struct {
	Conversations *conversation.Service
	Contacts      *contact.Service
	Files         *attachment.Service
	Blobs         *blob.Bucket
	Viewers       Viewers
}

// Service holds the use cases. It is safe for concurrent use.
type Service struct {
	store      *store.Store
	deps       Deps
	properties *property.Service
	signer     *secret.Signer
	publicURL  string
}

// audience are the addresses of archives.
const audience = "parley-archive"

// New returns the use cases on a store. The keys sign the addresses of archives, which lie
// below publicURL.
func New(s *store.Store, keys *secret.Keyring, deps Deps, publicURL string) *Service {
	return &Service{
		store: s, deps: deps, properties: property.New(s), signer: keys.Signer(audience, s.Clock().Now),
		publicURL: strings.TrimSuffix(publicURL, "/"),
	}
}

// Register has the queue go on with erasures that broke off.
func (s *Service) Register(q *job.Queue) { job.Register(q, s.Run, job.Options{}) }

// erasures are listed latest first.
var erasures = store.Listing[ent.Erasure]{Name: "erasures", Kind: id.Erasure, Desc: true, ID: func(e *ent.Erasure) string { return e.ID }}

// Erasures returns a page of the account's erasures, latest first. They are for admins.
func (s *Service) Erasures(ctx context.Context, args paging.PageArgs) (*paging.Connection[*ent.Erasure], error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	return erasures.Page(args, account.PageOfList, func(narrow func(*sql.Selector)) ([]*ent.Erasure, error) {
		q := s.store.Client(ctx).Erasure.Query()
		q.Modify(narrow)
		return q.All(ctx)
	})
}

// ByID returns erasures by their ids, for admins; nil where there is none.
func (s *Service) ByID(ctx context.Context, ids []string) ([]*ent.Erasure, error) {
	list := make([]*ent.Erasure, len(ids))
	if account.MayAdminister(ctx) != nil {
		return list, nil
	}
	found, err := s.store.Client(ctx).Erasure.Query().Where(erasure.IDIn(ids...)).All(ctx)
	if err != nil {
		return nil, err
	}
	for i, wanted := range ids {
		for _, e := range found {
			if e.ID == wanted {
				list[i] = e
			}
		}
	}
	return list, nil
}

// Count is how many rows of a table are gone.
type Count struct {
	Kind  string
	Count int
}

// Counts are what an erasure counted, by the tables' names.
func Counts(e *ent.Erasure) []*Count {
	list := []*Count{}
	for _, kind := range slices.Sorted(maps.Keys(e.Counts)) {
		list = append(list, &Count{kind, e.Counts[kind]})
	}
	return list
}

// StatesOf says how far erasures are: rows that are gone may still lie in what the
// database and the storage have not overwritten yet (ENG-7).
func (s *Service) StatesOf(ctx context.Context, list []*ent.Erasure) ([]vocab.ErasureState, error) {
	overwritten, err := s.store.OverwrittenUntil(ctx)
	if err != nil {
		return nil, err
	}
	states := make([]vocab.ErasureState, len(list))
	for i, e := range list {
		switch {
		case !e.RowsErasedAt.IsSet():
			states[i] = vocab.ErasureRunning
			continue
		case overwritten <= e.RowsErasedAt:
			states[i] = vocab.ErasureRowsErased
			continue
		}
		waiting, err := s.store.Numbers(ctx, "SELECT COUNT(*) FROM forgotten_blobs WHERE account_id = $1 AND created_at <= $2", e.AccountID, int64(e.RowsErasedAt))
		if err != nil {
			return nil, err
		}
		if states[i] = vocab.ErasureDone; waiting[0] > 0 {
			states[i] = vocab.ErasureRowsErased
		}
	}
	return states, nil
}
