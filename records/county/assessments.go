package county

// The part of the county that is assessments of children in need and the factors that
// they find.

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

// assessed45 is how many assessments are done in 45 working days, in percent, and
// the cases that last long enough to have a late one: of these nearly all have.
const (
	assessed45     = 75.0 // DfE, children in need 2025
	lateIfPossible = 0.72
)

// assessment is one of a case.
type assessment struct {
	id       int64
	of       *socialCase
	from, to day // to: the day after its authorisation, never while it is being made
	outcome  string
	factors  []string
}

// assessments are one at the beginning of each case, and one a year or so of those
// that go on.
type assessments struct {
	all     []*assessment
	factors []*assessment // the assessment of each factor, in order
	factor  []string
}

func planAssessments(p *plan) *assessments {
	a := &assessments{}
	for _, c := range p.cases {
		if c.nfa {
			continue
		}
		r := chance(p.seed, "assessments", c.id)
		end := p.end(c)
		for at := c.from; at < end; {
			made := p.assess(r, c, at, end)
			made.id = int64(len(a.all) + 1)
			a.all = append(a.all, made)
			for _, f := range made.factors {
				a.factors, a.factor = append(a.factors, made), append(a.factor, f)
			}
			if made.to == never || r.Float64() < 0.45 {
				break
			}
			at = p.calendar.weekdayFrom(made.to + day(among(r, 250, 500)))
		}
	}
	return a
}

func (p *plan) assess(r *rand.Rand, c *socialCase, from, end day) *assessment {
	a := &assessment{of: c, from: from, to: never}
	late := p.calendar.workingAfter(from, 46)
	days := p.calendar.workingAfter(from, among(r, 18, 45))
	if from == c.from && c.inNeed() && end > late && r.Float64() < lateIfPossible {
		days = p.calendar.workingAfter(from, 46+int(r.ExpFloat64()*12))
	}
	if c.to != never {
		days = min(days, c.to-1)
	}
	if days >= p.today {
		return a
	}
	a.to = max(days, from) + 1
	switch {
	case from > c.from || c.inNeed() && r.Float64() < 0.7:
		a.outcome = "other"
	case c.inNeed():
		a.outcome = "strategy-or-s47"
	case c.closure == "RC9":
		a.outcome = "step-down-early-help"
	default:
		a.outcome = "no-further-action"
	}
	a.factors = found(r, c, a.to-1)
	return a
}

// found are the factors of an assessment: those of England in 2024/25 by how often
// they are found (DfE, children in need, factors).
func found(r *rand.Rand, c *socialCase, on day) []string {
	if !c.inNeed() && r.Float64() < 0.35 {
		return []string{"21"}
	}
	factors := []weighted[string]{{"3B", 38}, {"4B", 34}, {"4A", 22}, {"16A", 17}, {"17A", 18}, {"2B", 15}, {"1B", 14}, {"3A", 12}, {"6B", 8}, {"5A", 11}, {"6A", 9}, {"14A", 9}, {"15A", 6}, {"7A", 4}, {"10A", 3}, {"11A", 3}, {"5B", 5}, {"2A", 5}, {"13A", 2}, {"20", 12}}
	if c.need == "N2" {
		factors = append(factors, weighted[string]{"5A", 60}, weighted[string]{"6A", 50})
	}
	switch {
	case on < dateOf(2020, time.April, 1):
		factors = append(factors, weighted[string]{"18A", 10}, weighted[string]{"19A", 6})
	default:
		factors = append(factors, weighted[string]{"18C", 9}, weighted[string]{"18B", 2}, weighted[string]{"19C", 5}, weighted[string]{"19B", 2})
	}
	if on >= dateOf(2021, time.April, 1) {
		factors = append(factors, weighted[string]{"24A", 2})
	}
	var codes []string
	seen := map[string]bool{}
	for _, f := range draw(r, among(r, 1, 5), factors, func(w weighted[string]) float64 { return w.weight }) {
		if !seen[f.value] {
			seen[f.value] = true
			codes = append(codes, f.value)
		}
	}
	return codes
}

var _ = contribute(contribution{
	kind:    "assessment",
	columns: []string{"id", "child_id", "case_id", "from_date", "to_date", "child_seen_date", "seen_alone", "outcome", "worker_id"},
	plan: func(p *plan) (int, func(int) []any) {
		a, workers := once(p, planAssessments), once(p, planAllocations)
		return len(a.all), func(i int) []any {
			m := a.all[i]
			r := chance(p.seed, "assessment seen", m.id)
			seen := never
			if m.to != never {
				seen = min(m.to-1, m.from+day(among(r, 1, 12)))
			}
			worker := workers.worker(m.of, m.from)
			if worker == nil {
				worker = workers.worker(m.of, m.from+3)
			}
			return []any{m.id, m.of.child.id, m.of.id, date(m.from), date(m.to), date(seen), seen != never && r.Float64() < 0.75, text(m.outcome), worker}
		}
	},
	figures: []figure{{"assessed in 45", "Assessments in 45 working days", Percent, assessed45, inNeed2025}},
	measure: (*measure).assessments,
})

var _ = contribute(contribution{
	kind:    "assessment-factor",
	columns: []string{"id", "child_id", "assessment_id", "date", "factor"},
	plan: func(p *plan) (int, func(int) []any) {
		a := once(p, planAssessments)
		return len(a.factor), func(i int) []any {
			m := a.factors[i]
			return []any{int64(i + 1), m.of.child.id, m.id, date(m.to - 1), a.factor[i]}
		}
	},
})

// workingDays is the SQL that counts the working days after a, up to and with b.
const workingDays = `(SELECT count(*) FROM generate_series(%[1]s + 1, %[2]s, interval '1 day') w (d) WHERE extract(isodow FROM w.d) < 6 AND w.d::date NOT IN (SELECT day FROM bank_holiday))`

func (m *measure) assessments(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "measure the assessments", fmtSQL(`/* county.assessments */
		SELECT 'assessed in 45', 100.0 * avg((`+workingDays+` <= 45)::int)::float8 FROM assessment WHERE to_date > $1::date - interval '1 year' AND to_date <= $1`, "from_date", "(to_date - 1)"), m.march().time())
}
