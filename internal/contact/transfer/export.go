package transfer

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/ent"
	"parley/internal/clock"
	"parley/internal/contact"
	"parley/internal/errs"
	"parley/internal/id"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// holds is how long the address of an export can be used.
const holds = 10 * time.Minute

// ExportInput is which contacts are exported, and how.
type ExportInput struct {
	Filter contact.ContactFilter
	Format vocab.ContactExportFormat
}

// claims bind an address to one export.
type claims struct {
	Account string `json:"acc"`
	Export  string `json:"exp_id"`
	jwt.RegisteredClaims
}

// Exported is where an export is fetched.
type Exported struct {
	URL       string
	ExpiresAt clock.Micros
}

// Export returns an address at which the contacts that the filter admits are written while
// they are fetched, for ten minutes, with the rights that the caller has then (CR-1).
func (s *Service) Export(ctx context.Context, in ExportInput) (*Exported, error) {
	if err := mayTransfer(ctx); err != nil {
		return nil, err
	}
	if err := s.contacts.CheckFilter(ctx, in.Filter); err != nil {
		return nil, err
	}
	raw, err := json.Marshal(in.Filter)
	if err != nil {
		return nil, err
	}
	v, exportID := viewer.FromContext(ctx), id.New("export")
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, Detail: detailOf(in.Format, raw)})
		return tx.Client.ContactExport.Create().SetID(exportID).SetFilter(raw).SetFormat(in.Format).SetActorKind(v.Kind).SetActorID(v.ActorID).
			SetTokenID(v.TokenID).SetCreatedAt(tx.Now()).Exec(ctx)
	})
	if err != nil {
		return nil, err
	}
	token, err := s.signer.Sign(&claims{Account: v.AccountID, Export: exportID, RegisteredClaims: s.signer.Registered(holds)})
	if err != nil {
		return nil, err
	}
	return &Exported{
		URL:       s.publicURL + "/exports/" + exportID + "/" + url.PathEscape(nameOf(in.Format)) + "?token=" + token,
		ExpiresAt: s.store.Now().Add(holds),
	}, nil
}

func nameOf(format vocab.ContactExportFormat) string {
	if format == vocab.ExportNDJSON {
		return "contacts.ndjson"
	}
	return "contacts.csv"
}

// detailOf is what the audit log says of an export: its file, and by which fields of the filter it was narrowed. Their values
// may be someone's name or address, and stay out of a log that is kept permanently.
func detailOf(format vocab.ContactExportFormat, filter []byte) string {
	var fields map[string]any
	if json.Unmarshal(filter, &fields) != nil {
		return nameOf(format)
	}
	maps.DeleteFunc(fields, func(_ string, value any) bool { return value == nil })
	var by []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		by = append(by, strings.ToLower(name[:1])+strings.ReplaceAll(name[1:], "ID", "Id"))
	}
	if len(by) == 0 {
		return nameOf(format)
	}
	return nameOf(format) + " by " + strings.Join(by, ", ")
}

// Download is an export that is fetched.
type Download struct {
	Name, ContentType string

	s      *Service
	row    *ent.ContactExport
	filter contact.ContactFilter
	system context.Context
}

// Download returns the export that an address names. Errors: FORBIDDEN, NOT_FOUND.
func (s *Service) Download(ctx context.Context, exportID, token string) (*Download, error) {
	c := &claims{}
	if err := s.signer.Verify(token, c); err != nil || c.Export != exportID {
		return nil, errs.New(errs.Forbidden, "The address is not valid, or was made more than ten minutes ago: call exportContacts again.")
	}
	d := &Download{Name: nameOf(vocab.ExportCSV), ContentType: "text/csv; charset=utf-8", s: s}
	d.system = viewer.NewContext(ctx, viewer.System("export", c.Account))
	var err error
	if d.row, err = s.store.Client(d.system).ContactExport.Get(d.system, exportID); ent.IsNotFound(err) {
		return nil, errs.New(errs.NotFound, "There is no such export: call exportContacts again.")
	}
	if err != nil {
		return nil, err
	}
	if d.row.Format == vocab.ExportNDJSON {
		d.Name, d.ContentType = nameOf(d.row.Format), "application/x-ndjson"
	}
	if _, err := d.asker(); err != nil {
		return nil, err
	}
	return d, json.Unmarshal(d.row.Filter, &d.filter)
}

// asker is the context of whoever asked, with the rights of this moment.
func (d *Download) asker() (context.Context, error) {
	v, err := d.s.viewers.ViewerOf(d.system, d.row.AccountID, d.row.ActorID, d.row.TokenID)
	if err != nil {
		return nil, err
	}
	ctx := viewer.NewContext(d.system, v)
	return ctx, mayTransfer(ctx)
}

// Write writes the export. It stops where the rights of whoever asked end.
func (d *Download) Write(to io.Writer) error {
	properties, err := contactProperties(d.system, d.s.store.Client(d.system))
	if err != nil {
		return err
	}
	var out interface {
		writeRecords(records []record) error
	}
	if d.row.Format == vocab.ExportNDJSON {
		out = &lines{to: json.NewEncoder(to)}
	} else if out, err = newSheet(to, properties); err != nil {
		return err
	}
	return d.s.contacts.Walk(d.asker, d.filter, func(ctx context.Context, some []*ent.Contact) error {
		records, err := d.s.records(ctx, some)
		if err != nil {
			return err
		}
		return out.writeRecords(records)
	})
}
