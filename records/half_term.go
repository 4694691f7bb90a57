package records

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// HalfTerm is a half term of the authority's schools: six make an academic year,
// two a term.
type HalfTerm struct {
	Meta
	AcademicYear int16 `json:"academic_year" is:"fact required" example:"1950" doc:"The year in which the academic year begins: 2025 is 2025/26."`
	Number       int16 `json:"number" is:"fact required" example:"1" doc:"1 to 6, in the order of their days."`
	FirstDay     Date  `json:"first_day" is:"fact required" example:"1950-09-04" doc:"Its first school day."`
	LastDay      Date  `json:"last_day" is:"fact required" example:"1950-10-20" doc:"Its last school day."`
}

var halfTermKind = define[HalfTerm](Kind{
	Name: "half-term", Plural: "half-terms", Title: "Half term", Table: "half_term", Category: access.Organisation,
	natural: []string{"academic_year", "number"}, single: true,
	Doc: "A half term of the authority's schools, both its days included.",
	taken: map[string]Problem{
		"half_term_academic_year_number_key": {"number", InUse, "this half term of the academic year is recorded already: correct that one"},
		"half_term_apart":                    {"first_day", Overlaps, "another half term holds on some of these days: correct that one first, or the days"},
	},
})

// Validate wants the days in order, and within the academic year.
func (t *HalfTerm) Validate(p *Problems) {
	if t.Number < 0 || t.Number > 6 {
		p.Add("number", OutOfRange, "give 1 to 6: an academic year has six half terms")
	}
	if t.LastDay.Before(t.FirstDay) {
		p.Add("last_day", DateOrder, "is before the first day: correct one of them")
	}
	if t.AcademicYear != 0 && (int(t.AcademicYear) < earliest.Time().Year() || int(t.AcademicYear) > latest.Time().Year()) {
		p.Add("academic_year", OutOfRange, "give the year in which the academic year begins, of four digits")
		return
	}
	for _, d := range []struct {
		field string
		day   Date
	}{{"first_day", t.FirstDay}, {"last_day", t.LastDay}} {
		if !d.day.IsZero() && t.AcademicYear != 0 && d.day.AcademicYear() != int(t.AcademicYear) {
			p.Add(d.field, Outside, "is not within the academic year, 1 September to 31 August: correct one of them")
		}
	}
}

// check wants the half terms of a year in the order of their numbers. That no
// two overlap, PostgreSQL holds.
func (t *HalfTerm) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if len(p.list) > 0 {
		return nil
	}
	var disordered bool
	err := tx.QueryRow(ctx, `/* records.HalfTerm.check */
		SELECT EXISTS (SELECT FROM half_term WHERE academic_year = $1 AND id <> $2 AND number <> $3 AND (number < $3) <> (first_day < $4))`,
		t.AcademicYear, t.key, t.Number, t.FirstDay).Scan(&disordered)
	if err != nil {
		return fmt.Errorf("compare a half term with the others of %d: %w", t.AcademicYear, err)
	}
	if disordered {
		p.Add("number", Contradicts, "is not the half term's place among the others of that year: correct the number or the days")
	}
	return nil
}
