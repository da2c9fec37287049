package remoteimage

import (
	"log/slog"
	"net/http"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"parley/internal/secret"
	"parley/internal/store"
)

// Service holds the use cases of remote images. It is safe for concurrent use.
type Service struct {
	store     *store.Store
	signer    *secret.Signer
	client    *http.Client
	publicURL string
	log       *slog.Logger

	kept    *lru.Cache[string, *Image] // by the image's address
	running singleflight.Group
	slots   chan struct{}
}

// New returns the use cases. The client fetches the images, whose addresses
// strangers write: it must be guarded (see egress). The keys sign this server's
// addresses of them, which lie below publicURL.
func New(s *store.Store, keys *secret.Keyring, client *http.Client, publicURL string, log *slog.Logger) *Service {
	kept, err := lru.New[string, *Image](mostKept)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &Service{
		store: s, signer: keys.Signer(audience, s.Clock().Now), client: fetching(client),
		publicURL: strings.TrimSuffix(publicURL, "/"), log: log, kept: kept, slots: make(chan struct{}, atOnce),
	}
}
