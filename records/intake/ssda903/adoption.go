package ssda903

import (
	"context"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// ad1.csv and placed_for_adoption.csv are known, and refused until they are read: a return
// that is sent whole says so, and its other files go in.

var _ = intake.Define(file(20, "ad1", "adoption (AD1), not taken yet", []string{"CHILD", "DOB", "DATE_INT", "DATE_MATCH", "FOSTER_CARE", "NB_ADOPTR", "SEX_ADOPTR", "LS_ADOPTR"}, adoption))
var _ = intake.Define(file(21, "placed-for-adoption", "should be placed for adoption, not taken yet", []string{"CHILD", "DOB", "DATE_PLACED", "DATE_PLACED_CEASED", "REASON_PLACED_CEASED"}, adoption))

func adoption() intake.Rows { return unheld{} }

// unheld is rows that no record holds.
type unheld struct{}

func (unheld) Add(int64, []string) *intake.Problem { return nil }

func (unheld) Put(context.Context, *records.Store, access.Viewer, records.Batch) ([]records.RowOutcome, error) {
	return nil, nil
}

func (unheld) Subject(f []string) (subject, saying string) {
	return intake.Tidied(f[0]), intake.Tidied(f[1:]...)
}

func (unheld) Survey([][]string, intake.Survey) ([]string, records.Date, error) {
	return nil, records.Date{}, &intake.Refusal{Why: "this file tells of adoption, which is not read of the return yet: leave it out, its other files go in without it; adoptions come with the Standard Safeguarding Dataset, or are recorded by hand"}
}
