package records

import "onevision/access"

// SchoolDayException is a day on which a school, or all of them, are closed
// though the calendar has a school day, or open though it has none.
type SchoolDayException struct {
	Meta
	School string `json:"school,omitempty" column:"school_id" ref:"school" is:"fact" doc:"The school; left out: all schools."`
	Date   Date   `json:"date" is:"fact required" example:"1950-01-02" doc:"The day."`
	Open   bool   `json:"open" is:"fact" doc:"Whether it is open that day; else it is closed."`
	Reason string `json:"reason" column:"reason_code" codes:"school_day_reason" is:"fact required" doc:"Why: a training day, a closure, an extra day of school."`
}

var schoolDayExceptionKind = define[SchoolDayException](Kind{
	Name: "school-day-exception", Plural: "school-day-exceptions", Title: "School day exception", Table: "school_day_exception", Category: access.Organisation,
	natural: []string{"school", "date"},
	Doc:     "A day on which a school is closed or open against the calendar.",
	taken: map[string]Problem{
		"school_day_exception_one_a_day": {"date", InUse, "there is a record for that school and day already: correct that one"},
	},
})

// Validate wants an extra day of school to be one on which it is open.
func (e *SchoolDayException) Validate(p *Problems) {
	if e.Reason != "" && e.Open != (e.Reason == "extra") {
		p.Add("reason", Contradicts, "does not agree with open: an extra day of school is one on which it is open, and no other reason is")
	}
}
