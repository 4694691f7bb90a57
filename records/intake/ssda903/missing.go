package ssda903

import (
	"onevision/records"
	"onevision/records/intake"
)

// missing.csv: times for which a looked-after child was missing or away.

var _ = intake.Define(small(7, "missing", "missing", []string{"CHILD", "DOB", "MISSING", "MIS_START", "MIS_END"}, 4, 1, missing))

func missing(_ int, f []string) ([]records.CareRecord, *intake.Problem) {
	m := &records.MissingEpisode{Type: intake.Tidy(f[2])}
	var end records.Date
	if p := days([]string{"MIS_START", "MIS_END"}, []string{f[3], f[4]}, &m.FromDate, &end); p != nil {
		return nil, p
	}
	switch {
	case m.FromDate.IsZero():
		return nil, &intake.Problem{Column: "MIS_START", Reason: "must be given (rule 571)"}
	case !end.IsZero() && end.Before(m.FromDate):
		return nil, &intake.Problem{Column: "MIS_END", Value: f[4], Reason: "is before MIS_START: correct one of them (rule 570)"}
	case !end.IsZero():
		m.ToDate = end.Add(1)
	}
	return []records.CareRecord{{Record: m, Day: m.FromDate, States: []string{"type", "from_date", "to_date", "period"},
		Columns: map[string]string{"type": "MISSING", "from_date": "MIS_START", "to_date": "MIS_END", "period": "MIS_START"}}}, nil
}
