package intake

import (
	"context"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/records"
)

var _ = Define(Format{
	Name: "ks4-results", Title: "KS4 results", Rank: 2, Source: records.SourceSchool, Category: access.Education,
	Named: true, OneLine: true, Needed: 4,
	Header: []string{"laestab", "upn", "year", "attainment8", "english_grade", "maths_grade"},
	Also: map[string][]string{
		"laestab": {"dfe number", "school laestab"}, "upn": {"unique pupil number"}, "year": {"exam year", "results year"}, "attainment8": {"attainment 8", "attainment 8 score"},
		"english_grade": {"english grade", "english"}, "maths_grade": {"maths grade", "maths", "mathematics"},
	},
	Rows: func() Rows { return &results{} },
})

// results are KS4 results: laestab,upn,year,attainment8,english_grade,maths_grade.
type results struct{ rows []records.ResultRow }

func (r *results) Add(line int64, fields []string) *Problem {
	x := records.ResultRow{Line: line, LAESTAB: Tidy(fields[0]), UPN: Tidy(fields[1]), English: Tidy(fields[4]), Maths: Tidy(fields[5])}
	var err error
	if x.Year, err = strconv.Atoi(strings.TrimSpace(fields[2])); err != nil {
		return &Problem{"year", fields[2], "give the year of the exams in four figures, such as 2026"}
	}
	if score := strings.TrimSpace(fields[3]); score != "" {
		// The length first: an exponent could stand for a number of any size.
		n, err := decimal.NewFromString(score)
		if err != nil || len(score) > 12 || strings.ContainsAny(score, "eE") {
			return &Problem{"attainment8", fields[3], "give the score as a number such as 46.25, or leave the value empty"}
		}
		x.Attainment8 = &n
	}
	r.rows = append(r.rows, x)
	return nil
}

func (r *results) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutKS4Results(ctx, v, r.rows, b)
	r.rows = r.rows[:0]
	return outcomes, err
}

// A result is about a child in one year's exams, wherever they were entered.
func (r *results) Subject(f []string) (subject, saying string) {
	return Tidied(f[1], f[2]), Tidied(f[0], f[3], f[4], f[5])
}
