package indicators

import (
	"slices"
)

// completenessRule says how much of what a period needs has been received.
type completenessRule struct {
	what    string // what is counted, "" when the rule counts nothing
	nothing string // why, where none of it is expected
	by      string // the breakdown by whose members it is counted, "": of the whole alone
	// sql makes rows of period_id, member, received, expected from the temporary
	// relations period and today; "" when the rule counts nothing.
	sql string
	// from makes rows of period_id, complete_from: the first day on which the
	// period may be judged, NULL for never.
	from  string
	facts []string
}

// A span that grows (the academic year to date) may be judged from its first
// day; any other when it has ended.
var ended = `SELECT p.period_id, CASE WHEN ` + growing("p.kind") + ` THEN p.first_day ELSE p.last_day + 1 END AS complete_from FROM period p`

var completenessRules = map[string]completenessRule{
	// The period has ended, and nothing is counted.
	"ended": {from: ended},

	// The last school day has passed, and the marks that schools sent are most of
	// those expected: two for each pupil on the roll (guests left out) and school
	// day. More marks than expected on one day do not make up for another day.
	// Of the academic year to date, today is left out: its marks are still coming.
	"attendance-marks": {
		what: "marks", by: "school", nothing: "the school calendar has no school day in it",
		sql: `SELECT p.period_id, x.school_id::VARCHAR AS member, sum(least(coalesce(r.marks, 0), x.marks))::BIGINT AS received, sum(x.marks)::BIGINT AS expected
			FROM kept.expected_marks x JOIN period_day p ON p.day = x.day
			LEFT JOIN kept.register r ON r.school_id = x.school_id AND r.day = x.day AND r.day <= (SELECT day FROM today)
			WHERE NOT ` + growing("p.kind") + ` OR x.day < (SELECT day FROM today)
			GROUP BY ALL`,
		from: `SELECT p.period_id, CASE WHEN ` + growing("p.kind") + ` THEN p.first_day ELSE coalesce(max(d.day), p.last_day) + 1 END AS complete_from
			FROM period p LEFT JOIN main.school_day d ON d.day BETWEEN p.first_day AND p.last_day GROUP BY p.period_id, p.kind, p.first_day, p.last_day`,
		facts: []string{"attendance", "enrolment", "half_term", "bank_holiday"},
	},

	// The academic year has ended, and there are results of most pupils who were on a
	// roll in January and, by their age, in year 11.
	"ks4-results": {
		what: "results", nothing: "no pupil of year 11 is on a roll",
		sql: `SELECT p.period_id, '' AS member, count(r.child_id)::BIGINT AS received, count(*)::BIGINT AS expected
			FROM period p JOIN main.january_roll j ON j.academic_year = year(p.last_day) - 1
			JOIN main.child c ON c.child_id = j.child_id AND c.date_of_birth BETWEEN make_date(year(p.last_day) - 17, 9, 1) AND make_date(year(p.last_day) - 16, 8, 31)
			LEFT JOIN (SELECT DISTINCT child_id, year FROM main.ks4_result) r ON r.child_id = j.child_id AND r.year = year(p.last_day)
			GROUP BY p.period_id`,
		from:  `SELECT p.period_id, CASE WHEN EXISTS (SELECT 1 FROM main.ks4_result r WHERE r.year = year(p.last_day)) THEN p.last_day + 1 END AS complete_from FROM period p`,
		facts: []string{"ks4_result", "enrolment", "child", "half_term"},
	},

	// The day of the school census of January in the period has passed.
	"january-census": {
		from:  `SELECT p.period_id, min(r.day) + 1 AS complete_from FROM period p LEFT JOIN (SELECT DISTINCT day FROM main.january_roll) r ON r.day BETWEEN p.first_day AND p.last_day GROUP BY p.period_id`,
		facts: []string{"enrolment", "half_term"},
	},

	// The period has ended, and there is a score of the strengths and difficulties
	// questionnaire in it for most of those of whom one is due.
	"sdq-scores": {
		what: "questionnaires", nothing: "nobody of whom a questionnaire is due has been looked after for the whole period",
		sql: `SELECT p.period_id, '' AS member, count(s.child_id)::BIGINT AS received, count(*)::BIGINT AS expected
			FROM period p JOIN main.looked_after l ON l.from_date <= p.first_day AND (l.to_date IS NULL OR l.to_date > p.last_day)
			JOIN main.child c ON c.child_id = l.child_id AND date_sub('year', c.date_of_birth, p.first_day) >= 4 AND date_sub('year', c.date_of_birth, p.last_day) < 17
			LEFT JOIN (SELECT DISTINCT q.period_id, s.child_id FROM period q JOIN main.sdq s ON s.score IS NOT NULL AND s.date BETWEEN q.first_day AND q.last_day) s
			  ON s.period_id = p.period_id AND s.child_id = l.child_id
			GROUP BY p.period_id`,
		from:  ended,
		facts: []string{"sdq", "looked_after_period", "legal_status", "child"},
	},
}

func ruleNames() []string {
	var names []string
	for name := range completenessRules {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
