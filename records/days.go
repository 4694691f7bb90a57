package records

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// dayKey is what there is one row of attendance for.
type dayKey struct {
	child, school int64
	date          Date
}

// day is one row of attendance, with the marks that are to be merged into it.
type day struct {
	dayKey
	half [2]*mark // am, pm; nil leaves what stands
}

// mark is one session's mark on its way in, and what became of it.
type mark struct {
	code         string
	minutes      *int16
	rows         []int // of the batch, that gave it
	contradicted bool  // by another of those rows: not stored
	result       Result
}

// sortedDays puts days in one order for everybody, so that two batches with
// the same days wait for each other and do not lock each other out.
func sortedDays(days map[dayKey]*day) []*day {
	return slices.SortedFunc(maps.Values(days), func(a, b *day) int {
		return cmp.Or(cmp.Compare(a.child, b.child), cmp.Compare(a.school, b.school), a.date.Sub(b.date))
	})
}

// mergeDays stores what differs from what stands and fills each mark's result.
func (t *Tx) mergeDays(ctx context.Context, days []*day, source string) error {
	if len(days) == 0 {
		return nil
	}
	if err := t.compareDays(ctx, days); err != nil {
		return err
	}
	var (
		children, schools []int64
		dates             []Date
		codes             [2][]*string
		minutes           [2][]*int16
		differing         = map[dayKey]*day{}
	)
	for _, d := range days {
		if !d.differs() {
			continue
		}
		differing[d.dayKey] = d
		children, schools, dates = append(children, d.child), append(schools, d.school), append(dates, d.date)
		for h, m := range d.half {
			if m == nil || m.contradicted {
				codes[h], minutes[h] = append(codes[h], nil), append(minutes[h], nil)
			} else {
				codes[h], minutes[h] = append(codes[h], &m.code), append(minutes[h], m.minutes)
			}
		}
	}
	if len(differing) == 0 {
		return nil
	}
	if err := access.SetReason(ctx, t.tx, ""); err != nil {
		return err
	}
	// What stands is compared once more, under the row's lock: what came
	// between the reading and now is merged with, not overwritten.
	rows, err := t.tx.Query(ctx, `/* records.Tx.mergeDays */
		INSERT INTO attendance (child_id, school_id, date, am, pm, am_minutes, pm_minutes, recorded_by, source)
		SELECT r.child_id, r.school_id, r.date, r.am, r.pm, r.am_minutes, r.pm_minutes, $8, $9
		FROM unnest($1::bigint[], $2::bigint[], $3::date[], $4::text[], $5::text[], $6::smallint[], $7::smallint[])
			WITH ORDINALITY r (child_id, school_id, date, am, pm, am_minutes, pm_minutes, n)
		ORDER BY r.n
		ON CONFLICT (child_id, school_id, date) DO UPDATE SET
			am = coalesce(EXCLUDED.am, attendance.am),
			pm = coalesce(EXCLUDED.pm, attendance.pm),
			am_minutes = CASE WHEN EXCLUDED.am IS NULL THEN attendance.am_minutes ELSE EXCLUDED.am_minutes END,
			pm_minutes = CASE WHEN EXCLUDED.pm IS NULL THEN attendance.pm_minutes ELSE EXCLUDED.pm_minutes END,
			version = attendance.version + 1, recorded_at = now(), recorded_by = EXCLUDED.recorded_by, source = EXCLUDED.source
		WHERE EXCLUDED.am IS NOT NULL AND (EXCLUDED.am, EXCLUDED.am_minutes) IS DISTINCT FROM (attendance.am, attendance.am_minutes)
		   OR EXCLUDED.pm IS NOT NULL AND (EXCLUDED.pm, EXCLUDED.pm_minutes) IS DISTINCT FROM (attendance.pm, attendance.pm_minutes)
		RETURNING id, child_id, school_id, date, version`,
		children, schools, dates, codes[0], codes[1], minutes[0], minutes[1], t.viewer.Account(), oneLine(source))
	if err != nil {
		return wrap(attendanceKind.refusal(err), "store marks")
	}
	var id int64
	var k dayKey
	var version int
	var entries []access.Entry
	_, err = pgx.ForEachRow(rows, []any{&id, &k.child, &k.school, &k.date, &version}, func() error {
		d := differing[k]
		if d == nil {
			return fmt.Errorf("a row came back that was not sent: %s", k)
		}
		action := "correct"
		if version == 1 {
			action = "create"
		}
		entries = append(entries, access.Entry{Action: action, Kind: attendanceKind.Name, Record: id, Child: k.child, Fields: d.fields()})
		delete(differing, k)
		return nil
	})
	if err != nil {
		return wrap(attendanceKind.refusal(err), "store marks")
	}
	for _, d := range differing { // somebody else stored the same meanwhile
		for _, m := range d.half {
			if m != nil {
				m.result = Unchanged
			}
		}
	}
	return access.Audit(ctx, t.tx, t.viewer, entries...)
}

// compareDays fills each mark's result from what stands.
func (t *Tx) compareDays(ctx context.Context, days []*day) error {
	children, schools, dates := make([]int64, len(days)), make([]int64, len(days)), make([]Date, len(days))
	first, last := days[0].date, days[0].date
	for i, d := range days {
		children[i], schools[i], dates[i] = d.child, d.school, d.date
		if d.date.Before(first) {
			first = d.date
		}
		if d.date.After(last) {
			last = d.date
		}
		for _, m := range d.half {
			if m != nil {
				m.result = Added
			}
		}
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.compareDays */
		SELECT r.n - 1, coalesce(a.am, ''), coalesce(a.pm, ''), a.am_minutes, a.pm_minutes
		FROM unnest($1::bigint[], $2::bigint[], $3::date[]) WITH ORDINALITY r (child_id, school_id, date, n)
		JOIN attendance a ON a.child_id = r.child_id AND a.school_id = r.school_id AND a.date = r.date
		WHERE a.date BETWEEN $4 AND $5`, children, schools, dates, first, last)
	if err != nil {
		return fmt.Errorf("read the marks that stand: %w", err)
	}
	var n int
	var stands [2]mark
	_, err = pgx.ForEachRow(rows, []any{&n, &stands[0].code, &stands[1].code, &stands[0].minutes, &stands[1].minutes}, func() error {
		for h, m := range days[n].half {
			switch {
			case m == nil || stands[h].code == "":
			case stands[h].code == m.code && equal(stands[h].minutes, m.minutes):
				m.result = Unchanged
			default:
				m.result = Changed
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the marks that stand: %w", err)
	}
	return nil
}

// differs reports whether the day has a mark to store.
func (d *day) differs() bool { return len(d.fields()) > 0 }

// fields names what is to be stored.
func (d *day) fields() (names []string) {
	for h, m := range d.half {
		if m != nil && !m.contradicted && m.result != Unchanged {
			names = append(names, []string{"am", "pm"}[h])
		}
	}
	return names
}

// String names the day by keys.
func (k dayKey) String() string {
	return fmt.Sprintf("child %d, school %d, %s", k.child, k.school, k.date)
}
