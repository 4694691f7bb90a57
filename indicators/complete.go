package indicators

import (
	"slices"
)

// completenessRule says how much of what a period needs has been received.
type completenessRule struct {
	what string // what is counted, "" when the rule counts nothing
	by   string // the breakdown by whose members it is counted
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
		what: "marks", by: "school",
		sql: `WITH open_day AS (
				SELECT p.period_id, d.day FROM period p JOIN main.school_day d ON d.day BETWEEN p.first_day AND p.last_day
				WHERE NOT ` + growing("p.kind") + ` OR d.day < (SELECT day FROM today)
			), each_day AS (SELECT DISTINCT day FROM open_day),
			move AS (
				SELECT school_id, day, sum(n) AS n FROM (
					SELECT school_id, from_date AS day, 1 AS n FROM main.enrolment WHERE status <> 'G'
					UNION ALL SELECT school_id, to_date, -1 FROM main.enrolment WHERE status <> 'G' AND to_date IS NOT NULL)
				GROUP BY ALL
			), roll AS (SELECT school_id, day, sum(n) OVER (PARTITION BY school_id ORDER BY day) AS pupils FROM move),
			expected AS (
				SELECT s.school_id, s.day, 2 * r.pupils AS marks
				FROM (SELECT DISTINCT m.school_id, d.day FROM move m, each_day d) s
				ASOF JOIN roll r ON r.school_id = s.school_id AND s.day >= r.day
				WHERE r.pupils > 0
			)
			SELECT o.period_id, x.school_id::VARCHAR AS member, sum(least(coalesce(r.marks, 0), x.marks))::BIGINT AS received, sum(x.marks)::BIGINT AS expected
			FROM open_day o JOIN expected x ON x.day = o.day LEFT JOIN kept.marks_received r ON r.school_id = x.school_id AND r.day = x.day
			GROUP BY ALL`,
		from: `SELECT p.period_id, CASE WHEN ` + growing("p.kind") + ` THEN p.first_day ELSE coalesce(max(d.day), p.last_day) + 1 END AS complete_from
			FROM period p LEFT JOIN main.school_day d ON d.day BETWEEN p.first_day AND p.last_day GROUP BY p.period_id, p.kind, p.first_day, p.last_day`,
		facts: []string{"attendance", "enrolment", "half_term", "bank_holiday"},
	},

	// The academic year has ended and results of its exams have been recorded.
	"ks4-results": {
		from:  `SELECT p.period_id, CASE WHEN EXISTS (SELECT 1 FROM main.ks4_result r WHERE r.year = year(p.last_day)) THEN p.last_day + 1 END AS complete_from FROM period p`,
		facts: []string{"ks4_result"},
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
