package ssda903

import (
	"context"
	"fmt"
	"regexp"
	"strconv"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// careRows are rows of one of the return's smaller files.
type careRows struct {
	// read makes records of a row's fields.
	read func(year int, f []string) ([]records.CareRecord, *intake.Problem)
	// subject is how many of the first columns say what a row is about.
	subject int
	born    int // the column of DOB
	year    int // of which the file is, 0: its rows say
	rows    []records.CareRow
}

// small is the format of a file of which each row is records of one child.
func small(rank int, name, title string, header []string, subject, born int, read func(year int, f []string) ([]records.CareRecord, *intake.Problem)) intake.Format {
	return file(rank, name, title, header, func() intake.Rows { return &careRows{read: read, subject: subject, born: born} })
}

func (c *careRows) Add(line int64, f []string) *intake.Problem {
	r := records.CareRow{Line: line, Child: f[0]}
	if p := days([]string{"DOB"}, []string{f[c.born]}, &r.Born); p != nil {
		return p
	}
	var p *intake.Problem
	if r.Records, p = c.read(c.year, f); p != nil {
		return p
	}
	c.rows = append(c.rows, r)
	return nil
}

func (c *careRows) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutCareRows(ctx, v, c.rows, b)
	c.rows = c.rows[:0]
	return outcomes, err
}

func (c *careRows) Subject(f []string) (subject, saying string) {
	return intake.Tidied(f[:c.subject]...), intake.Tidied(f[c.subject:]...)
}

// yearRows are rows of a year that none of them says.
type yearRows struct {
	careRows
	notes []string // what no record holds
}

var yearInName = regexp.MustCompile(`(^|[^0-9])(20[0-9]{2})([^0-9]|$)`)

// Survey finds the year of a file whose rows do not say it: the one that is given, or
// that its name has.
func (c *yearRows) Survey(_ [][]string, o intake.Survey) ([]string, records.Date, error) {
	c.year = o.Year
	if m := yearInName.FindStringSubmatch(o.Name); m != nil && c.year == 0 {
		c.year, _ = strconv.Atoi(m[2])
	}
	if c.year == 0 {
		return nil, records.Date{}, &intake.Refusal{Why: "no row of this file says of which year it is: give the year in which the return's year ends (--year 2026), or name the file after it (oc2-2026.csv)"}
	}
	last := records.NewDate(c.year, 3, 31)
	if last.After(o.Today) {
		return nil, records.Date{}, &intake.Refusal{Why: "the return of the year to " + last.Words() + " cannot be there yet: check the year"}
	}
	return append([]string{fmt.Sprintf("the file is of the year to %s", last.Words())}, c.notes...), last, nil
}

// flag reads 0 or 1; ok is false for anything else, and given for nothing.
func flag(s string) (yes, given, ok bool) {
	switch intake.Tidy(s) {
	case "":
		return false, false, true
	case "0", "0.0":
		return false, true, true
	case "1", "1.0":
		return true, true, true
	}
	return false, false, false
}
