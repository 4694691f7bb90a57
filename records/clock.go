package records

// Statutory clocks: which records start one and which stop it stands with their kinds,
// how long it is in the dated table statutory_clock. What is due of a child follows
// from both, here and nowhere else: for the child's page, for lists, for the API.

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// clockStart: a record of the kind starts the clock on the day of its field on.
type clockStart struct {
	clock string
	on    string
	only  map[string]string // of records with these values: "yes", "" for none, "!yes" for any other
	// not: a source whose records do not start it, since it never tells what would stop it.
	not string
	// while: the clock runs as long as the child has a current record of that kind, in
	// whose days it started; "" is for ever.
	while string
	// joined: records of while that follow one another without a day between count as one.
	joined bool
	nth    int // 1: only the first such record in the days of while; 2: only the others; 0: each
	// ages are those at which it runs, from and up to without; zeros: any.
	ages [2]int
}

// clockStop: a record of the kind stops the clocks of that code that started on the
// day of its field on, or earlier; one that starts the same clock stops those before.
type clockStop struct {
	clock string
	on    string
	only  map[string]string
	same  bool // only the clock that the same record started
	// before: only clocks that started before that day, not on it.
	before bool
	// of: a record whose field of that name is the one that started the clock stops it,
	// though it lies before.
	of string
}

// lapse: on days when the child has a record of the kind with one of the values in its
// field, no clock runs in the days of the one that lapses, and those that ran before do
// not go on after.
type lapse struct {
	kind, field string
	values      []string
}

// ClockLength is how long a clock is from a day on.
type ClockLength struct {
	Code, Title string
	Length      int
	Unit        string // working-days, days, months
	Source      string
	From        Date
	Own         bool // the authority's own, not the program's
}

// Words is the length in words.
func (l ClockLength) Words() string {
	unit := map[string]string{"working-days": "working day", "days": "day", "months": "month"}[l.Unit]
	if l.Length != 1 {
		unit += "s"
	}
	return fmt.Sprintf("%d %s", l.Length, unit)
}

// Due is something that is to be done for a child by a day.
type Due struct {
	Clock   string // its code
	Title   string // "Looked-after review"
	Started Date
	On      Date // the last day on which it is in time
	Overdue int  // days that it is late; 0 or less: days that are left, negated
	Within  string
	Source  string
	// Unsure: the bank holidays of a year on the way are not on record, so that the day
	// may be later.
	Unsure bool
}

// clockTable is the lengths, by code, the newest first.
type clockTable map[string][]ClockLength

func (c clockTable) at(code string, day Date) (ClockLength, bool) {
	for _, l := range c[code] {
		if !l.From.After(day) {
			return l, true
		}
	}
	return ClockLength{}, false
}

// clocks reads the lengths.
func (t *Tx) clocks(ctx context.Context) (clockTable, error) {
	rows, err := t.tx.Query(ctx, `/* records.Tx.clocks */ SELECT code, title, length, unit, source, from_date, changed_by IS NOT NULL FROM statutory_clock ORDER BY code, from_date DESC`)
	if err != nil {
		return nil, fmt.Errorf("read the statutory clocks: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[ClockLength])
	if err != nil {
		return nil, fmt.Errorf("read the statutory clocks: %w", err)
	}
	table := clockTable{}
	for _, l := range all {
		table[l.Code] = append(table[l.Code], l)
	}
	return table, nil
}

// reckoning is what the days of clocks are reckoned by.
type reckoning struct {
	lengths clockTable
	working WorkingDays
	today   Date
}

func (t *Tx) reckoning(ctx context.Context) (r reckoning, err error) {
	r.today = t.store.today()
	if r.lengths, err = t.clocks(ctx); err == nil {
		r.working, err = t.workingDays(ctx)
	}
	return r, err
}

// until is the last day in time of what started on the day.
func (r reckoning) until(l ClockLength, day Date) (on Date, sure bool) {
	switch l.Unit {
	case "days":
		return day.Add(l.Length), true
	case "months":
		return day.AddMonths(l.Length), true
	}
	if on, sure = r.working.After(day, l.Length); sure {
		return on, true
	}
	return r.working.weekdayAfter(day, l.Length), false
}

// due is what is to be done for one child, by its records of the kinds that start and
// stop clocks; the soonest first. Of a kind that is not there no clock runs.
func (r reckoning) due(born Date, records map[*Kind][]Record) []Due {
	var out []Due
	for k, list := range records {
		for i := range k.starts {
			s := &k.starts[i]
			if !ageWithin(born, r.today, s.ages) {
				continue
			}
			for _, run := range runs(k, s, list, records, r.today) {
				rec, day := run.rec, run.day
				l, ok := r.lengths.at(s.clock, day)
				if !ok || r.stopped(s.clock, k, rec, day, records) {
					continue
				}
				d := Due{Clock: s.clock, Title: l.Title, Started: day, Within: l.Words(), Source: l.Source}
				var sure bool
				d.On, sure = r.until(l, day)
				d.Overdue, d.Unsure = r.today.Sub(d.On), !sure
				// A period and its first placement start the same week.
				if !slices.ContainsFunc(out, func(o Due) bool { return o.Clock == d.Clock && o.Started == d.Started }) {
					out = append(out, d)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b Due) int {
		return cmp.Or(cmp.Compare(b.Overdue, a.Overdue), strings.Compare(a.Title, b.Title), a.Started.Time().Compare(b.Started.Time()))
	})
	return out
}

// run is a record whose clock runs, and the day on which it started.
type run struct {
	rec Record
	day Date
}

// runs are the records of the list whose clock runs today, if nothing stops it.
func runs(k *Kind, s *clockStart, list []Record, records map[*Kind][]Record, today Date) []run {
	var out []run
	for _, rec := range list {
		day := eventDay(k, rec, s.on)
		if day.IsZero() || day.After(today) || !matches(k, rec, s.only) || s.not != "" && rec.Head().Source == s.not {
			continue
		}
		var since Date
		if s.while != "" {
			since = currentSince(records, s.while, s.joined, day, today)
			switch {
			case since.IsZero():
				continue
			case !day.Before(since):
			case k.Name == s.while: // it began in a lapse
				day = since
			default:
				continue
			}
		}
		if s.nth > 0 {
			first := !slices.ContainsFunc(list, func(other Record) bool {
				d := eventDay(k, other, s.on)
				return !d.IsZero() && d.Before(day) && !d.Before(since) && matches(k, other, s.only)
			})
			if first != (s.nth == 1) {
				continue
			}
		}
		out = append(out, run{rec, day})
	}
	return out
}

// currentSince is the first day of the child's record of the kind that is current
// today and was on the day, or the first after its last lapse; zero for none, and in a
// lapse.
func currentSince(records map[*Kind][]Record, kind string, joined bool, day, today Date) Date {
	k, _ := KindOf(kind)
	for _, rec := range records[k] {
		from, to := k.date(rec, "from_date"), k.date(rec, "to_date")
		for i := 0; joined && i < len(records[k]); i++ {
			if before := records[k][i]; k.date(before, "to_date") == from && k.date(before, "from_date").Before(from) {
				from, i = k.date(before, "from_date"), -1
			}
		}
		if from.After(day) || !to.IsZero() && !to.After(today) {
			continue
		}
		if k.lapses == nil {
			return from
		}
		since := from
		other, _ := KindOf(k.lapses.kind)
		for _, l := range records[other] {
			first, end := other.date(l, "from_date"), other.date(l, "to_date")
			switch {
			case !slices.Contains(k.lapses.values, textOf(other, l, k.lapses.field)) || first.After(today) || !end.IsZero() && end.Before(from):
			case end.IsZero() || end.After(today):
				return Date{}
			case end.After(since):
				since = end
			}
		}
		return since
	}
	return Date{}
}

// stopped reports whether a record stopped the clock that rec started on the day.
func (r reckoning) stopped(clock string, k *Kind, rec Record, day Date, records map[*Kind][]Record) bool {
	for other, list := range records {
		for _, s := range other.stops {
			if s.clock != clock || s.same && other != k {
				continue
			}
			restarts := slices.ContainsFunc(other.starts, func(x clockStart) bool { return x.clock == clock }) && !s.same
			for _, stop := range list {
				on := eventDay(other, stop, s.on)
				if on.IsZero() || on.After(r.today) || on.Before(day) && (s.of == "" || textOf(other, stop, s.of) != rec.Head().ID) || !matches(other, stop, s.only) || s.same && stop != rec || (s.before || restarts && other == k) && !on.After(day) {
					continue
				}
				return true
			}
		}
	}
	return false
}

// eventDay is the day on which what the field says happened: a to_date is the day after.
func eventDay(k *Kind, rec Record, field string) Date {
	day := k.date(rec, field)
	if field == "to_date" && !day.IsZero() {
		return day.Add(-1)
	}
	return day
}

func textOf(k *Kind, rec Record, field string) string {
	f, _ := k.Field(field)
	return fmt.Sprint(f.in(rec).Interface())
}

// matches reports whether the record has these values.
func matches(k *Kind, rec Record, only map[string]string) bool {
	for name, want := range only {
		got := textOf(k, rec, name)
		if other, not := strings.CutPrefix(want, "!"); not && got == other || !not && got != want {
			return false
		}
	}
	return true
}

// ageWithin reports whether the child is of those ages today. Whose day of birth is
// not known may be.
func ageWithin(born, today Date, ages [2]int) bool {
	if ages == [2]int{} || born.IsZero() {
		return true
	}
	return !born.AddMonths(12*ages[0]).After(today) && born.AddMonths(12*ages[1]).After(today)
}

// clocked are the kinds that start or stop a clock, or in whose days one runs, that
// the viewer may read. Those of one clock are of one category.
func clocked(v access.Viewer) []*Kind {
	var out []*Kind
	for _, k := range Kinds() {
		named := slices.ContainsFunc(Kinds(), func(o *Kind) bool {
			return o.lapses != nil && o.lapses.kind == k.Name || slices.ContainsFunc(o.starts, func(s clockStart) bool { return s.while == k.Name })
		})
		if (named || len(k.starts)+len(k.stops) > 0) && v.Reads(k.Category) {
			out = append(out, k)
		}
	}
	return out
}

// Clocks are the lengths of all clocks, by what is due, the newest of each first.
func (s *Store) Clocks(ctx context.Context, v access.Viewer) (out []ClockLength, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		table, err := t.clocks(ctx)
		for _, lengths := range table {
			out = append(out, lengths...)
		}
		slices.SortFunc(out, func(a, b ClockLength) int {
			return cmp.Or(strings.Compare(a.Title, b.Title), b.From.Time().Compare(a.From.Time()))
		})
		return err
	})
	return out, err
}

// SetClock gives a clock another length from a day on. ErrNotFound for a viewer who
// does not keep the organisation's records, and for no clock; *Invalid for what cannot
// be.
func (s *Store) SetClock(ctx context.Context, v access.Viewer, l ClockLength) error {
	if !v.Writes(access.Organisation) {
		return ErrNotFound
	}
	return s.InTx(ctx, v, func(t *Tx) error {
		table, err := t.clocks(ctx)
		if err != nil {
			return err
		}
		now, ok := table.at(l.Code, t.store.today())
		if !ok {
			return ErrNotFound
		}
		var p Problems
		if l.Length < 1 || l.Length > 1000 {
			p.Add("length", OutOfRange, "give a number from 1 to 1000")
		}
		if l.From.IsZero() {
			p.Add("from_date", Required, "give the day from which it holds")
		}
		if strings.TrimSpace(l.Source) == "" {
			p.Add("source", Required, "say who decided it: a regulation, a policy of the authority")
		}
		if slices.ContainsFunc(table[l.Code], func(o ClockLength) bool { return o.From == l.From }) {
			p.Add("from_date", InUse, "a length from this day on is there already: choose another day")
		}
		if err := p.Err(); err != nil {
			return err
		}
		if _, err := t.tx.Exec(ctx, `/* records.Store.SetClock */ INSERT INTO statutory_clock (code, title, length, unit, source, from_date, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			l.Code, now.Title, l.Length, now.Unit, strings.TrimSpace(l.Source), l.From, v.Account()); err != nil {
			return fmt.Errorf("change a statutory clock: %w", err)
		}
		return access.Audit(ctx, t.tx, v, access.Entry{Action: "change", Kind: "statutory-clock", Fields: []string{l.Code}, Reason: l.Source})
	})
}
