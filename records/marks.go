package records

import (
	"context"
	"strings"

	"onevision/access"
)

// Mark is one session's mark.
type Mark struct {
	Child   string // public id
	School  string // id
	Date    Date
	Session string // "AM" or "PM"
	Code    string
	Minutes *int16 // late
	Source  string
}

// MarkRow is one mark as a file gives it.
type MarkRow struct {
	Line        int64
	LAESTAB     string
	UPN         string
	Date        Date
	Session     string // "AM" or "PM"
	Code        string
	MinutesLate *int16
}

// PutMark merges one session's mark into the day's row. The same mark again is
// Unchanged: no version, no history, no audit line. A mark that cannot be
// stored is *Invalid, on the fields child, school, date, session, code and
// minutes.
func (s *Store) PutMark(ctx context.Context, v access.Viewer, m Mark) (result Result, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		result, err = t.PutMark(ctx, m)
		return err
	})
	return result, err
}

// PutMarks merges marks into their day rows in one transaction: all of them or
// none. It is made for some thousands of rows at a time. The outcomes are in
// the order of the rows. A row whose school or child nobody knows, or whose
// child was not on that school's roll that day, is Unmatched; one that cannot
// be right whoever it belongs to is Rejected, and so are rows of the batch that
// give one session two different marks.
func (s *Store) PutMarks(ctx context.Context, v access.Viewer, rows []MarkRow, b Batch) (outcomes []RowOutcome, err error) {
	err = s.inBatch(ctx, v, func(t *Tx) error {
		outcomes, err = t.PutMarks(ctx, rows, b)
		return err
	})
	return outcomes, err
}

// PutMark is Store.PutMark in this transaction.
func (t *Tx) PutMark(ctx context.Context, m Mark) (Result, error) {
	if err := t.matches(attendanceKind); err != nil {
		return 0, err
	}
	p := Problems{Today: t.store.today()}
	// The day as a record says whether child, school and date are in order.
	rec := &Attendance{Child: m.Child, School: m.School, Date: m.Date}
	rec.Source = m.Source
	half, ok := session(m.Session)
	code := [2]*string{&rec.AM, &rec.PM}[half]
	*code = m.Code
	attendanceKind.validate(rec, &p)
	if !ok {
		p.Add("session", Format, "give AM or PM")
	}
	checkMinutes(&p, "minutes", m.Code, m.Minutes)
	if err := t.checkAgainstOthers(ctx, attendanceKind, rec, nil, &p); err != nil {
		return 0, err
	}
	for i := range p.list {
		if f := p.list[i].Field; f == "am" || f == "pm" {
			p.list[i].Field = "code"
		}
	}
	if err := p.Err(); err != nil {
		return 0, err
	}
	d := &day{dayKey: dayKey{rec.child, key(rec.School), rec.Date}, public: rec.Child}
	d.half[half] = &mark{code: *code, minutes: m.Minutes}
	if err := t.mergeDays(ctx, []*day{d}, rec.Source); err != nil {
		return 0, err
	}
	if problem := d.half[half].problem; d.half[half].result == Rejected {
		return 0, &Invalid{Problems: []Problem{*problem}}
	}
	return d.half[half].result, nil
}

// PutMarks is Store.PutMarks in this transaction.
func (t *Tx) PutMarks(ctx context.Context, rows []MarkRow, b Batch) ([]RowOutcome, error) {
	if err := t.matches(attendanceKind); err != nil {
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
		problem, err := t.checkMark(ctx, &rows[i])
		p.from, p.to = rows[i].Date, rows[i].Date.Add(1)
		return p, problem, err
	})
	if err != nil {
		return nil, err
	}
	dates := make([]schoolDate, len(rows)) // of those that must be of a school day
	for i, p := range pupils {
		if p != nil && !noSession(rows[i].Code) {
			dates[i] = schoolDate{p.school, rows[i].Date}
		}
	}
	closed, err := t.closed(ctx, dates)
	if err != nil {
		return nil, err
	}
	days := map[dayKey]*day{}
	for i, p := range pupils {
		if p == nil {
			continue
		}
		if closed[i] != "" {
			outcomes[i].Result, outcomes[i].Problem = Rejected, &Problem{"date", Outside, closed[i]}
			continue
		}
		k := dayKey{p.child, p.school, rows[i].Date}
		if days[k] == nil {
			days[k] = &day{dayKey: k, public: p.public}
		}
		half, _ := session(rows[i].Session)
		m := days[k].half[half]
		if m == nil {
			m = &mark{code: rows[i].Code, minutes: rows[i].MinutesLate}
			days[k].half[half] = m
		} else if m.code != rows[i].Code || !equal(m.minutes, rows[i].MinutesLate) {
			m.contradicted = true
		}
		m.rows = append(m.rows, i)
	}
	if err := t.mergeDays(ctx, sortedDays(days), oneLine(b.Source)); err != nil {
		return nil, err
	}
	for _, d := range days {
		for _, m := range d.half {
			m.tell(outcomes)
		}
	}
	return outcomes, nil
}

// tell writes what became of a mark to the rows that gave it.
func (m *mark) tell(outcomes []RowOutcome) {
	if m == nil {
		return
	}
	for n, i := range m.rows {
		switch {
		case m.contradicted:
			outcomes[i].Result = Rejected
			outcomes[i].Problem = &Problem{"code", Contradicts, "another row gives this session another mark: keep the right one"}
		case n > 0:
			outcomes[i].Result = Unchanged // a row that says the same again
		default:
			outcomes[i].Result, outcomes[i].Problem = m.result, m.problem
		}
	}
}

// checkMark checks what a row says beside whom it is about, and tidies it.
func (t *Tx) checkMark(ctx context.Context, row *MarkRow) (*Problem, error) {
	row.Code = strings.ToUpper(strings.TrimSpace(row.Code))
	var p Problems
	p.Today = t.store.today()
	if row.Date.IsZero() {
		return &Problem{"date", Required, "must be given"}, nil
	}
	if p.notFuture("date", row.Date); len(p.list) > 0 {
		return &p.list[0], nil
	}
	kept, err := t.store.codes.partitioned(ctx, t.store.now(), row.Date)
	if err != nil {
		return nil, err
	}
	if !kept {
		return &Problem{"date", OutOfRange, "no register is kept for that academic year: check the date"}, nil
	}
	if _, ok := session(row.Session); !ok {
		return &Problem{"session", Format, "give AM or PM"}, nil
	}
	if row.Code == "" {
		return &Problem{"code", Required, "must be given"}, nil
	}
	known, used, err := t.store.codes.find(ctx, t.store.now(), "attendance_code", row.Code, row.Date)
	switch {
	case err != nil:
		return nil, err
	case !known:
		return &Problem{"code", UnknownCode, "is not an attendance code: choose one of the register's codes"}, nil
	case !used:
		return &Problem{"code", CodeNotInUse, "was not in use on that day: choose a code that was, or correct the date"}, nil
	}
	if row.MinutesLate != nil && *row.MinutesLate == 0 && !late(row.Code) {
		row.MinutesLate = nil // as some systems write it for whoever was not late
	}
	half, _ := session(row.Session)
	checkSession(&p, "code", half, row.Code)
	if checkMinutes(&p, "minutes_late", row.Code, row.MinutesLate); len(p.list) > 0 {
		return &p.list[0], nil
	}
	return nil, nil
}

// session is the place of a session in a day.
func session(s string) (half int, ok bool) {
	switch strings.ToUpper(strings.TrimSpace(s)) {
	case "AM":
		return 0, true
	case "PM":
		return 1, true
	}
	return 0, false
}

func equal(a, b *int16) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}
