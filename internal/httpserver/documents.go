package httpserver

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"

	"parley/internal/errs"
)

// Codes of persisted documents. Clients know the first, which is Apollo's, and
// send the document itself then; the second reports that it would not help.
const (
	persistedQueryNotFound errs.Code = "PERSISTED_QUERY_NOT_FOUND"
	documentNotTrusted     errs.Code = "PERSISTED_QUERY_NOT_IN_LIST"
)

const (
	persistedDocuments   = 1000
	maxPersistedDocument = 32 << 10
	hashPrefix           = "sha256:"
)

// documents knows the GraphQL documents that clients name by their SHA-256.
//
// Automatic persisted queries: a document that came once together with its
// hash is kept, the ones used least are forgotten, and the client sends it
// again. Trusted documents: only those of the list are run, and none is learnt.
type documents struct {
	trusted map[string]string // by hash; nil: every document is run
	learnt  *lru.LRU[string]
}

func newDocuments(trusted map[string]string) *documents {
	return &documents{trusted: trusted, learnt: lru.New[string](persistedDocuments)}
}

// params returns what is to be run, its document found.
func (d *documents) params(in *input, header http.Header) (*graphql.RawParams, *refusal) {
	query, refused := d.query(in)
	if refused != nil {
		return nil, refused
	}
	return &graphql.RawParams{
		Query: query, OperationName: in.OperationName,
		Variables: in.Variables, Extensions: in.Extensions, Headers: header,
	}, nil
}

func (d *documents) query(in *input) (string, *refusal) {
	hash, refused := in.hash()
	if refused != nil {
		return "", refused
	}
	given := in.Query != nil && (*in.Query != "" || hash == "")
	if !given && hash == "" {
		return "", in.missingQuery()
	}
	if given && (hash != "" || d.trusted != nil) {
		own := hashOf(*in.Query)
		if hash != "" && hash != own {
			return "", refuse(http.StatusBadRequest, "The hash is not the SHA-256 of the document sent with it.")
		}
		hash = own
	}
	switch {
	case d.trusted != nil:
		return d.listedDocument(hash)
	case given:
		if hash != "" && len(*in.Query) <= maxPersistedDocument {
			d.learnt.Add(context.Background(), hash, *in.Query)
		}
		return *in.Query, nil
	}
	if known, ok := d.learnt.Get(context.Background(), hash); ok {
		return known, nil
	}
	// Clients look for this very text.
	return "", &refusal{status: asGraphQL, reason: errs.New(persistedQueryNotFound, "PersistedQueryNotFound")}
}

func (d *documents) listedDocument(hash string) (string, *refusal) {
	if known, ok := d.trusted[hash]; ok {
		return known, nil
	}
	return "", &refusal{status: asGraphQL, reason: errs.New(documentNotTrusted,
		"This server only runs trusted documents, and this is not one of them: have it added to the server's list.")}
}

// hash returns the SHA-256, in hexadecimal, by which the operation names its
// document: as documentId, or as extensions.persistedQuery; "" if it does not.
func (in *input) hash() (string, *refusal) {
	var named []string
	if in.DocumentID != nil {
		named = append(named, strings.TrimPrefix(*in.DocumentID, hashPrefix))
	}
	if persisted, ok := in.Extensions["persistedQuery"]; ok && persisted != nil {
		fields, _ := persisted.(map[string]any)
		version, _ := fields["version"].(json.Number)
		hash, _ := fields["sha256Hash"].(string)
		if version != "1" {
			return "", refuse(http.StatusBadRequest, `"extensions.persistedQuery" must be {"version": 1, "sha256Hash": "..."}.`)
		}
		named = append(named, strings.TrimPrefix(hash, hashPrefix))
	}
	for _, hash := range named {
		if !isHash(hash) || hash != named[0] {
			return "", refuse(http.StatusBadRequest,
				"A document is named by its SHA-256, 64 lower-case hexadecimal digits; \"sha256:\" may stand before it.")
		}
	}
	if len(named) == 0 {
		return "", nil
	}
	return named[0], nil
}

func isHash(s string) bool {
	return len(s) == hex.EncodedLen(sha256.Size) && strings.Trim(s, "0123456789abcdef") == ""
}

func hashOf(document string) string {
	sum := sha256.Sum256([]byte(document))
	return hex.EncodeToString(sum[:])
}

// LoadTrustedDocuments reads the list of trusted documents out of a JSON file
// that has one object: each key is the SHA-256 of a document in hexadecimal,
// with or without "sha256:" before it, and its value the document. It fails if
// a hash is not its document's.
func LoadTrustedDocuments(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("trusted documents: %w", err)
	}
	var list map[string]string
	err = json.Unmarshal(text, &list)
	if err == nil && list == nil {
		err = errors.New("it is null")
	}
	if err != nil {
		return nil, fmt.Errorf("trusted documents %s: want one JSON object of hashes and documents: %w", path, err)
	}
	trusted := make(map[string]string, len(list))
	for name, document := range list {
		hash := strings.TrimPrefix(name, hashPrefix)
		if hash != hashOf(document) {
			return nil, fmt.Errorf("trusted documents %s: %q is not the SHA-256 of its document, which is %q", path, errs.Clip(name), hashOf(document))
		}
		trusted[hash] = document
	}
	return trusted, nil
}
