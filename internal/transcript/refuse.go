package transcript

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

const (
	refusalAudience = "parley-transcript-refusal"
	// refusalTTL is how long the link of a letter is valid: whoever finds it years later may
	// still use it.
	refusalTTL = 10 * 365 * 24 * time.Hour
)

// refusalClaims are those of the link by which a contact wants no further copies.
type refusalClaims struct {
	Account  string `json:"acc"`
	Contact  string `json:"con"`
	Language string `json:"lng"`
	jwt.RegisteredClaims
}

// refusal is the address at which a contact refuses further copies.
func (s *Service) refusal(to *ent.Contact, language string) (string, error) {
	token, err := s.signer.Sign(&refusalClaims{Account: to.AccountID, Contact: to.ID, Language: language, RegisteredClaims: s.signer.Registered(refusalTTL)})
	return s.publicURL + "/transcripts/" + token, err
}

// Question is what the page of a refusal asks, and in which language; an *errs.Error says
// that the link is not valid. It changes nothing: scanners of mails follow links.
func (s *Service) Question(token string) (question, language string, err error) {
	c, err := s.verify(token)
	if err != nil {
		return "", "", err
	}
	return wordsIn(c.Language).Refuse, c.Language, nil
}

// Refuse notes that the contact wants no further transcripts, and returns what to say.
// A link may be used again.
func (s *Service) Refuse(ctx context.Context, token string) (done string, err error) {
	c, err := s.verify(token)
	if err != nil {
		return "", err
	}
	ctx = viewer.NewContext(ctx, viewer.System("transcript", c.Account))
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		changed, err := tx.Client.Contact.Update().Where(entcontact.ID(c.Contact), entcontact.TranscriptsRefusedAt(0)).
			SetTranscriptsRefusedAt(tx.Now()).Save(ctx)
		if err == nil && changed > 0 {
			tx.Append(ctx, store.Event{Type: vocab.ContactUpdated, SubjectID: c.Contact, Changes: store.NamedChanges("transcriptsRefusedAt")})
		}
		return err
	})
	return wordsIn(c.Language).Refused, err
}

func (s *Service) verify(token string) (*refusalClaims, error) {
	c := &refusalClaims{}
	if s.signer.Verify(token, c) != nil {
		return nil, errs.New(errs.Invalid, "The link is incomplete or has expired. Open it from the e-mail again.")
	}
	return c, nil
}
