package ssda903

import (
	"strconv"

	"onevision/records"
	"onevision/records/intake"
)

// oc2.csv: health and the SDQ of children looked after for twelve months at 31 March.

var oc2Header = []string{"CHILD", "DOB", "SDQ_SCORE", "SDQ_REASON", "CONVICTED", "HEALTH_CHECK", "IMMUNISATIONS", "TEETH_CHECK", "HEALTH_ASSESSMENT", "SUBSTANCE_MISUSE", "INTERVENTION_RECEIVED", "INTERVENTION_OFFERED"}

var _ = intake.Define(file(5, "oc2", "outcomes (OC2)", oc2Header, func() intake.Rows {
	return &yearRows{careRows: careRows{read: outcomes, subject: 1, born: 1},
		notes: []string{"CONVICTED, HEALTH_CHECK, SUBSTANCE_MISUSE and the interventions are passed over, since no record holds them yet",
			"a TEETH_CHECK or HEALTH_ASSESSMENT of 0 withdraws nothing: where an earlier file had 1 and it was corrected to 0, delete the dental check or health assessment of 31 March that it made"}}
}))

func outcomes(year int, f []string) (list []records.CareRecord, p *intake.Problem) {
	last := records.NewDate(year, 3, 31)
	is := map[string]bool{}
	there := map[string]bool{}
	for i := 4; i < len(oc2Header); i++ {
		yes, given, ok := flag(f[i])
		if !ok {
			return nil, &intake.Problem{Column: oc2Header[i], Value: f[i], Reason: "give 1 or 0 (rule 181)"}
		}
		is[oc2Header[i]], there[oc2Header[i]] = yes, given
	}
	add := func(rec records.Record, unless records.Date, columns map[string]string) {
		var states []string
		for field := range columns {
			states = append(states, field)
		}
		columns["date"], columns["period"] = "CHILD", "CHILD"
		list = append(list, records.CareRecord{Record: rec, States: append(states, "date", "period"), Columns: columns, Day: last, Unless: unless})
	}
	if score, reason := intake.Plain(f[2]), intake.Tidy(f[3]); score != "" || reason != "" {
		s := &records.Sdq{Date: last, NoScoreReason: reason}
		if score != "" {
			n, err := strconv.ParseFloat(score, 64)
			if err != nil || n != float64(int16(n)) || n < 0 || n > 40 {
				return nil, &intake.Problem{Column: "SDQ_SCORE", Value: f[2], Reason: "give the total score as a whole number, 0 to 40 (rule 184)"}
			}
			whole := int16(n)
			s.Score = &whole
		}
		add(s, records.Date{}, map[string]string{"score": "SDQ_SCORE", "no_score_reason": "SDQ_REASON"})
	}
	if there["IMMUNISATIONS"] {
		add(&records.ImmunisationStatus{Date: last, UpToDate: is["IMMUNISATIONS"]}, records.Date{}, map[string]string{"up_to_date": "IMMUNISATIONS"})
	}
	// That something was done in the year is a record of its last day, unless one of
	// the year is there already.
	since := records.NewDate(year-1, 4, 1)
	if is["TEETH_CHECK"] {
		add(&records.DentalCheck{Date: last, Status: "completed"}, since, map[string]string{"status": "TEETH_CHECK"})
	}
	if is["HEALTH_ASSESSMENT"] {
		add(&records.HealthAssessment{Type: "review", Date: last, Status: "completed"}, since, map[string]string{"status": "HEALTH_ASSESSMENT", "type": "HEALTH_ASSESSMENT"})
	}
	return list, nil
}
