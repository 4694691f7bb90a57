package records

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
)

// No record is about a day before or after these: what lies beyond is a slip
// of the keyboard.
var earliest, latest = NewDate(1900, time.January, 1), NewDate(2100, time.December, 31)

// validate does what needs no other record: it tidies texts and checks
// formats, what must be given, the order of dates, and the kind's own rules.
func (k *Kind) validate(rec Record, p *Problems) {
	v := reflect.ValueOf(rec).Elem()
	rec.Head().Source = tidySource(rec.Head().Source, p)
	for i := range k.Fields {
		f := &k.Fields[i]
		switch value := v.Field(f.index); {
		case f.Derived:
			value.SetZero()
			continue
		case f.Ref == "child":
			if id := value.String(); id != "" && !isUUID(id) {
				p.Add(f.Name, NoSuchRecord, "no child has this id: give the id that the child's record shows")
			}
		case f.Ref != "":
			if id := value.String(); id != "" && key(id) == 0 {
				p.Add(f.Name, NoSuchRecord, "there is no such record: give the id that its record shows")
			}
		case f.Go.Kind() == reflect.String && f.Codes == "":
			tidy, message := tidyUp(f.As, value.String())
			value.SetString(tidy)
			if message != "" {
				p.Add(f.Name, Format, message)
			}
		}
		if f.Go == typeDate && f.given(v) {
			if d := v.Field(f.index).Interface().(Date); d.Before(earliest) || d.After(latest) {
				p.Add(f.Name, OutOfRange, "cannot be right: check the year")
			}
		}
		if f.Past {
			p.notFuture(f.Name, v.Field(f.index).Interface().(Date))
		}
		if n, ok := f.number(v); ok && f.Most > 0 && (n < int64(f.Least) || n > int64(f.Most)) {
			p.Add(f.Name, OutOfRange, fmt.Sprintf("is not from %d to %d: correct it", f.Least, f.Most))
		}
		if f.Required && !f.given(v) && f.Go.Kind() != reflect.Bool {
			p.Add(f.Name, Required, "must be given")
		}
	}
	if k.Ends() {
		from, to := k.date(rec, "from_date"), k.date(rec, "to_date")
		if !to.IsZero() && !to.After(from) {
			p.Add("to_date", DateOrder, "is not after the first day: it is the day after the last, so it comes later than the first")
		}
	}
	if r, ok := rec.(validator); ok {
		r.Validate(p)
	}
}

func tidySource(source string, p *Problems) string {
	tidy, message := tidyUp("", source)
	if message != "" {
		p.Add("source", Format, message)
	}
	return tidy
}

// checkSource refuses the name of a source of files as the source of what a person
// or a program enters: it would be taken for that source's word. What stands may
// be sent back.
func (t *Tx) checkSource(rec, old Record, p *Problems) {
	source := rec.Head().Source
	if t.batch.ID != 0 || t.viewer.Account() == 0 || old != nil && old.Head().Source == source {
		return
	}
	if slices.ContainsFunc(Sources(), func(s string) bool { return strings.EqualFold(s, source) }) {
		p.Add("source", NotPossible, "is the name of a source of files, which only an import has: leave it out, or give your own system's name")
	}
}

func tidyReason(why string, p *Problems) string {
	tidy, message := tidyUp("lines", why)
	if message != "" {
		p.Add("reason", Format, message)
	}
	return tidy
}

// date gives the record's field of that name, zero if it is not a date.
func (k *Kind) date(rec Record, name string) Date {
	if f, ok := k.Field(name); ok && f.Go == typeDate {
		return f.in(rec).Interface().(Date)
	}
	return Date{}
}

// setDate sets a field that is a date.
func (k *Kind) setDate(rec Record, name string, day Date) {
	f, _ := k.Field(name)
	f.in(rec).Set(reflect.ValueOf(day))
}

// codeDay is the day on which a code of the field must have been in use, zero
// if the record has no such day and today decides.
func (k *Kind) codeDay(rec Record, f *Field) Date {
	switch f.On {
	case "":
		if d := k.date(rec, "from_date"); !d.IsZero() {
			return d
		}
		return k.date(rec, "date")
	case "year":
		on, _ := k.Field(f.On)
		return examDay(int(on.in(rec).Int()))
	}
	return k.date(rec, f.On)
}

// examDay is a day in the exams of the year, zero for no year.
func examDay(year int) Date {
	if year == 0 {
		return Date{}
	}
	return NewDate(year, time.June, 1)
}

// checkCodes wants every code to be one of its table, in use on the record's
// day. A code that stood already is left alone: that it has ended since is no
// reason to refuse the correction of something else.
func (t *Tx) checkCodes(ctx context.Context, k *Kind, rec, old Record, p *Problems) error {
	v := reflect.ValueOf(rec).Elem()
	for i := range k.Fields {
		f := &k.Fields[i]
		if f.Codes == "" || f.Derived || !f.given(v) || p.On(f.Name) {
			continue
		}
		if f.Codes == "district" && t.store.tried[v.Field(f.index).String()] {
			continue
		}
		day := k.codeDay(rec, f)
		if old != nil && same(f, rec, old) && day == k.codeDay(old, f) {
			continue
		}
		if day.IsZero() {
			day = p.Today
		}
		known, used, err := t.store.codes.find(ctx, t.store.now(), f.Codes, v.Field(f.index).String(), day)
		switch {
		case err != nil:
			return err
		case !known:
			p.Add(f.Name, UnknownCode, "is not one of the codes: choose one from the list")
		case !used:
			p.Add(f.Name, CodeNotInUse, "was not in use on that day: choose a code that was, or correct the date")
		}
	}
	return nil
}

// checkOnRoll wants the child on the roll of the record's school on its day,
// where the kind asks for it. It runs under the lock on the child.
func (t *Tx) checkOnRoll(ctx context.Context, k *Kind, rec Record, p *Problems) error {
	day := k.date(rec, k.OnRoll)
	if day.IsZero() || p.On("school") {
		return nil
	}
	f, _ := k.Field("school")
	var enrolled bool
	err := t.tx.QueryRow(ctx, `/* records.Tx.checkOnRoll */
		SELECT EXISTS (SELECT FROM enrolment WHERE child_id = $1 AND school_id = $2 AND from_date <= $3 AND (to_date IS NULL OR to_date > $3))`,
		rec.Head().child, f.write(rec), day).Scan(&enrolled)
	if err != nil {
		return fmt.Errorf("look for the enrolment of child %d: %w", rec.Head().child, err)
	}
	if !enrolled {
		p.Add("child", NotEnrolled, notOnRoll)
	}
	return nil
}

const notOnRoll = "is not on that school's roll on that day: record the enrolment first, or correct the school or the date"

// same reports whether two records agree in a field.
func same(f *Field, a, b Record) bool {
	x, y := f.in(a).Interface(), f.in(b).Interface()
	if m, ok := x.(*decimal.Decimal); ok {
		n := y.(*decimal.Decimal)
		return m == nil && n == nil || m != nil && n != nil && m.Equal(*n)
	}
	return reflect.DeepEqual(x, y)
}

// write is the field's value as its column takes it; nil is NULL.
func (f *Field) write(rec Record) any {
	v := f.in(rec)
	switch {
	case f.Ref == "child":
		return rec.Head().child
	case f.Ref != "":
		if v.String() == "" {
			return nil
		}
		return key(v.String())
	case f.Go.Kind() == reflect.String || f.Go.Kind() == reflect.Int64:
		if v.IsZero() {
			return nil
		}
	}
	return v.Interface()
}

// notFuture wants a day not to lie ahead.
func (p *Problems) notFuture(field string, day Date) {
	if day.After(p.Today) {
		p.Add(field, InFuture, "is in the future: check the date")
	}
}

// needs wants a field to be given where another one is that means nothing
// without it.
func (p *Problems) needs(field string, given bool, other string, otherGiven bool) {
	if given && !otherGiven {
		p.Add(other, Required, "must be given with "+strings.ReplaceAll(field, "_", " "))
	}
}

// key is the primary key that an id names, 0 if it can name none.
func key(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 1 || strconv.FormatInt(n, 10) != id {
		return 0
	}
	return n
}

func isUUID(s string) bool {
	_, err := uuid.Parse(s)
	return err == nil && len(s) == 36
}

// orInfinity is a last day for PostgreSQL: none is infinity.
func orInfinity(d Date) pgtype.Date {
	if d.IsZero() {
		return pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}
	}
	return pgtype.Date{Time: d.Time(), Valid: true}
}

// childLock keeps the locks on children apart from other uses of advisory locks.
const childLock = int64(0x4f56_0001 << 32)

// lockChild makes the transaction the only one that changes records about the
// child, until it ends. It is an advisory lock because a row lock needs the
// right to change the child itself, which not everybody has who records
// something about the child.
func lockChild(ctx context.Context, tx pgx.Tx, child int64) error {
	if _, err := tx.Exec(ctx, `/* records.lockChild */ SELECT pg_advisory_xact_lock($1)`, childLock^child); err != nil {
		return fmt.Errorf("lock child %d: %w", child, err)
	}
	return nil
}
