package indicators

import "strings"

// breakdown is a way to divide the authority: by a column of the measures, whose
// members have names in the facts.
type breakdown struct {
	name   string
	column string // of results.measure
	names  string // relation whose row with that id names the member
	// fixing is the circumstance of a child on the day p.on of a period, for a
	// query that does not fix the column itself: at most one row for each
	// period_id and child_id.
	fixing string
	facts  []string
}

var breakdowns = []breakdown{
	{
		name: "school", column: "school_id", names: "school",
		// As circumstances has it: the main registration begun first, of two from one day the lower id.
		fixing: `SELECT p.period_id, e.child_id, arg_min(e.school_id, (e.from_date, e.school_id)) AS school_id
			FROM on_day p JOIN main.enrolment e ON e.from_date <= p.day AND (e.to_date IS NULL OR e.to_date > p.day)
			WHERE e.status IN ('C', 'M') GROUP BY p.period_id, e.child_id`,
		facts: []string{"school", "enrolment"},
	},
	{
		name: "team", column: "team_id", names: "team",
		// The allocated worker's team; a case's before any other.
		fixing: `SELECT p.period_id, i.child_id, arg_min(i.team_id, (i.case_id IS NULL, i.from_date, i.team_id)) AS team_id
			FROM on_day p JOIN main.involvement i ON i.from_date <= p.day AND (i.to_date IS NULL OR i.to_date > p.day)
			WHERE i.allocated GROUP BY p.period_id, i.child_id`,
		facts: []string{"team", "involvement"},
	},
}

func breakdownOf(name string) (breakdown, bool) {
	for _, b := range breakdowns {
		if b.name == name {
			return b, true
		}
	}
	return breakdown{}, false
}

func breakdownNames() []string {
	var names []string
	for _, b := range breakdowns {
		names = append(names, b.name)
	}
	return names
}

func (b breakdown) title() string { return strings.ToUpper(b.name[:1]) + b.name[1:] }
