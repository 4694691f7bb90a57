package indicators

// What was published beside what is known now, for those with a right to exact figures.

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// Restatement is a period as it was published and as it is now known.
type Restatement struct {
	Publication
	Published Figure // exact, whether it is shown to others or not
	Hidden    bool   // it is not
	Now       Figure
	Changed   bool
	Cause     string // why Now is another: "records were entered or corrected since: 3 more in the numerator"
}

// Restated are the published periods that the question asks for, the newest first.
// ErrNotFound for a viewer without a right to the exact figure, as for what is not there.
func (e *Engine) Restated(ctx context.Context, v access.Viewer, q Question) ([]Restatement, error) {
	if b, _ := BreakdownOf(q.Breakdown); !v.SeesExactly(b.Subject, q.Member) {
		return nil, ErrNotFound
	}
	a, err := e.Ask(ctx, v, q)
	if err != nil || e.Pool == nil {
		return nil, err
	}
	d, q := a.definition, a.question
	breakdown := q.Breakdown
	if q.Member == "" {
		breakdown = ""
	}
	var out []Restatement
	err = access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `/* indicators.Restated */
			SELECT p.period_id, p.complete, p.lacking, p.definition_hash, p.definition - 'SQL', r.published_at, r.signed_off_by, r.commentary, v.flag,
			       coalesce(v.numerator, 0)::text, coalesce(v.denominator, 0)::text, v.value::text
			FROM published_period p JOIN published_release r ON r.id = p.release_id JOIN published_value v USING (indicator, period_id)
			WHERE indicator = $1 AND p.kind = $2 AND v.breakdown = $3 AND v.member = $4 ORDER BY p.last_day DESC, p.first_day DESC`, d.ID, q.Period, breakdown, q.Member)
		if err != nil {
			return err
		}
		var id, lacking, hash, flag, numerator, denominator string
		var value *string
		var p Publication
		var definition []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &p.Complete, &lacking, &hash, &definition, &p.At, &p.SignedOffBy, &p.Commentary, &flag, &numerator, &denominator, &value}, func() error {
			i := slices.IndexFunc(a.series, func(f Figure) bool { return f.Period.ID == id })
			if i < 0 {
				return nil
			}
			r := Restatement{Publication: p, Now: a.series[i], Hidden: flag != flagShown, Published: Figure{Period: a.series[i].Period, Text: "no data"}}
			if value != nil {
				var err [3]error
				f := &r.Published
				f.Numerator, err[0] = decimal.NewFromString(numerator)
				f.Denominator, err[1] = decimal.NewFromString(denominator)
				f.Value, err[2] = decimal.NewFromString(*value)
				for _, err := range err {
					if err != nil {
						return err
					}
				}
				var was Definition
				if err := json.Unmarshal(definition, &was); err != nil {
					return err
				}
				f.State, f.Text = Known, valueText(was, f.Value)
				if !p.Complete {
					f.State, f.Note = Incomplete, "incomplete when it was published: "+lacking
				}
			}
			r.compare(d, hash)
			out = append(out, r)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what is published of %s: %w", d.ID, err)
	}
	return out, nil
}

// compare says whether what is known now is another figure, and why.
func (r *Restatement) compare(d Definition, hash string) {
	was, now := r.Published, r.Now
	r.Changed = was.HasNumber() != now.HasNumber() || !was.Numerator.Equal(now.Numerator) || !was.Denominator.Equal(now.Denominator)
	if !r.Changed {
		return
	}
	moved := ""
	for _, m := range []struct {
		what     string
		from, to decimal.Decimal
	}{{d.Counts, was.Numerator, now.Numerator}, {d.Of, was.Denominator, now.Denominator}} {
		by := m.to.Sub(m.from)
		if by.IsZero() || m.what == "" {
			continue
		}
		more := "more"
		if by.IsNegative() {
			more = "fewer"
		}
		if moved != "" {
			moved += ", "
		}
		moved += Number(by.Abs(), -1) + " " + more + " in the count of " + m.what
	}
	r.Cause = "records were entered, corrected or withdrawn since"
	if hash != d.Hash {
		r.Cause = "the definition has changed since"
	}
	if moved != "" {
		r.Cause += ": " + moved
	}
}
