package records

import "onevision/access"

// Enrolment is a child on a school's roll, from a day to a day.
type Enrolment struct {
	Meta
	Child    string `json:"child" column:"child_id" ref:"child" is:"fact required fixed" doc:"The child."`
	School   string `json:"school" column:"school_id" ref:"school" is:"fact required" doc:"The school."`
	Status   string `json:"status" codes:"enrolment_status" is:"fact required" doc:"Single, main or subsidiary registration, or guest."`
	FromDate Date   `json:"from_date" is:"fact required" doc:"The first day on the roll."`
	ToDate   Date   `json:"to_date,omitzero" is:"fact" doc:"The day after the last day on the roll."`
}

var enrolmentKind = define[Enrolment](Kind{
	Name: "enrolment", Plural: "enrolments", Title: "Enrolment", Table: "enrolment", Category: access.Education,
	natural: []string{"child", "school", "from_date"},
	Doc:     "A child on a school's roll, from a day to a day.",
	apart:   []string{"child", "school"},
})
