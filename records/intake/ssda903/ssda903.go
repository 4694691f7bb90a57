// Package ssda903 reads the return on looked-after children (SSDA903) as
// authorities send it to the DfE: files of a year, which are taken in the order
// header, episodes, reviews, since each needs what the one before brought.
// Several years are taken one after the other. See docs/ssda903.md.
//
// A program takes the formats in by importing this package.
package ssda903

import (
	"strings"
	"time"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// set is the name that stands for any file of the return.
const set = "ssda903"

// file is the format of one of the return's files. rank is its place in the
// order in which they are taken.
func file(rank int, name, title string, header []string, rows func() intake.Rows) intake.Format {
	return intake.Format{
		Name: set + "-" + name, Title: "SSDA903 " + title, Set: set, Rank: 100 + rank,
		Source: records.SourceSocialCare, Category: access.LookedAfter, Header: header, Rows: rows,
	}
}

// day reads dd/mm/yyyy; an empty value is no day.
func day(s string) (records.Date, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return records.Date{}, true
	}
	t, err := time.Parse("02/01/2006", s)
	if err != nil || t.Year() < 1 {
		return records.Date{}, false
	}
	return records.DateOf(t), true
}

// days reads several dates, each with its column.
func days(columns []string, values []string, to ...*records.Date) *intake.Problem {
	for i, c := range columns {
		d, ok := day(values[i])
		if !ok {
			return &intake.Problem{Column: c, Value: values[i], Reason: "write the date as dd/mm/yyyy, such as 02/11/2026"}
		}
		*to[i] = d
	}
	return nil
}
