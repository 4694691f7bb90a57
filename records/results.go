package records

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
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
func (s *Store) PutKS4Results(ctx context.Context, v access.Viewer, rows []ResultRow, source string) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutKS4Results(ctx, rows, source)
		return err
	})
	return outcomes, err
}

// childYear is what there is one KS4 result for.
type childYear struct {
	child int64
	year  int
}

// ks4Row is a result on its way in.
type ks4Row struct {
	childYear
	school         int64
	score          *decimal.Decimal
	english, maths string
	rows           []int // of the batch, that gave it
	contradicted   bool  // by another of those rows: not stored
	result         Result
}

func (r *ks4Row) agrees(o *ks4Row) bool {
	return r.school == o.school && r.english == o.english && r.maths == o.maths &&
		(r.score == nil && o.score == nil || r.score != nil && o.score != nil && r.score.Equal(*o.score))
}

// PutKS4Results is Store.PutKS4Results in this transaction.
func (t *Tx) PutKS4Results(ctx context.Context, rows []ResultRow, source string) ([]RowOutcome, error) {
	if err := t.batches(ks4ResultKind); err != nil {
		return nil, err
	}
	outcomes := make([]RowOutcome, len(rows))
	pupils, err := t.whose(ctx, outcomes, func(i int) (pupil, *Problem, error) {
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
	results := map[childYear]*ks4Row{}
	for i, p := range pupils {
		if p == nil {
			continue
		}
		r := &ks4Row{childYear: childYear{p.child, rows[i].Year}, school: p.school, score: rows[i].Attainment8, english: rows[i].English, maths: rows[i].Maths}
		if first := results[r.childYear]; first == nil {
			results[r.childYear] = r
		} else if !first.agrees(r) {
			first.contradicted = true
		}
		results[r.childYear].rows = append(results[r.childYear].rows, i)
	}
	sorted := slices.SortedFunc(maps.Values(results), func(a, b *ks4Row) int {
		return cmp.Or(cmp.Compare(a.child, b.child), a.year-b.year)
	})
	if err := t.mergeResults(ctx, sorted, source); err != nil {
		return nil, err
	}
	for _, r := range sorted {
		for n, i := range r.rows {
			switch {
			case r.contradicted:
				outcomes[i].Result = Rejected
				outcomes[i].Problem = &Problem{"upn", Contradicts, "another row gives this child other results for that year: keep the right one"}
			case n > 0:
				outcomes[i].Result = Unchanged
			default:
				outcomes[i].Result = r.result
			}
		}
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
		known, used, err := t.store.codes.find(ctx, t.tx, t.store.now(), "ks4_grade", g.code, examDay(row.Year))
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

// mergeResults stores what differs from what stands and fills each result.
func (t *Tx) mergeResults(ctx context.Context, results []*ks4Row, source string) error {
	if err := t.compareResults(ctx, results); err != nil {
		return err
	}
	var (
		children, schools []int64
		years             []int16
		scores            []*string
		english, maths    []string
		differing         = map[childYear]*ks4Row{}
	)
	for _, r := range results {
		if r.contradicted || r.result == Unchanged {
			continue
		}
		differing[r.childYear] = r
		children, schools, years = append(children, r.child), append(schools, r.school), append(years, int16(r.year))
		english, maths = append(english, r.english), append(maths, r.maths)
		var score *string
		if r.score != nil {
			text := r.score.String()
			score = &text
		}
		scores = append(scores, score)
	}
	if len(differing) == 0 {
		return nil
	}
	if err := access.SetReason(ctx, t.tx, ""); err != nil {
		return err
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.mergeResults */
		INSERT INTO ks4_result (child_id, school_id, year, attainment8, english_grade, maths_grade, recorded_by, source)
		SELECT r.child_id, r.school_id, r.year, r.attainment8::numeric, nullif(r.english, ''), nullif(r.maths, ''), $7, $8
		FROM unnest($1::bigint[], $2::bigint[], $3::smallint[], $4::text[], $5::text[], $6::text[])
			WITH ORDINALITY r (child_id, school_id, year, attainment8, english, maths, n)
		ORDER BY r.n
		ON CONFLICT (child_id, year) DO UPDATE SET
			school_id = EXCLUDED.school_id, attainment8 = EXCLUDED.attainment8,
			english_grade = EXCLUDED.english_grade, maths_grade = EXCLUDED.maths_grade,
			version = ks4_result.version + 1, recorded_at = now(), recorded_by = EXCLUDED.recorded_by, source = EXCLUDED.source
		WHERE (EXCLUDED.school_id, EXCLUDED.attainment8, EXCLUDED.english_grade, EXCLUDED.maths_grade)
			IS DISTINCT FROM (ks4_result.school_id, ks4_result.attainment8, ks4_result.english_grade, ks4_result.maths_grade)
		RETURNING id, child_id, year, version`,
		children, schools, years, scores, english, maths, t.viewer.Account(), oneLine(source))
	if err != nil {
		return wrap(ks4ResultKind.refusal(err), "store results")
	}
	var id int64
	var k childYear
	var version int
	var entries []access.Entry
	_, err = pgx.ForEachRow(rows, []any{&id, &k.child, &k.year, &version}, func() error {
		action := "correct"
		if version == 1 {
			action = "create"
		}
		entries = append(entries, access.Entry{Action: action, Kind: ks4ResultKind.Name, Record: id, Child: k.child,
			Fields: []string{"school", "attainment8", "english_grade", "maths_grade"}})
		delete(differing, k)
		return nil
	})
	if err != nil {
		return wrap(ks4ResultKind.refusal(err), "store results")
	}
	for _, r := range differing { // somebody else stored the same meanwhile
		r.result = Unchanged
	}
	return access.Audit(ctx, t.tx, t.viewer, entries...)
}

// compareResults fills each result from what stands.
func (t *Tx) compareResults(ctx context.Context, results []*ks4Row) error {
	children, years := make([]int64, len(results)), make([]int16, len(results))
	for i, r := range results {
		children[i], years[i], r.result = r.child, int16(r.year), Added
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.compareResults */
		SELECT r.n - 1, k.school_id, k.attainment8, coalesce(k.english_grade, ''), coalesce(k.maths_grade, '')
		FROM unnest($1::bigint[], $2::smallint[]) WITH ORDINALITY r (child_id, year, n)
		JOIN ks4_result k ON k.child_id = r.child_id AND k.year = r.year`, children, years)
	if err != nil {
		return fmt.Errorf("read the results that stand: %w", err)
	}
	var n int
	var stands ks4Row
	_, err = pgx.ForEachRow(rows, []any{&n, &stands.school, &stands.score, &stands.english, &stands.maths}, func() error {
		if results[n].agrees(&stands) {
			results[n].result = Unchanged
		} else {
			results[n].result = Changed
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the results that stand: %w", err)
	}
	return nil
}
