// Package recordstest makes a valid record of any kind from what the kind says
// of itself, its fields, codes, references and examples: for tests that walk the
// kinds, so that a new kind needs no line in any of them.
package recordstest

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"testing"
	"time"

	"onevision/access"
	"onevision/records"
)

// Samples makes records in a record store, each about a child of its own.
type Samples struct {
	store  *records.Store
	viewer access.Viewer
	n      int               // makes things different from each other
	shared map[string]string // ids of records that others refer to, by kind, of a child by child and kind
	years  map[string]int    // by which the examples of such a kind have moved on
}

// New makes samples in the store.
func New(store *records.Store) *Samples {
	return &Samples{store: store, viewer: access.System(access.Generating), shared: map[string]string{}, years: map[string]int{}}
}

// day is that of every sample, a Monday; enrolled is when its child came on roll.
var (
	day      = records.NewDate(2026, time.January, 12)
	enrolled = records.NewDate(2024, time.September, 2)
)

// Members are what it takes to create a record of the kind through JSON: what
// must be given, and what the kind has an example for. What they refer to is
// stored.
func (s *Samples) Members(t testing.TB, k *records.Kind) map[string]any {
	t.Helper()
	return s.members(t, k, map[string]any{})
}

// Put stores a sample.
func (s *Samples) Put(t testing.TB, k *records.Kind) records.Record {
	t.Helper()
	return s.Store(t, k, s.Members(t, k))
}

// PutFor stores a sample about the child of that public id, or gives back the one
// that another of the child's samples refers to.
func (s *Samples) PutFor(t testing.TB, k *records.Kind, child any) records.Record {
	t.Helper()
	rec, err := s.store.Get(t.Context(), s.viewer, k, s.referred(t, k.Name, child))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

// Store stores a record made of JSON members.
func (s *Samples) Store(t testing.TB, k *records.Kind, members map[string]any) records.Record {
	t.Helper()
	rec := k.New()
	body, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(body, rec)
	}
	if err == nil {
		err = s.store.Put(t.Context(), s.viewer, rec, "")
	}
	if err != nil {
		t.Fatalf("%s %v: %v; give the field that it is about an example (see records.Field)", k.Name, members, err)
	}
	return rec
}

func (s *Samples) members(t testing.TB, k *records.Kind, given map[string]any) map[string]any {
	t.Helper()
	s.n++
	s.years[k.Name]++
	members := maps.Clone(given)
	for i := range k.Fields {
		f := &k.Fields[i]
		if _, ok := members[f.Name]; ok || f.Derived || !f.Required && f.Example == "" {
			continue
		}
		members[f.Name] = s.value(t, k, f, members)
	}
	if school, ok := members["school"]; ok && k.OnRoll != "" {
		s.Store(t, kind(t, "enrolment"), s.members(t, kind(t, "enrolment"), map[string]any{"child": members["child"], "school": school, "from_date": enrolled}))
	}
	return members
}

// value is one that the field may have.
func (s *Samples) value(t testing.TB, k *records.Kind, f *records.Field, members map[string]any) any {
	t.Helper()
	switch goType := f.Go.String(); {
	case f.Ref != "" && f.Fixed && !k.About(): // whom it is about, of whom there may be one at a time
		return s.Put(t, kind(t, f.Ref)).Head().ID
	case f.Ref != "":
		return s.referred(t, f.Ref, members["child"])
	case f.Example != "" && !k.About() && goType == "int16" && len(f.Example) == 4:
		year, _ := strconv.Atoi(f.Example)
		return year + s.years[k.Name]
	case f.Example != "" && !k.About() && goType == "records.Date":
		return later(t, f.Example, s.years[k.Name])
	case f.Example != "" && (goType == "int16" || goType == "*int16" || goType == "int64"):
		return json.Number(f.Example)
	case f.Example != "" && goType == "bool":
		return f.Example == "true"
	case f.Example != "":
		return f.Example
	case f.Codes != "":
		return s.Code(t, f.Codes)
	case f.As != "":
		return s.formatted(t, k, f)
	case goType == "records.Date":
		return day
	case goType == "bool":
		return false
	case goType == "string":
		return "Ordinary " + strconv.Itoa(s.n)
	default:
		return 1
	}
}

// later is the day so many years on, on the same day of the week: of what is about
// no child there is often one for a day or a year, so each sample has its own.
func later(t testing.TB, example string, years int) records.Date {
	t.Helper()
	from, err := records.ParseDate(example)
	if err != nil {
		t.Fatal(err)
	}
	d := from.AddYears(years)
	for d.Weekday() != from.Weekday() {
		d = d.Add(1)
	}
	return d
}

func (s *Samples) formatted(t testing.TB, k *records.Kind, f *records.Field) string {
	t.Helper()
	switch f.As {
	case "laestab":
		return strconv.Itoa(8790000 + s.n)
	case "urn":
		return strconv.Itoa(100000 + s.n)
	case "postcode":
		return "CB1 2AB"
	case "email":
		return fmt.Sprintf("ordinary%d@example.org", s.n)
	case "lines":
		return fmt.Sprintf("%d Ordinary Way", s.n)
	}
	t.Fatalf("%s.%s: give it an example, since recordstest makes no %s", k.Name, f.Name, f.As)
	return ""
}

// referred is the id of a record of the kind: of the same child if it is about
// one, else one that all samples share.
func (s *Samples) referred(t testing.TB, name string, child any) string {
	t.Helper()
	k := kind(t, name)
	switch {
	case k.PublicID:
		return s.Put(t, k).Head().ID
	case k.About():
		// What two records of a child refer to is the same one: a plan's case is
		// that of its conference.
		of := fmt.Sprint(child) + " " + name
		if s.shared[of] == "" {
			s.shared[of] = s.Store(t, k, s.members(t, k, map[string]any{"child": child})).Head().ID
		}
		return s.shared[of]
	case s.shared[name] == "":
		s.shared[name] = s.Put(t, k).Head().ID
	}
	return s.shared[name]
}

// Code is a code of the table that was in use on the samples' day.
func (s *Samples) Code(t testing.TB, table string) string {
	t.Helper()
	return s.codeBut(t, table, "")
}

func (s *Samples) codeBut(t testing.TB, table, but string) string {
	t.Helper()
	codes, err := s.store.Codes(t.Context(), s.viewer, table)
	if err != nil {
		t.Fatalf("codes of %s: %v", table, err)
	}
	for _, c := range codes {
		if c.Code != but && !c.ValidFrom.After(day) && (c.ValidTo.IsZero() || c.ValidTo.After(day)) {
			return c.Code
		}
	}
	t.Fatalf("no code of %s is in use", table)
	return ""
}

// Change alters a member of a record so that it stays valid, each time to
// something else: a day, a number, a text or a code that may be corrected.
func (s *Samples) Change(t testing.TB, k *records.Kind, members map[string]any) {
	t.Helper()
	s.n++
	for _, change := range []func(f *records.Field, text string) any{
		// Of what has ended, or stands beside a day of another record, the days are tied.
		func(f *records.Field, text string) any {
			if f.Codes != "" && f.Example != "" && (f.Required || members["to_date"] != nil) {
				return s.codeBut(t, f.Codes, text)
			}
			return nil
		},
		func(f *records.Field, text string) any {
			if d, err := records.ParseDate(text); err == nil && f.Go.String() == "records.Date" && f.Name != "to_date" {
				return d.Add(1)
			}
			return nil
		},
		func(f *records.Field, text string) any {
			if f.Go.String() == "*decimal.Decimal" && text != "" {
				return strconv.Itoa(s.n%50) + ".25"
			}
			return nil
		},
		func(f *records.Field, text string) any {
			if n, err := strconv.Atoi(text); err == nil && f.Codes == "" && f.Ref == "" && f.Go.String() != "string" {
				return n + 1
			}
			return nil
		},
		func(f *records.Field, _ string) any {
			if f.Go.String() == "string" && f.Ref == "" && f.Codes == "" && f.As == "" {
				return "Changed " + strconv.Itoa(s.n)
			}
			return nil
		},
	} {
		for i := range k.Fields {
			f := &k.Fields[i]
			if value, given := members[f.Name]; given && !f.Fixed && !f.Derived {
				if changed := change(f, fmt.Sprint(value)); changed != nil {
					members[f.Name] = changed
					return
				}
			}
		}
	}
	t.Fatalf("%s: there is nothing to correct in %v; give an optional field an example", k.Name, members)
}

// Ending is what ends a sample of the kind: the day, and what says why.
func (s *Samples) Ending(t testing.TB, k *records.Kind) map[string]any {
	t.Helper()
	ending := map[string]any{"to_date": day.Add(300)}
	for i := range k.Fields {
		if f := &k.Fields[i]; f.On == "to_date" {
			ending[f.Name] = s.Code(t, f.Codes)
		}
	}
	return ending
}

func kind(t testing.TB, name string) *records.Kind {
	t.Helper()
	k, ok := records.KindOf(name)
	if !ok {
		t.Fatalf("there is no kind %s", name)
	}
	return k
}
