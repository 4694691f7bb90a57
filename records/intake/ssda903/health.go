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
		notes: []string{"CONVICTED and HEALTH_CHECK are passed over, since no record holds them yet"}}
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
	if there["SUBSTANCE_MISUSE"] {
		add(&records.SubstanceMisuse{Date: last, Misused: is["SUBSTANCE_MISUSE"], Received: is["INTERVENTION_RECEIVED"], Offered: is["INTERVENTION_OFFERED"] || is["INTERVENTION_RECEIVED"]}, records.Date{},
			map[string]string{"misused": "SUBSTANCE_MISUSE", "intervention_received": "INTERVENTION_RECEIVED", "intervention_offered": "INTERVENTION_OFFERED"})
	}
	// That something was done in the year is a record of its last day, unless one of
	// the year is there already. Corrected to 0, what an earlier file made is withdrawn.
	since := records.NewDate(year-1, 4, 1)
	done := func(column string, rec records.Record, unless records.Date, columns map[string]string) {
		if there[column] {
			add(rec, unless, columns)
			list[len(list)-1].Gone = !is[column]
		}
	}
	done("TEETH_CHECK", &records.DentalCheck{Date: last, Status: "completed"}, since, map[string]string{"status": "TEETH_CHECK"})
	// Under 5 two are due in a year, and 1 says that both were made.
	assessment := &records.HealthAssessment{Type: "review", Date: last, Status: "completed"}
	if born, ok := day(f[1]); ok && !born.IsZero() && born.AddMonths(60).After(last) {
		assessment.Type, since = "year", records.Date{}
	}
	done("HEALTH_ASSESSMENT", assessment, since, map[string]string{"status": "HEALTH_ASSESSMENT", "type": "HEALTH_ASSESSMENT"})
	return list, nil
}
