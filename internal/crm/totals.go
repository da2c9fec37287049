package crm

import (
	"context"
	"math/big"
	"slices"

	"entgo.io/ent/dialect/sql"

	"parley/ent"
	entdeal "parley/ent/deal"
	"parley/internal/errs"
	"parley/internal/store"
	"parley/internal/vocab"
)

// DealTotal is how many deals are in a stage, and what they are worth together.
type DealTotal struct {
	StageID string
	Count   int
	// Amounts has a sum for each currency, by its code; deals without an amount are in
	// none.
	Amounts []*vocab.Money
}

// part splits sums of amounts, so that neither half of them grows past 64 bits.
const part = 1_000_000_000

// DealTotals counts the deals of a filter that the viewer may see, and adds up what they
// are worth, for each stage and currency (CR-9). Sums are of whole smallest units, and
// exact. Words cannot be asked for, which are tested row by row: INVALID on filter.query.
func (s *Service) DealTotals(ctx context.Context, f DealFilter) ([]*DealTotal, error) {
	c := f.criteria()
	if err := c.clean(); err != nil {
		return nil, err
	}
	if c.query != nil {
		return nil, errs.New(errs.Invalid, "Totals are of all deals that the other criteria admit: omit the query.").On("filter", "query")
	}
	if err := c.resolve(ctx, s); err != nil {
		return nil, err
	}
	if err := c.readDefined(ctx, s); err != nil {
		return nil, err
	}
	totals := []*DealTotal{}
	query, args, err := s.totalsSQL(ctx, &c)
	if err != nil {
		return nil, err
	}
	err = store.ForEachRow(ctx, s.store, query, args, func(rows sql.ColumnScanner) error {
		var stage, code string
		var n, valued int
		var whole, rest sql.NullInt64
		if err := rows.Scan(&stage, &code, &n, &valued, &whole, &rest); err != nil {
			return err
		}
		t := totalOf(&totals, stage)
		t.Count += n
		if valued == 0 {
			return nil
		}
		sum := new(big.Int).Add(new(big.Int).Mul(big.NewInt(whole.Int64), big.NewInt(part)), big.NewInt(rest.Int64))
		money, err := moneyOf(sum.String(), code)
		t.Amounts = append(t.Amounts, money)
		return err
	})
	return totals, err
}

func totalOf(totals *[]*DealTotal, stageID string) *DealTotal {
	i := slices.IndexFunc(*totals, func(t *DealTotal) bool { return t.StageID == stageID })
	if i < 0 {
		*totals = append(*totals, &DealTotal{StageID: stageID, Amounts: []*vocab.Money{}})
		i = len(*totals) - 1
	}
	return (*totals)[i]
}

// totalsSQL adds up the deals that criteria admit.
func (s *Service) totalsSQL(ctx context.Context, c *criteria) (string, []any, error) {
	d := sql.Dialect(s.store.Dialect())
	table := d.Table(entdeal.Table)
	stage, code, amount := table.C(entdeal.FieldStageID), table.C(entdeal.FieldCurrency), table.C(entdeal.FieldAmount)
	sum := func(of string) string { return "CAST(SUM(" + amount + of + ") AS BIGINT)" }
	rows := d.Select(stage, code).From(table).GroupBy(stage, code).OrderBy(stage, code).AppendSelectExpr(sql.Expr("COUNT(*)"),
		sql.Expr("COUNT("+amount+")"), sql.Expr(sum(" / 1000000000")), sql.Expr(sum(" % 1000000000")))
	visible, err := store.Fence(ctx, ent.TypeDeal)
	if err != nil {
		return "", nil, err
	}
	visible(rows)
	c.narrow(rows)
	query, args := rows.Query()
	return query, args, nil
}
