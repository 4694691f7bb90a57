package records

// What belongs to another record of the child, an assessment to its case, lies
// within that one's days.

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// within is a rule: the record that field names is about the same child, and the
// days of this one lie within it. The day on which it ended still counts, since
// what happened that morning may have been what ended it.
type within struct {
	field string   // "case"
	days  []string // the days that must; none: the first and the last, or the day
	// begins: only what the other began on counts: this may happen when it is over.
	begins bool
	// not names a column of the other that must be false, and why.
	not    string
	why    *Rule
	source string // who says so
}

// belongs makes the rules of a kind's within known: it is called by define.
func (k *Kind) belongs() {
	for i := range k.within {
		w := &k.within[i]
		f, ok := k.Field(w.field)
		if !ok {
			panic("records: " + k.Name + " lies within " + w.field + ", which is no field of it")
		}
		if w.days == nil {
			w.days = []string{"from_date", "to_date"}
			if _, ok := k.Field("date"); ok {
				w.days = []string{"date"}
			}
		}
		if w.begins {
			w.days = w.days[:1]
		}
		says := "is not within the days of the " + words(f.Ref) + " that it belongs to: correct one of them"
		if w.begins {
			says = "is before the " + words(f.Ref) + " that it belongs to began: correct one of them"
		}
		for _, day := range w.days {
			rule(k.Name, day, Outside, says, w.source)
		}
	}
}

func words(name string) string { return strings.ReplaceAll(name, "-", " ") }

// checkWithin wants a record to lie within those that it belongs to. It runs under
// the lock on the child.
func (k *Kind) checkWithin(ctx context.Context, tx pgx.Tx, rec Record, p *Problems) error {
	v := reflect.ValueOf(rec).Elem()
	for i := range k.within {
		w := &k.within[i]
		f, _ := k.Field(w.field)
		if !f.given(v) || p.On(w.field) {
			continue
		}
		whole, _ := KindOf(f.Ref)
		not := "false"
		if w.not != "" {
			not = w.not
		}
		to := "NULL::date"
		if whole.Ends() {
			to = "to_date"
		}
		first := "from_date"
		if _, ok := whole.Field("from_date"); !ok {
			first = "date"
		}
		var from, end Date
		var excluded bool
		err := tx.QueryRow(ctx, `/* records.Kind.checkWithin */ SELECT `+first+`, `+to+`, `+not+` FROM `+whole.Table+` WHERE id = $1 AND child_id = $2`,
			f.write(rec), rec.Head().child).Scan(&from, &end, &excluded)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
			p.Add(w.field, NoSuchRecord, "this child has no such "+words(f.Ref)+": give the id of one of the child's own")
			continue
		case err != nil:
			return fmt.Errorf("look at the %s of a %s: %w", f.Ref, k.Name, err)
		case excluded:
			p.Break(w.why)
			continue
		}
		for _, name := range w.days {
			day := k.date(rec, name)
			if name == "to_date" && !day.IsZero() {
				day = day.Add(-1)
			}
			if day.IsZero() || p.On(name) {
				continue
			}
			if day.Before(from) || !w.begins && !end.IsZero() && day.After(end) {
				p.Break(k.ruleOf(name, Outside, w.source))
			}
		}
		if open := k.date(rec, "to_date"); !w.begins && k.Ends() && open.IsZero() && !end.IsZero() && end.Before(p.Today) && !p.On("to_date") {
			p.Add("to_date", Outside, "must be given, since the "+words(f.Ref)+" that it belongs to is over: end this one too")
		}
	}
	return nil
}

func (k *Kind) ruleOf(field, code, source string) *Rule {
	for _, r := range rules {
		if r.Kind == k.Name && r.Field == field && r.Code == code && r.Source == source {
			return r
		}
	}
	panic("records: " + k.Name + " has no such rule about " + field)
}

// checkParts wants what belongs to a record that is corrected or ended to stay
// within it.
func (k *Kind) checkParts(ctx context.Context, tx pgx.Tx, rec, old Record, p *Problems) error {
	if old == nil || !k.Ends() || p.On("from_date") || p.On("to_date") {
		return nil
	}
	from, to := k.date(rec, "from_date"), k.date(rec, "to_date")
	if from == k.date(old, "from_date") && to == k.date(old, "to_date") {
		return nil
	}
	for _, part := range kinds() {
		for _, w := range part.within {
			f, _ := part.Field(w.field)
			if f.Ref != k.Name {
				continue
			}
			early, late := "$2::date IS NULL", "$3::date IS NULL" // which they never are
			for _, name := range w.days {
				day := name
				if name == "to_date" {
					day = "coalesce(to_date - 1, 'infinity')"
					if !part.Ends() {
						day = "to_date"
					}
				}
				early += " OR " + name + " < $2"
				if !w.begins {
					late += " OR " + day + " > $3"
				}
			}
			var before, after bool
			err := tx.QueryRow(ctx, `/* records.Kind.checkParts */
				SELECT coalesce(bool_or(`+early+`), false), coalesce(bool_or(`+late+`), false) FROM `+part.Table+` WHERE `+f.Column+` = $1`,
				rec.Head().key, from, orInfinity(to)).Scan(&before, &after)
			if err != nil {
				return fmt.Errorf("compare a %s with its %s: %w", k.Name, part.Plural, err)
			}
			if before && !p.On("from_date") {
				p.Add("from_date", Outside, "one of the "+words(part.Plural)+" that belong to it lies earlier: correct that first")
			}
			if after && !p.On("to_date") {
				p.Add("to_date", Outside, "one of the "+words(part.Plural)+" that belong to it runs on or lies later: end or correct it first")
			}
		}
	}
	return nil
}

// onWeekend reports whether a day is no weekday.
func (d Date) onWeekend() bool {
	w := d.Weekday()
	return !d.IsZero() && (w == time.Saturday || w == time.Sunday)
}
