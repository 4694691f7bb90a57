package records

// What a page shows of one child, each part by the viewer's rights: who the child
// is and where, school and attendance, who is involved and where they are rung, what
// is known of their care, and everything that happened, in order.

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"onevision/access"
)

// ChildPage is one child as far as the viewer may see them.
type ChildPage struct {
	ChildRecord
	Names      []string // that stand now, the legal one first
	Statuses   []string // "looked-after", "protection-plan"; nothing of why
	Involved   []Involved
	Attendance *Attended // nil: the viewer does not see it, or there are no marks this year
	Due        []Due     // by statutory clock, the latest first; of the kinds that the viewer reads
	Events     []Event   // what is dated, the newest first
}

// Involved is somebody who is involved with the child now.
type Involved struct {
	Service, Role, Worker, Telephone, Team, TeamTelephone string
	Allocated                                             bool
	Since                                                 Date
}

// Attended is a child's sessions in an academic year, up to today.
type Attended struct {
	Year                                         int // it begins in
	Possible, Attended, Authorised, Unauthorised int
	Lately                                       int // unauthorised in the last four weeks
	LastUnauthorised                             Date
}

// Event is one record of the chronology.
type Event struct {
	Kind     *Kind
	From, To Date // To is the day after the last; zero: it stands, or is of one day
	Facts    []EventFact
	Current  bool // it holds today
}

// EventFact is what a field of the record says.
type EventFact struct{ Title, Text string }

// ChildPage reads the page of the child with the public id, in one transaction
// with the line of the audit that says so.
func (s *Store) ChildPage(ctx context.Context, v access.Viewer, id string) (page ChildPage, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		page, err = t.ChildPage(ctx, id)
		return err
	})
	return page, err
}

// ChildPage is Store.ChildPage in this transaction.
func (t *Tx) ChildPage(ctx context.Context, id string) (ChildPage, error) {
	record, err := t.childRecord(ctx, id, attendanceKind)
	if err != nil {
		return ChildPage{}, err
	}
	page := ChildPage{ChildRecord: record}
	child := record.Child.Head().key
	if err := t.fillPage(ctx, &page, child); err != nil {
		return ChildPage{}, fmt.Errorf("read the page of a child: %w", err)
	}
	if record.Child.DateOfDeath.IsZero() { // a death stops every clock
		of := map[*Kind][]Record{}
		for _, r := range record.Kinds {
			of[r.Kind] = r.Records
		}
		r, err := t.reckoning(ctx)
		if err != nil {
			return ChildPage{}, err
		}
		page.Due = r.due(record.Child.DateOfBirth, of)
	}
	return page, t.tell(ctx, &page)
}

// fillPage asks for what is not a record of the child's own, in one round trip.
func (t *Tx) fillPage(ctx context.Context, page *ChildPage, child int64) error {
	today := t.store.today()
	batch := &pgx.Batch{}
	if t.viewer.Reads(access.CareStatus) {
		args := []any{child}
		reached := t.scope.Reaches(access.CareStatus, "c.id", placing(&args))
		batch.Queue(`/* records.Tx.fillPage */ SELECT coalesce((SELECT care_status(c.id) FROM child c WHERE c.id = $1 AND `+reached+`), '{}')`, args...).
			QueryRow(func(row pgx.Row) error { return row.Scan(&page.Statuses) })
	}
	if t.viewer.Reads(access.Involvement) {
		args := []any{child, today}
		reached := t.scope.Reaches(access.Involvement, "i.child_id", placing(&args))
		batch.Queue(`/* records.Tx.fillPage */
			SELECT t.service, i.role, w.name, coalesce(w.telephone, ''), t.name, coalesce(t.telephone, ''), i.allocated, i.from_date
			FROM involvement i JOIN worker w ON w.id = i.worker_id JOIN team t ON t.id = i.team_id
			WHERE i.child_id = $1 AND i.from_date <= $2 AND coalesce(i.to_date, 'infinity') > $2 AND `+reached+`
			ORDER BY i.allocated DESC, i.from_date, i.id`, args...).
			Query(func(rows pgx.Rows) (err error) {
				page.Involved, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (i Involved, err error) {
					err = row.Scan(&i.Service, &i.Role, &i.Worker, &i.Telephone, &i.Team, &i.TeamTelephone, &i.Allocated, &i.Since)
					return i, err
				})
				return err
			})
	}
	if t.viewer.Reads(attendanceKind.Category) {
		a := Attended{Year: today.AcademicYear()}
		args := []any{child, NewDate(a.Year, 9, 1), today.Add(-28)}
		reached := t.scope.Reaches(attendanceKind.Category, "a.child_id", placing(&args))
		batch.Queue(`/* records.Tx.fillPage */
			SELECT count(*), count(*) FILTER (WHERE c.counts_as IN ('present', 'approved-activity')), count(*) FILTER (WHERE c.counts_as = 'authorised'),
				count(*) FILTER (WHERE c.counts_as = 'unauthorised'), count(*) FILTER (WHERE c.counts_as = 'unauthorised' AND a.date > $3),
				max(a.date) FILTER (WHERE c.counts_as = 'unauthorised')
			FROM attendance a, LATERAL (VALUES (a.am), (a.pm)) m (code) JOIN attendance_code c ON c.code = m.code
			WHERE a.child_id = $1 AND a.date >= $2 AND c.counts_as NOT IN ('not-possible', 'not-collected') AND `+reached, args...).
			QueryRow(func(row pgx.Row) error {
				var last *Date
				err := row.Scan(&a.Possible, &a.Attended, &a.Authorised, &a.Unauthorised, &a.Lately, &last)
				if err == nil && a.Possible > 0 {
					if last != nil {
						a.LastUnauthorised = *last
					}
					page.Attendance = &a
				}
				return err
			})
	}
	return t.tx.SendBatch(ctx, batch).Close()
}

// socialCare are services whose names, and teams', tell that a child is in care or
// about to be.
var socialCare = []string{"assessment", "safeguarding", "looked-after", "disability", "leaving-care"}

// plainly shows who may not know of a child's care that children's social care is
// involved, and whom to ring: not which of its teams, nor as what.
func (i *Involved) plainly() {
	if slices.Contains(socialCare, i.Service) || i.Role == "iro" || i.Role == "personal-adviser" {
		i.Service, i.Team, i.Role = "Children’s social care", "Children’s social care", "Worker"
	}
}

// tell puts the records into words.
func (t *Tx) tell(ctx context.Context, page *ChildPage) error {
	words, err := t.labels(ctx)
	if err != nil {
		return err
	}
	for i := range page.Involved {
		p := &page.Involved[i]
		if !t.viewer.Reads(access.CareStatus) {
			p.plainly()
		}
		p.Service, p.Role = cmp.Or(words.label("team_service", p.Service), p.Service), cmp.Or(words.label("involvement_role", p.Role), p.Role)
	}
	today := t.store.today()
	for _, of := range page.Kinds {
		for _, rec := range of.Records {
			if name, ok := rec.(*ChildName); ok {
				if name.ToDate.IsZero() || name.ToDate.After(today) {
					full := strings.Join(strings.Fields(name.Forename+" "+name.MiddleNames+" "+name.Surname), " ")
					page.Names = append(page.Names, full)
					if name.Type == "legal" { // the one that a page is headed by
						page.Names[0], page.Names[len(page.Names)-1] = full, page.Names[0]
					}
				}
				continue
			}
			if e, ok := words.event(of.Kind, rec, today); ok {
				page.Events = append(page.Events, e)
			}
		}
	}
	slices.SortStableFunc(page.Events, func(a, b Event) int { return b.From.Time().Compare(a.From.Time()) })
	return nil
}

// labels say what codes mean and what schools are called.
type labels struct {
	codes   *codeTables
	schools map[string]string
}

func (t *Tx) labels(ctx context.Context) (labels, error) {
	codes, err := t.store.codes.tables(ctx, t.store.now(), freshFor)
	if err != nil {
		return labels{}, err
	}
	w := labels{codes, map[string]string{}}
	rows, err := t.tx.Query(ctx, `/* records.Tx.labels */ SELECT id::text, name FROM school`)
	var id, name string
	if err == nil {
		_, err = pgx.ForEachRow(rows, []any{&id, &name}, func() error { w.schools[id] = name; return nil })
	}
	if err != nil {
		return labels{}, fmt.Errorf("read the names of schools: %w", err)
	}
	return w, nil
}

// label is what a code means, "" if it is none.
func (w labels) label(table, code string) string {
	for _, c := range w.codes.codes[table] {
		if c.Code == code {
			return c.Label
		}
	}
	return ""
}

// event is a record as a line of the chronology; false for one that has no day.
func (w labels) event(k *Kind, rec Record, today Date) (Event, bool) {
	e := Event{Kind: k}
	v := reflect.ValueOf(rec).Elem()
	var first Date
	for i := range k.Fields {
		f := &k.Fields[i]
		field := v.Field(f.index)
		if d, ok := field.Interface().(Date); ok {
			switch {
			case f.Name == "from_date" || f.Name == "date":
				e.From = d
				continue
			case f.Name == "to_date":
				e.To = d
				continue
			case first.IsZero():
				first = d
			}
		}
		if text := w.text(f, field); text != "" {
			e.Facts = append(e.Facts, EventFact{f.Title, text})
		}
	}
	if e.From.IsZero() {
		e.From = first
	}
	_, dated := k.Field("date")
	e.Current = !dated && k.Ends() && !e.From.After(today) && (e.To.IsZero() || e.To.After(today))
	return e, !e.From.IsZero()
}

// text is what a field says, "" for nothing that a person reads.
func (w labels) text(f *Field, v reflect.Value) string {
	switch value := v.Interface().(type) {
	case Date:
		return value.Words()
	case *decimal.Decimal:
		if value == nil {
			return ""
		}
		return value.String()
	case string:
		switch {
		case f.Ref == "school":
			return w.schools[value]
		case f.Ref != "" || value == "":
			return ""
		case f.Codes != "":
			return cmp.Or(w.label(f.Codes, value), value)
		}
		return value
	case bool:
		if !value {
			return ""
		}
		return "Yes"
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.IsZero() {
		return ""
	}
	return fmt.Sprint(v.Interface())
}
