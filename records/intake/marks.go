package intake

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"onevision/access"
	"onevision/records"
)

var _ = Define(Format{
	Name: "attendance", Title: "Attendance marks", Rank: 1, Optional: 1, Source: records.SourceSchool, Category: access.Education,
	Header: []string{"laestab", "upn", "date", "session", "code", "minutes_late"},
	Rows:   func() Rows { return &marks{} },
})

// marks are attendance marks: laestab,upn,date,session,code,minutes_late.
type marks struct{ rows []records.MarkRow }

func (m *marks) Add(line int64, fields []string) *Problem {
	r := records.MarkRow{Line: line, LAESTAB: Tidy(fields[0]), UPN: Tidy(fields[1]), Session: Tidy(fields[3]), Code: Tidy(fields[4])}
	var err error
	if r.Date, err = records.ParseDate(strings.TrimSpace(fields[2])); err != nil {
		return &Problem{"date", fields[2], "write the date as yyyy-mm-dd, such as 2026-11-02"}
	}
	if late := strings.TrimSpace(fields[5]); late != "" {
		minutes, err := strconv.ParseInt(late, 10, 16)
		if err != nil || minutes < 0 {
			return &Problem{"minutes_late", fields[5], "give the minutes late as a whole number, or leave the value empty"}
		}
		n := int16(minutes)
		r.MinutesLate = &n
	}
	m.rows = append(m.rows, r)
	return nil
}

func (m *marks) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutMarks(ctx, v, m.rows, b)
	m.rows = m.rows[:0]
	return outcomes, err
}

// A mark is about a child at a school in one session of a day.
func (m *marks) Subject(f []string) (subject, saying string) {
	return Tidied(f[0], f[1], f[2], f[3]), Tidied(f[4], f[5])
}

// Tidy is a value without what two programs may write differently and no
// person means: spaces around it, small letters.
func Tidy(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

func Tidied(values ...string) string {
	values = slices.Clone(values)
	for i, v := range values {
		values[i] = Tidy(v)
	}
	return strings.Join(values, "\x1f")
}
