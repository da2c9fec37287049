package proposal

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"parley/internal/clock"
	"parley/internal/errs"
	"parley/internal/paging"
	"parley/internal/store"
	"parley/internal/viewer"
	"parley/internal/vocab"
)

// holds is how long the address of an export can be used.
const holds = 10 * time.Minute

// claims bind an address to a period, and to who asked for it.
type claims struct {
	Account string `json:"acc"`
	Actor   string `json:"act"`
	Token   string `json:"tok"`
	Period  Period `json:"per"`
	jwt.RegisteredClaims
}

// Exported is where an export is fetched.
type Exported struct {
	URL       string
	ExpiresAt clock.Micros
}

// mayExport admits admins and integrations, whose scopes say the rest.
func mayExport(ctx context.Context) error {
	if v := viewer.FromContext(ctx); v != nil && (v.Kind == viewer.Admin || v.Kind == viewer.Integration) && v.Grants("conversations:read") {
		return nil
	}
	return errs.New(errs.Forbidden, "Only admins and integrations may export what became of proposals.")
}

// Export returns an address at which the outcomes of a period are written while they are
// fetched, for ten minutes, with the rights that the caller has then (AG-3). Errors as
// Outcomes', and FORBIDDEN.
func (s *Service) Export(ctx context.Context, in ExportProposalOutcomesInput) (*Exported, error) {
	if err := mayExport(ctx); err != nil {
		return nil, err
	}
	p, err := periodOf(in.From, in.To, in.AsOf, s.store.Now())
	if err != nil {
		return nil, err
	}
	err = s.store.WithTx(ctx, func(ctx context.Context, tx *store.Tx) error {
		tx.Audit(ctx, store.Audit{Action: vocab.AuditExported, Detail: "outcomes.ndjson"})
		return nil
	})
	if err != nil {
		return nil, err
	}
	v := viewer.FromContext(ctx)
	token, err := s.signer.Sign(&claims{Account: v.AccountID, Actor: v.ActorID, Token: v.TokenID, Period: p, RegisteredClaims: s.signer.Registered(holds)})
	if err != nil {
		return nil, err
	}
	return &Exported{URL: s.publicURL + "/proposal-outcomes/outcomes.ndjson?token=" + token, ExpiresAt: s.store.Now().Add(holds)}, nil
}

// Download is an export that is fetched.
type Download struct {
	s     *Service
	of    claims
	basis context.Context
}

// Download returns the export that a token names: FORBIDDEN.
func (s *Service) Download(ctx context.Context, token string) (*Download, error) {
	d := &Download{s: s}
	if err := s.signer.Verify(token, &d.of); err != nil {
		return nil, errs.New(errs.Forbidden, "The address is not valid, or was made more than ten minutes ago: call exportProposalOutcomes again.")
	}
	d.basis = viewer.NewContext(ctx, viewer.System("export", d.of.Account))
	_, err := d.asker()
	return d, err
}

// asker is the context of whoever asked, with the rights of this moment.
func (d *Download) asker() (context.Context, error) {
	v, err := d.s.deps.Viewers.ViewerOf(d.basis, d.of.Account, d.of.Actor, d.of.Token)
	if err != nil {
		return nil, err
	}
	ctx := viewer.NewContext(d.basis, v)
	return ctx, mayExport(ctx)
}

// line is an outcome as an export has it. What is not known is left out.
type line struct {
	ID             string   `json:"id"`
	ConversationID string   `json:"conversationId"`
	Kind           string   `json:"kind"`
	ActionName     string   `json:"actionName,omitempty"`
	ProposedBy     string   `json:"proposedBy"`
	CreatedAt      string   `json:"createdAt"`
	BasedOnNumber  int      `json:"basedOnNumber"`
	Confidence     *float64 `json:"confidence,omitempty"`
	State          string   `json:"state"`
	EditedShare    *float64 `json:"editedShare,omitempty"`
	DecidedBy      string   `json:"decidedBy,omitempty"`
	DecidedAt      string   `json:"decidedAt,omitempty"`
	Note           string   `json:"note,omitempty"`
	MessageID      string   `json:"messageId,omitempty"`
	ReopenedAt     string   `json:"reopenedAt,omitempty"`
}

func lineOf(o *Outcome) line {
	p := o.Proposal
	l := line{
		ID: p.ID, ConversationID: p.ConversationID, Kind: string(p.Kind), ActionName: p.ActionName, ProposedBy: p.AuthorID, CreatedAt: p.CreatedAt.String(),
		BasedOnNumber: p.BasedOnNumber, Confidence: p.Confidence, State: string(o.State), EditedShare: o.EditedShare, DecidedBy: o.DecidedByID, Note: o.Note,
	}
	if o.State == vocab.ProposalAccepted {
		l.MessageID = p.MessageID
	}
	if o.DecidedAt.IsSet() {
		l.DecidedAt = o.DecidedAt.String()
	}
	if o.ReopenedAt.IsSet() {
		l.ReopenedAt = o.ReopenedAt.String()
	}
	return l
}

// Write writes the export. It stops where the rights of whoever asked end.
func (d *Download) Write(to io.Writer) error {
	out, most := json.NewEncoder(to), paging.MaxPage
	for args := (paging.PageArgs{First: &most}); ; {
		ctx, err := d.asker()
		if err != nil {
			return err
		}
		page, err := d.s.outcomes(ctx, d.of.Period, args)
		if err != nil {
			return err
		}
		for _, edge := range page.Edges {
			if err := out.Encode(lineOf(edge.Node)); err != nil {
				return err
			}
		}
		if !page.PageInfo.HasNextPage {
			return nil
		}
		args.After = page.PageInfo.EndCursor
	}
}
