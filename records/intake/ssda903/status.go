package ssda903

import (
	"regexp"
	"strconv"

	"onevision/records"
	"onevision/records/intake"
)

// uasc.csv, previous_permanence.csv, sw_episodes.csv.

var _ = intake.Define(small(4, "uasc", "unaccompanied asylum-seeking children", []string{"CHILD", "SEX", "DOB", "DUC"}, 1, 2, unaccompanied))

// unaccompanied is the status since the child came into care, which is when the
// return begins to tell of it, until DUC, or the 18th birthday.
func unaccompanied(_ int, f []string) ([]records.CareRecord, *intake.Problem) {
	var born, until records.Date
	if p := days([]string{"DOB", "DUC"}, []string{f[2], f[3]}, &born, &until); p != nil {
		return nil, p
	}
	if born.IsZero() {
		return nil, &intake.Problem{Column: "DOB", Value: f[2], Reason: "must be given (rule 303)"}
	}
	adult := born.AddYears(18)
	if until.IsZero() {
		until = adult
	}
	if until.After(adult) {
		return nil, &intake.Problem{Column: "DUC", Value: f[3], Reason: "is after the 18th birthday, when nobody is an unaccompanied child any more: correct it (rule 304)"}
	}
	return []records.CareRecord{{Record: &records.ImmigrationStatus{Status: "UASC", Unaccompanied: true, ToDate: until}, Day: until,
		Columns: map[string]string{"status": "DUC", "unaccompanied": "DUC", "from_date": "DUC", "to_date": "DUC"}}}, nil
}

var _ = intake.Define(small(8, "previous-permanence", "previous permanence", []string{"CHILD", "DOB", "PREV_PERM", "LA_PERM", "DATE_PERM"}, 1, 1, permanence))

// lastYear is the year of a date of which day or month may not be known: zz/zz/2015.
var lastYear = regexp.MustCompile(`(19|20)[0-9]{2}$`)

// permanence is said of the period that began last. LA_PERM no record holds yet, nor
// more of DATE_PERM than the year.
func permanence(_ int, f []string) ([]records.CareRecord, *intake.Problem) {
	r := &records.PreviousPermanence{Previous: intake.Tidy(f[2])}
	if text := intake.Plain(f[4]); text != "" {
		year := lastYear.FindString(text)
		switch {
		case year != "":
			n, _ := strconv.Atoi(year)
			whole := int16(n)
			r.OrderYear = &whole
		case intake.Tidy(text) != intake.Tidy("zz/zz/zzzz"): // not known
			return nil, &intake.Problem{Column: "DATE_PERM", Value: f[4], Reason: "write the date as dd/mm/yyyy, with zz for a day or month that is not known (rule 632)"}
		}
	}
	return []records.CareRecord{{Record: r, Columns: map[string]string{"previous": "PREV_PERM", "order_year": "DATE_PERM", "period": "CHILD"}}}, nil
}

var _ = intake.Define(small(9, "social-workers", "social-worker episodes", []string{"CHILD", "DOB", "SW_ID", "SW_DECOM", "SW_DEC", "SW_REASON"}, 4, 1, socialWorker))

func socialWorker(_ int, f []string) ([]records.CareRecord, *intake.Problem) {
	i := &records.Involvement{Role: "social-worker", Allocated: true}
	if p := days([]string{"SW_DECOM", "SW_DEC"}, []string{f[3], f[4]}, &i.FromDate, &i.ToDate); p != nil {
		return nil, p
	}
	number := intake.Tidy(f[2])
	if number == "" {
		return nil, &intake.Problem{Column: "SW_ID", Reason: "must be given: the worker's Social Work England number"}
	}
	return []records.CareRecord{{Record: i, Worker: number, States: []string{"role", "allocated", "from_date", "to_date", "worker", "team"},
		Columns: map[string]string{"role": "SW_ID", "allocated": "SW_ID", "worker": "SW_ID", "team": "SW_ID", "from_date": "SW_DECOM", "to_date": "SW_DEC"}}}, nil
}
