package county

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// suspension is a suspension of a pupil or a permanent exclusion.
type suspension struct {
	stay                    *stay
	category                string
	reasons                 []string // one to three
	from, to                day      // to: the first school day back, never if there is none
	sessions                int
	daySix, governors, back day // never: not
	decision                string
}

// suspended is what is published of one phase for each 100 pupils on roll in
// January: suspensions, pupils with one or more, permanent exclusions.
type suspended struct{ rate, pupils, permanent float64 }

// Of the example authority, 2023/24 (DfE, Suspensions and permanent exclusions
// in England). England has 2.27, 22.61 and 12.62 suspensions for each 100 pupils
// in these phases.
var suspendedIn = map[string]suspended{
	"primary":   {3.90, 1.44, 0.0268},
	"secondary": {16.21, 6.53, 0.0345},
	"special":   {13.97, 7.12, 0.1131},
}

const exclusions2324 = "DfE, suspensions and permanent exclusions 2023/24"

var _ = contribute(contribution{
	kind: "suspension",
	columns: []string{"id", "child_id", "school_id", "category", "reason_1", "reason_2", "reason_3", "from_date", "to_date", "sessions",
		"day6_provision", "governors_date", "governors_decision", "reinstated_date", "withdrawn"},
	plan: func(p *plan) (int, func(int) []any) {
		all := p.suspensions()
		return len(all), func(i int) []any {
			s := all[i]
			reasons := [3]any{}
			for n, r := range s.reasons {
				reasons[n] = r
			}
			return []any{int64(i + 1), s.stay.child.id, s.stay.school.id, s.category, reasons[0], reasons[1], reasons[2], date(s.from), date(s.to), int64(s.sessions),
				date(s.daySix), date(s.governors), text(s.decision), date(s.back), false}
		}
	},
	figures: []figure{
		{"suspended", "Suspensions for each 100 pupils", Mean, 9.15, exclusions2324},
		{"suspended primary", "Suspensions for each 100 pupils, primary schools", Mean, 3.90, exclusions2324},
		{"suspended secondary", "Suspensions for each 100 pupils, secondary schools", Mean, 16.21, exclusions2324},
		{"suspended special", "Suspensions for each 100 pupils, special schools", Mean, 13.97, exclusions2324},
		{"pupils suspended", "Pupils suspended at least once", Percent, 3.65, exclusions2324},
		{"pupils suspended care", "Pupils suspended at least once, looked after for a year", Percent, 15.12, exclusions2324},
		{"pupils suspended need", "Pupils suspended at least once, in need", Percent, 16.36, exclusions2324},
		{"excluded", "Permanent exclusions for each 100 pupils", Mean, 0.0317, exclusions2324},
	},
	measure: (*measure).suspensions,
})

// suspensions are those of every academic year with marks, in the order of
// their days.
func (p *plan) suspensions() []suspension {
	var all []suspension
	for y := p.firstYear; y <= p.thisYear; y++ {
		for _, phase := range []string{"primary", "secondary", "special"} {
			all = append(all, p.suspensionsOf(y, phase)...)
		}
	}
	slices.SortStableFunc(all, func(a, b suspension) int { return int(a.from - b.from) })
	return all
}

// suspensionsOf shares the published number of suspended pupils out among those
// on roll in January by how likely each is, and gives each their suspensions.
func (p *plan) suspensionsOf(year int, phase string) (all []suspension) {
	census := dateOf(year+1, time.January, 18)
	published := suspendedIn[phase]
	var pupils []*stay
	total := 0.0
	for _, s := range p.stays {
		if s.school.phase == phase && (s.on(census) || census > p.today && s.on(p.today)) {
			pupils = append(pupils, s)
			total += s.suspendable(year, census)
		}
	}
	for _, s := range pupils {
		r := chance(p.seed, "suspensions", s.id*10_000+int64(year))
		if r.Float64() < min(0.85, 1.05*published.pupils/100*float64(len(pupils))*s.suspendable(year, census)/total) {
			all = append(all, p.suspensionsOfPupil(r, s, year, published)...)
		}
	}
	return all
}

// suspendable is how likely the pupil is to be suspended in the year, against
// others: so that four times as many of those looked after or in need are (DfE,
// outcomes of children in social care: 15.1 and 16.4 % against 3.65 % of all),
// boys twice as often as girls, most of all in years 8 to 10.
func (s *stay) suspendable(year int, census day) float64 {
	c := s.child
	w := 0.25 + c.truancy
	switch {
	case c.careOn(census) != nil:
		w *= 3
	case c.inNeedOn(census):
		w *= 8.5
	}
	if c.sex == "M" {
		w *= 1.9
	}
	byYear := []float64{0.3, 0.5, 0.7, 0.9, 1.1, 1.3, 1.5, 0.8, 1.2, 1.3, 1.1, 0.6}
	return w * byYear[max(0, min(11, c.yearGroup(year)))]
}

func (p *plan) suspensionsOfPupil(r *rand.Rand, s *stay, year int, published suspended) (all []suspension) {
	days := p.calendar.open[year]
	times := 1
	for more := 1 - published.pupils/published.rate; times < 12 && r.Float64() < more; {
		times++
	}
	starts := make([]int, times)
	for i := range starts {
		starts[i] = r.IntN(len(days))
	}
	slices.Sort(starts)
	free, left := 0, 90 // 45 school days in a year are the most
	for _, at := range starts {
		at = max(at, free)
		e := newSuspension(r, s)
		free = at + (e.sessions+1)/2 + 1
		left -= e.sessions
		if free >= len(days) || left < 0 || days[at] >= p.today || !s.on(days[at]) {
			break
		}
		e.from, e.to = days[at], days[at+(e.sessions+1)/2]
		if e.from < renamed && e.category == "SUSP" {
			e.category = "FIXD"
		}
		all = append(all, e)
	}
	// The last one of a few is for good.
	if len(all) > 0 && r.Float64() < published.permanent/published.pupils {
		p.exclude(r, &all[len(all)-1], days)
	}
	return all
}

// renamed is the day from which a fixed-period exclusion is a suspension.
var renamed = september(2021)

func newSuspension(r *rand.Rand, s *stay) suspension {
	e := suspension{stay: s, category: "SUSP", to: never, daySix: never, governors: never, back: never}
	e.sessions = choose(r, []weighted[int]{{1, 8}, {2, 42}, {3, 4}, {4, 20}, {6, 12}, {8, 4}, {10, 10}})
	if r.Float64() < 0.02 {
		e.category, e.sessions = "LNCH", 1
	}
	// Reasons as in England in 2023/24, persistent disruption in half of all.
	reasons := []weighted[string]{{"DB", 50}, {"VA", 17}, {"PP", 12}, {"PA", 8}, {"VP", 4}, {"DM", 3}, {"DA", 3}, {"OW", 2}, {"BU", 1}, {"RA", 1}, {"SM", 1}, {"MT", 1}, {"TH", 0.7}, {"LG", 0.5}}
	for _, reason := range draw(r, choose(r, []weighted[int]{{1, 75}, {2, 20}, {3, 5}}), reasons, func(w weighted[string]) float64 { return w.weight }) {
		e.reasons = append(e.reasons, reason.value)
	}
	return e
}

// exclude makes it permanent: other education from the sixth school day, the
// governors within fifteen, who reinstate one pupil in twenty.
func (p *plan) exclude(r *rand.Rand, e *suspension, days []day) {
	e.category, e.sessions, e.to = "PERM", 0, never
	at, _ := slices.BinarySearch(days, e.from)
	if six := at + 5; six < len(days) && days[six] < p.today && r.Float64() < 0.9 {
		e.daySix = days[six]
	}
	if meet := at + among(r, 8, 15); meet < len(days) && days[meet] < p.today {
		e.governors, e.decision = days[meet], "upheld"
		if r.Float64() < 0.05 && meet+1 < len(days) {
			e.decision, e.back = "reinstated", days[meet+1]
		}
	}
}

// suspensions are measured as published: events and pupils of an academic year
// against those with sole or main registration in January.
func (m *measure) suspensions(ctx context.Context, tx pgx.Tx) error {
	y := m.lastYear()
	return m.ask(ctx, tx, "count the suspensions", fmt.Sprintf(`/* county.suspensions */
		WITH roll AS (
			SELECT e.child_id, s.id AS school_id, s.phase FROM enrolment e JOIN school s ON s.id = e.school_id
			WHERE e.status IN ('C', 'M') AND e.from_date <= '%04[2]d-01-18' AND coalesce(e.to_date, 'infinity') > '%04[2]d-01-18'),
		event AS (
			SELECT x.*, s.phase, x.category = 'PERM' AS permanent FROM suspension x JOIN school s ON s.id = x.school_id
			WHERE x.from_date >= '%04[1]d-09-01' AND x.from_date < '%04[2]d-09-01' AND x.reinstated_date IS NULL AND NOT x.withdrawn),
		pupil AS (
			SELECT r.child_id, EXISTS (SELECT FROM event v WHERE v.child_id = r.child_id AND NOT v.permanent) AS suspended,
			       EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = r.child_id AND l.from_date <= $1::date - interval '1 year' AND coalesce(l.to_date, 'infinity') > $1) AS care,
			       EXISTS (SELECT FROM social_care_case c WHERE c.child_id = r.child_id AND c.from_date <= $1 AND coalesce(c.to_date, 'infinity') > $1
			               AND NOT c.no_further_action AND coalesce(c.closure, '') NOT IN ('RC8', 'RC9'))
			       AND NOT EXISTS (SELECT FROM looked_after_period l WHERE l.child_id = r.child_id AND l.from_date <= $1 AND coalesce(l.to_date, 'infinity') > $1) AS need
			FROM roll r)
		SELECT 'suspended', 100.0 * (SELECT count(*) FROM event WHERE NOT permanent) / nullif(count(*), 0)::float8 FROM roll
		UNION ALL SELECT 'suspended ' || phase, 100.0 * (SELECT count(*) FROM event v WHERE NOT v.permanent AND v.phase = r.phase) / count(*)::float8 FROM roll r GROUP BY phase
		UNION ALL SELECT 'excluded', 100.0 * (SELECT count(*) FROM event WHERE permanent) / nullif(count(*), 0)::float8 FROM roll
		UNION ALL SELECT 'pupils suspended', 100.0 * avg(suspended::int)::float8 FROM pupil
		UNION ALL SELECT 'pupils suspended care', 100.0 * avg(suspended::int)::float8 FROM pupil WHERE care
		UNION ALL SELECT 'pupils suspended need', 100.0 * avg(suspended::int)::float8 FROM pupil WHERE need`, y, y+1), march(y+1).time())
}
