package records

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
)

// ResultRow is one pupil's KS4 results as a file gives them.
type ResultRow struct {
	Line        int64
	LAESTAB     string
	UPN         string
	Year        int // of the exams
	Attainment8 *decimal.Decimal
	English     string
	Maths       string
}

// PutKS4Results stores results in one transaction: all of them or none. The
// outcomes are in the order of the rows. A row replaces what stands for its
// child and year; the same row again is Unchanged. A row whose school or child
// nobody knows, or whose child was not on that school's roll in the academic
// year of the exams, is Unmatched; one that cannot be right is Rejected, and so
// are rows of the batch that give one child two different results for a year.
func (s *Store) PutKS4Results(ctx context.Context, v access.Viewer, rows []ResultRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutKS4Results(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutKS4Results is Store.PutKS4Results in this transaction.
func (t *Tx) PutKS4Results(ctx context.Context, rows []ResultRow, b Batch) ([]RowOutcome, error) {
	if err := t.matches(ks4ResultKind); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	pupils, err := t.matchPupils(ctx, outcomes, func(i int) (pupil, *Problem, error) {
		outcomes[i].Line = rows[i].Line
		p, problem := tidyPupil(rows[i].LAESTAB, rows[i].UPN)
		if problem != nil {
			return p, problem, nil
		}
		problem, err := t.checkResult(ctx, &rows[i])
		p.from, p.to = NewDate(rows[i].Year-1, time.September, 1), NewDate(rows[i].Year, time.September, 1)
		return p, problem, err
	})
	if err != nil {
		return nil, err
	}
	var results []MergeRow
	var at []int // rows
	for i, p := range pupils {
		if p == nil {
			continue
		}
		r := &rows[i]
		rec := &KS4Result{Child: p.public, School: strconv.FormatInt(p.school, 10), Year: int16(r.Year), Attainment8: r.Attainment8, EnglishGrade: r.English, MathsGrade: r.Maths}
		rec.Source, rec.child = oneLine(b.Source), p.child
		results, at = append(results, MergeRow{Record: rec}), append(at, i)
	}
	merged, err := t.mergeWith(ctx, ks4ResultKind, nil, results, mergeOptions{checked: true})
	if err != nil {
		return nil, err
	}
	for n, i := range at {
		outcomes[i].tell(merged[n], "upn")
	}
	return outcomes, nil
}

// checkResult checks what a row says beside whom it is about, and tidies it.
func (t *Tx) checkResult(ctx context.Context, row *ResultRow) (*Problem, error) {
	p := Problems{Today: t.store.today()}
	if row.Year == 0 {
		p.Add("year", Required, "must be given")
	}
	checkKS4Year(&p, row.Year)
	checkAttainment8(&p, row.Attainment8)
	row.English, row.Maths = strings.ToUpper(strings.TrimSpace(row.English)), strings.ToUpper(strings.TrimSpace(row.Maths))
	if len(p.list) == 0 && row.Attainment8 == nil && row.English == "" && row.Maths == "" {
		p.Add("attainment8", Required, "give the score or a grade: this row has none")
	}
	for _, g := range []struct{ field, code string }{{"english_grade", row.English}, {"maths_grade", row.Maths}} {
		if len(p.list) > 0 || g.code == "" {
			continue
		}
		known, used, err := t.store.codes.find(ctx, t.store.now(), "ks4_grade", g.code, examDay(row.Year))
		switch {
		case err != nil:
			return nil, err
		case !known:
			p.Add(g.field, UnknownCode, "is not a grade: give 9 to 1, U or X")
		case !used:
			p.Add(g.field, CodeNotInUse, "was not a grade in that year's exams: check the grade and the year")
		}
	}
	if len(p.list) > 0 {
		return &p.list[0], nil
	}
	return nil, nil
}
