package records

// Rows of a file of days on which a school is closed or open against the calendar.

import (
	"context"
	"fmt"
	"strconv"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// SchoolDayRow is a day on which a school, or all of them, are closed or open
// against the calendar, as a file gives it.
type SchoolDayRow struct {
	Line    int64
	LAESTAB string // "": all schools
	Date    Date
	Reason  string // of school_day_reason
}

// PutSchoolDays stores such days in one transaction: all that can be or none. A
// row of a school that nobody knows is Unmatched.
func (s *Store) PutSchoolDays(ctx context.Context, v access.Viewer, rows []SchoolDayRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutSchoolDays(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutSchoolDays is Store.PutSchoolDays in this transaction.
func (t *Tx) PutSchoolDays(ctx context.Context, rows []SchoolDayRow, b Batch) ([]RowOutcome, error) {
	if err := t.writes(schoolDayExceptionKind); err != nil {
		return nil, err
	}
	if err := t.As(ctx, b); err != nil {
		return nil, err
	}
	laestabs, days := make([]string, len(rows)), make([]Date, len(rows))
	outcomes := make([]RowOutcome, len(rows))
	for i, r := range rows {
		outcomes[i].Line = r.Line
		tidy, message := tidyUp("laestab", r.LAESTAB)
		if message != "" {
			outcomes[i].Result, outcomes[i].Problem = Rejected, &Problem{"laestab", Format, message}
		}
		laestabs[i], days[i] = tidy, r.Date
	}
	// The day of all schools has no school, which the natural key does not find.
	found, _ := t.tx.Query(ctx, `/* records.Tx.PutSchoolDays */
		SELECT r.n - 1, coalesce(s.id, 0), coalesce(e.id, 0) FROM unnest($1::text[], $2::date[]) WITH ORDINALITY r (laestab, day, n)
		LEFT JOIN school s ON s.laestab = r.laestab
		LEFT JOIN school_day_exception e ON e.date = r.day AND (e.school_id = s.id OR r.laestab = '' AND e.school_id IS NULL)`, laestabs, days)
	var n int
	var school, id int64
	var list []MergeRow
	var at []int
	if _, err := pgx.ForEachRow(found, []any{&n, &school, &id}, func() error {
		switch {
		case outcomes[n].Problem != nil:
			return nil
		case school == 0 && laestabs[n] != "":
			outcomes[n].Result, outcomes[n].Problem = Unmatched, &Problem{"laestab", NoSuchRecord, "no school has this number: check it, or record the school first"}
			return nil
		}
		rec := &SchoolDayException{Date: rows[n].Date, Reason: rows[n].Reason, Open: rows[n].Reason == "extra"}
		rec.Source = oneLine(b.Source)
		if school != 0 {
			rec.School = strconv.FormatInt(school, 10)
		}
		if id != 0 {
			rec.ID = strconv.FormatInt(id, 10)
		}
		list, at = append(list, MergeRow{Record: rec}), append(at, n)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("look for the schools of %d rows: %w", len(rows), err)
	}
	merged, err := t.Merge(ctx, schoolDayExceptionKind, nil, list)
	if err != nil {
		return nil, err
	}
	columns := map[string]string{"": "date", "school": "laestab", "date": "date", "open": "reason", "reason": "reason"}
	for i, m := range merged {
		outcomes[at[i]].tell(m.named(columns), columns[""])
	}
	return outcomes, nil
}
