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
	Name: "attendance", Title: "Attendance marks", Rank: 1, Source: records.SourceSchool, Category: access.Education,
	Named: true, OneLine: true, Needed: 5,
	Header: []string{"laestab", "upn", "date", "session", "code", "minutes_late"},
	Also: map[string][]string{
		"laestab": {"dfe number", "school laestab"}, "upn": {"unique pupil number"}, "date": {"mark date", "attendance date"},
		"code": {"mark", "attendance code"}, "minutes_late": {"minutes late", "late minutes"},
	},
	Rows: func() Rows { return &marks{} },
})

// marks are attendance marks: laestab,upn,date,session,code,minutes_late.
type marks struct{ rows []records.MarkRow }

func (m *marks) Add(line int64, fields []string) *Problem {
	r := records.MarkRow{Line: line, LAESTAB: Tidy(fields[0]), UPN: Tidy(fields[1]), Session: Tidy(fields[3]), Code: Tidy(fields[4])}
	var err error
	if r.Date, err = records.ParseDate(fields[2]); err != nil { // as nearly all write it, millions in a file
		var ok bool
		if r.Date, ok = ReadDay(fields[2]); !ok || r.Date.IsZero() {
			return &Problem{"date", fields[2], dayAdvice}
		}
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
