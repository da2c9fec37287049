package privacy

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	entcontact "parley/ent/contact"
	"parley/internal/account"
	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// holds is how long the address of an archive can be used.
const holds = 10 * time.Minute

// claims bind an address to one contact and to who asked.
type claims struct {
	Account string `json:"acc"`
	Contact string `json:"con"`
	Actor   string `json:"act"`
	Token   string `json:"tok,omitempty"`
	jwt.RegisteredClaims
}

// Archived is where an archive is fetched.
type Archived struct {
	URL       string
	ExpiresAt clock.Micros
}

// Archive returns an address at which everything of a contact can be fetched for ten
// minutes, with the rights that the caller has then (CR-5). For admins.
func (s *Service) Archive(ctx context.Context, contactID string) (*Archived, error) {
	if err := account.MayAdminister(ctx); err != nil {
		return nil, err
	}
	if err := s.mustExist(ctx, contactID); err != nil {
		return nil, err
	}
	err := s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, SubjectID: contactID, Detail: "contact.zip"})
		return nil
	})
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	token, err := s.signer.Sign(&claims{
		Account: v.AccountID, Contact: contactID, Actor: v.ActorID, Token: v.TokenID, RegisteredClaims: s.signer.Registered(holds),
	})
	if err != nil {
		return nil, err
	}
	return &Archived{
		URL:       s.publicURL + "/archives/" + url.PathEscape(contactID) + "/contact.zip?token=" + token,
		ExpiresAt: s.store.Now().Add(holds),
	}, nil
}

func (s *Service) mustExist(ctx context.Context, contactID string) error {
	if id.Is(contactID, id.Contact) {
		known, err := s.store.Client(ctx).Contact.Query().Where(entcontact.ID(contactID)).Exist(ctx)
		if known || err != nil {
			return err
		}
	}
	return errs.New(errs.NotFound, "There is no contact %q that you may see.", errs.Clip(contactID)).On("contactId")
}

// Download is an archive that is fetched.
type Download struct {
	s       *Service
	contact *ent.Contact
	ctx     context.Context
}

// Download returns the archive that an address names. Errors: FORBIDDEN, NOT_FOUND.
func (s *Service) Download(ctx context.Context, contactID, token string) (*Download, error) {
	c := &claims{}
	if err := s.signer.Verify(token, c); err != nil || c.Contact != contactID {
		return nil, errs.New(errs.Forbidden, "The address is not valid, or was made more than ten minutes ago: call exportContactData again.")
	}
	system := viewer.NewContext(ctx, viewer.System("archive", c.Account))
	v, err := s.deps.Viewers.ViewerOf(system, c.Account, c.Actor, c.Token)
	if err != nil {
		return nil, err
	}
	if err := account.MayAdminister(viewer.NewContext(ctx, v)); err != nil {
		return nil, err
	}
	found, err := s.store.Client(system).Contact.Get(system, contactID)
	if ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no such contact.")
	}
	return &Download{s, found, system}, err
}

// archive is a ZIP file that is written.
type archive struct {
	*Download
	zip       *zip.Writer
	addresses []string // the contact's
}

// Write writes the archive: contact.json, a file for each conversation, its mails as they
// came and its files.
func (d *Download) Write(to io.Writer) error {
	a := &archive{Download: d, zip: zip.NewWriter(to)}
	about, err := a.about()
	if err != nil {
		return err
	}
	if err := a.addJSON("contact.json", about); err != nil {
		return err
	}
	if err := a.eachConversation(func(c *ent.Conversation) error { return a.addConversation(c, nil) }); err != nil {
		return err
	}
	if err := a.addAmongOthers(); err != nil {
		return err
	}
	return a.zip.Close()
}

func (a *archive) addJSON(name string, value any) error {
	w, err := a.zip.Create(name)
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(value)
}

// addBlob adds a content; one that is gone is passed over.
func (a *archive) addBlob(name, key string) error {
	from, err := a.s.deps.Blobs.NewReader(a.ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	w, err := a.zip.Create(name)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, from)
	return err
}
