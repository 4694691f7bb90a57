package ssda903

import (
	"context"
	"fmt"
	"strings"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

var _ = intake.Define(func() intake.Format {
	f := file(1, "header", "header", []string{"CHILD", "SEX", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"}, func() intake.Rows { return &children{} })
	f.Optional = 2
	f.Before = [][]string{{"CHILD", "GENDER", "DOB", "ETHNIC", "UPN", "MOTHER", "MC_DOB"}} // until 2022/23
	return f
}())

// children are rows of header.csv.
type children struct{ rows []records.CareChildRow }

func (c *children) Add(line int64, f []string) *intake.Problem {
	r := records.CareChildRow{Line: line, Child: f[0], Sex: f[1], Ethnicity: f[3], UPN: f[4]}
	var ofChild records.Date // the day of birth of the child's own child
	if p := days([]string{"DOB", "MC_DOB"}, []string{f[2], f[6]}, &r.Born, &ofChild); p != nil {
		return p
	}
	switch strings.TrimSuffix(strings.TrimSpace(f[5]), ".0") { // a spreadsheet writes 1.0
	case "", "0", "1":
	default:
		return &intake.Problem{Column: "MOTHER", Value: f[5], Reason: "give 1 for a mother, 0 for not, or leave the value empty"}
	}
	c.rows = append(c.rows, r)
	return nil
}

func (c *children) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutCareChildren(ctx, v, c.rows, b)
	c.rows = c.rows[:0]
	return outcomes, err
}

// Subject: a row of the header is about a child.
func (c *children) Subject(f []string) (subject, saying string) {
	return intake.Tidied(f[0]), intake.Tidied(f[1:]...)
}

// Survey notes what the record does not hold.
func (c *children) Survey(rows [][]string, _ intake.Survey) ([]string, records.Date, error) {
	mothers := 0
	for _, f := range rows {
		if strings.TrimSuffix(intake.Tidy(f[5]), ".0") == "1" || intake.Tidy(f[6]) != "" {
			mothers++
		}
	}
	if mothers == 0 {
		return nil, records.Date{}, nil
	}
	return []string{fmt.Sprintf("%d rows say that the child is a mother: MOTHER and MC_DOB are passed over, since no record holds them yet", mothers)}, records.Date{}, nil
}
