package intake

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

// marks are attendance marks: laestab,upn,date,session,code,minutes_late.
type marks struct{ rows []records.MarkRow }

func (m *marks) add(line int64, fields []string) *problem {
	r := records.MarkRow{Line: line, LAESTAB: tidy(fields[0]), UPN: tidy(fields[1]), Session: tidy(fields[3]), Code: tidy(fields[4])}
	var err error
	if r.Date, err = records.ParseDate(strings.TrimSpace(fields[2])); err != nil {
		return &problem{"date", fields[2], "write the date as yyyy-mm-dd, such as 2026-11-02"}
	}
	if late := strings.TrimSpace(fields[5]); late != "" {
		minutes, err := strconv.ParseInt(late, 10, 16)
		if err != nil || minutes < 0 {
			return &problem{"minutes_late", fields[5], "give the minutes late as a whole number, or leave the value empty"}
		}
		n := int16(minutes)
		r.MinutesLate = &n
	}
	m.rows = append(m.rows, r)
	return nil
}

func (m *marks) put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutMarks(ctx, v, m.rows, b)
	m.rows = m.rows[:0]
	return outcomes, err
}

// A mark is about a child at a school in one session of a day.
func (m *marks) name(f []string) (subject, saying string) {
	return tidied(f[0], f[1], f[2], f[3]), tidied(f[4], f[5])
}

// tidy is a value without what two programs may write differently and no
// person means: spaces around it, small letters.
func tidy(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

func tidied(values ...string) string {
	values = slices.Clone(values)
	for i, v := range values {
		values[i] = tidy(v)
	}
	return strings.Join(values, "\x1f")
}
