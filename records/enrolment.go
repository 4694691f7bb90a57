package records

import (
	"cmp"
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Enrolment is a child on a school's roll, from a day to a day.
type Enrolment struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School   string `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school."`
	Status   string `json:"status" codes:"enrolment_status" is:"fact required" doc:"Single, main or subsidiary registration, or guest."`
	FromDate Date   `json:"from_date" is:"fact required" doc:"The first day on the roll."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day on the roll."`
}

var enrolmentKind = define[Enrolment](Kind{
	Name: "enrolment", Plural: "enrolments", Title: "Enrolment", Table: "enrolment", Category: access.Roll,
	natural: []string{"child", "school", "from_date"},
	Doc:     "A child on a school's roll, from a day to a day.",
	apart: []apartness{
		{by: []string{"child", "school"}},
		{by: []string{"child"}, among: "status", codes: []string{"C", "M"}, at: "(SELECT name FROM school WHERE id = t.school_id)", says: twoMain},
	},
})

// twoMain says that a child has a single or main registration elsewhere: there
// is one on any day, and beside it only subsidiary ones (S) and guests (G).
func twoMain(school string, from, to Date) string {
	holds := " from " + from.Words()
	if !to.IsZero() {
		holds = " from " + from.Words() + " to " + to.Add(-1).Words()
	}
	return "the child's main registration is at " + cmp.Or(school, "another school") + holds +
		": end that one by the day on which this one begins, correct the dates, or record one of the two as subsidiary or guest (S or G)"
}

// check wants the marks that were taken while the child was on that roll to be
// on it, or on another enrolment's days at the school, afterwards too.
func (e *Enrolment) check(ctx context.Context, tx pgx.Tx, p *Problems) error {
	if e.key == 0 || p.On("school") || p.On("from_date") || p.On("to_date") {
		return nil
	}
	return e.checkMarks(ctx, tx, p, key(e.School), "to_date", Outside, "move or delete those marks first, or give other dates")
}

// checkDelete is check for an enrolment that is to be deleted.
func (e *Enrolment) checkDelete(ctx context.Context, tx pgx.Tx, p *Problems) error {
	return e.checkMarks(ctx, tx, p, 0, "id", InUse, "move or delete those marks first, or end this enrolment instead")
}

// checkMarks looks for marks that only the enrolment, as it stands in the store,
// has on a roll, and that it would no longer have with its dates of now at that
// school. PostgreSQL finds them by the key of attendance.
func (e *Enrolment) checkMarks(ctx context.Context, tx pgx.Tx, p *Problems, school int64, field, code, advice string) error {
	var marks int
	var first, last Date
	err := tx.QueryRow(ctx, `/* records.Enrolment.checkMarks */
		SELECT coalesce(sum(num_nonnulls(a.am, a.pm)), 0), min(a.date), max(a.date)
		FROM enrolment o JOIN attendance a ON a.child_id = o.child_id AND a.school_id = o.school_id AND a.date >= o.from_date AND a.date < coalesce(o.to_date, 'infinity')
		WHERE o.id = $1 AND NOT (a.school_id = $2 AND a.date >= $3 AND a.date < $4) AND NOT EXISTS (
			SELECT FROM enrolment b WHERE b.id <> o.id AND b.child_id = o.child_id AND b.school_id = o.school_id AND a.date >= b.from_date AND a.date < coalesce(b.to_date, 'infinity'))`,
		e.key, school, e.FromDate, orInfinity(e.ToDate)).Scan(&marks, &first, &last)
	if err != nil {
		return fmt.Errorf("count the marks of enrolment %d: %w", e.key, err)
	}
	if marks == 0 {
		return nil
	}
	if field == "to_date" && last.Before(e.FromDate) {
		field = "from_date"
	}
	p.Add(field, code, marksOf(marks, first, last)+" would then be of no enrolment: "+advice)
	return nil
}

// marksOf is so many marks, and of which days.
func marksOf(n int, first, last Date) string {
	s := fmt.Sprintf("%d marks", n)
	if n == 1 {
		s = "1 mark"
	}
	if first == last {
		return s + " of " + first.Words()
	}
	return s + " of the days from " + first.Words() + " to " + last.Words()
}
