package records

import (
	"cmp"

	"onevision/access"
)

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
	apart: []apartness{
		{by: []string{"child", "school"}},
		{by: []string{"child"}, among: "status", codes: []string{"C", "M"}, at: "(SELECT name FROM school WHERE id = t.school_id)", says: twoMain},
	},
})

// twoMain says that a child has a single or main registration elsewhere: there
// is one on any day, and beside it only subsidiary ones (S) and guests (G).
func twoMain(school string, from, to Date) string {
	holds := " from " + plain(from)
	if !to.IsZero() {
		holds = " from " + plain(from) + " to " + plain(to.Add(-1))
	}
	return "the child's main registration is at " + cmp.Or(school, "another school") + holds +
		": end that one by the day on which this one begins, correct the dates, or record one of the two as subsidiary or guest (S or G)"
}

// plain is a day as a sentence gives it.
func plain(d Date) string { return d.Time().Format("2 January 2006") }
