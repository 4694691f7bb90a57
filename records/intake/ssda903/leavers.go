package ssda903

import (
	"onevision/records"
	"onevision/records/intake"
)

// oc3.csv: care leavers around a birthday, the 17th to the 21st, in the year.

var _ = intake.Define(file(6, "oc3", "care leavers (OC3)", []string{"CHILD", "DOB", "IN_TOUCH", "ACTIV", "ACCOM"}, func() intake.Rows {
	return &yearRows{careRows: careRows{read: leaver, subject: 1, born: 1}}
}))

func leaver(year int, f []string) ([]records.CareRecord, *intake.Problem) {
	born, ok := day(f[1])
	if !ok || born.IsZero() {
		return nil, &intake.Problem{Column: "DOB", Value: f[1], Reason: "give the date of birth as dd/mm/yyyy: by it the birthday is known"}
	}
	first, last := records.NewDate(year-1, 4, 1), records.NewDate(year, 3, 31)
	c := &records.CareLeaverContact{InTouch: intake.Tidy(f[2])}
	for age := int16(17); age <= 21; age++ {
		if d := born.AddYears(int(age)); !d.Before(first) && !d.After(last) {
			c.Birthday, c.Date = &age, d
		}
	}
	if c.Birthday == nil {
		return nil, &intake.Problem{Column: "DOB", Value: f[1], Reason: "has no 17th to 21st birthday in the year: take the row out, or correct the date (rule 391)"}
	}
	if c.Activity = intake.Tidy(f[3]); c.Activity == "0" {
		c.Activity = ""
	}
	switch accommodation := intake.Tidy(f[4]); {
	case accommodation == "" || accommodation == "0":
	case len(accommodation) != 2 || accommodation[1] != '1' && accommodation[1] != '2':
		return nil, &intake.Problem{Column: "ACCOM", Value: f[4], Reason: "give the letter with 1 for suitable or 2 for not, such as U1 (rule 133)"}
	default:
		c.Accommodation, c.Suitable = accommodation[:1], accommodation[1] == '1'
	}
	return []records.CareRecord{{Record: c, Columns: map[string]string{"birthday": "DOB", "date": "DOB", "in_touch": "IN_TOUCH", "activity": "ACTIV", "accommodation": "ACCOM", "suitable": "ACCOM"}}}, nil
}
