package county

// The part of the county that is how its social workers are employed: for how much of
// the week, through an agency or not, who has left, who is away, what posts are vacant.

import (
	"context"
	"fmt"
	"math"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"
)

// Published numbers of the example authority (DfE, children's social work workforce,
// 30 September 2025), in percent of full-time equivalents.
const (
	agencyShare  = 13.4
	vacantShare  = 13.7
	leaversShare = 17.2 // in a year
	leaversYears = 3    // for which those who have left are on record
)

// employed is how a worker is employed, from a day to a day.
type employed struct {
	worker   *worker
	role     string
	agency   bool
	part     float64
	from, to day
	reason   string
}

type vacant struct {
	team     *team
	part     float64
	covered  bool
	from, to day
}

type awayFrom struct {
	worker   *worker
	reason   string
	from, to day
}

// workforce is what is on record of social workers' employment.
type workforce struct {
	employed []employed
	vacant   []vacant
	away     []awayFrom
}

// planWorkforce employs the social workers that there are, each for as much of the week
// as their cases are of a full caseload, a manager for each team, and those who have left
// since: they hold no case.
func (p *plan) planWorkforce() {
	r := chance(p.seed, "workforce", 0)
	all := &p.workforce
	held := map[*worker]float64{}
	for _, v := range p.involved {
		if v.allocated && v.to == never {
			held[v.worker]++
		}
	}
	weeks := func(w *worker) float64 { return min(1, max(0.4, math.Round(held[w]/caseload*10)/10)) }
	inPost, agency := 0.0, 0.0
	for _, t := range p.teams {
		if t.service != "education-welfare" {
			inPost++ // its manager
		}
	}
	for _, w := range p.workers {
		if w.number == "" {
			continue
		}
		e := employed{worker: w, role: choose(r, []weighted[string]{{"5", 88}, {"4", 12}}), part: weeks(w), from: w.from, to: never}
		if agency+e.part/2 <= agencyShare/100*(agency+inPost+e.part) {
			e.agency, agency = true, agency+e.part
		} else {
			inPost += e.part
		}
		all.employed = append(all.employed, e)
	}
	for _, t := range p.teams {
		if t.service == "education-welfare" {
			continue
		}
		p.hire(r, t)
		w := p.workers[len(p.workers)-1]
		all.employed = append(all.employed, employed{worker: w, role: "3", part: 1, from: w.from, to: never})
	}
	holders := len(all.employed)
	gone := leaversShare / 100 * inPost * leaversYears
	for left := 0.0; left < gone; {
		of := all.employed[r.IntN(holders)]
		if of.role == "3" {
			continue
		}
		p.hire(r, of.worker.team)
		w := p.workers[len(p.workers)-1]
		w.to = p.today - 1 - day(left/gone*leaversYears*float64(year)) // as many in each year
		w.from = min(w.from, w.to-200)
		e := employed{worker: w, role: "5", part: choose(r, []weighted[float64]{{1, 75}, {0.8, 15}, {0.6, 10}}), from: w.from, to: w.to}
		e.reason = choose(r, []weighted[string]{{"1", 70}, {"5", 8}, {"7", 6}, {"8", 8}, {"9", 7}, {"4", 1}})
		all.employed, left = append(all.employed, e), left+e.part
	}
	wanted := vacantShare / (100 - vacantShare) * inPost
	for n := 0.0; n < wanted-0.25 || len(all.vacant) == 0; {
		v := vacant{team: all.employed[r.IntN(holders)].worker.team, part: min(1, max(0.5, math.Round((wanted-n)*10)/10)), covered: r.Float64() < 0.7, from: p.today - day(40+r.ExpFloat64()*200), to: never}
		all.vacant, n = append(all.vacant, v), n+v.part
		if r.Float64() < 0.8 { // another, that is held again
			from := v.from - day(among(r, 200, 500))
			all.vacant = append(all.vacant, vacant{team: v.team, part: 1, covered: r.Float64() < 0.7, from: from, to: from + day(among(r, 60, 180))})
		}
	}
	for _, e := range all.employed {
		if e.to != never || r.Float64() > 0.5 && len(all.away) > 0 {
			continue
		}
		a := awayFrom{worker: e.worker, from: p.today - day(among(r, 3, 500)), to: never}
		a.reason = choose(r, []weighted[string]{{"SIC", 70}, {"TRN", 12}, {"MAT", 8}, {"OTH", 8}, {"UNP", 2}})
		long := day(1 + r.ExpFloat64()*8)
		if a.reason == "MAT" {
			long = day(among(r, 120, 300))
		}
		if a.to = a.from + long; a.to > p.today {
			a.to = never
		}
		all.away = append(all.away, a)
	}
}

var _ = contribute(contribution{
	kind:    "employment",
	columns: []string{"id", "worker_id", "role", "agency", "full_time_equivalent", "from_date", "to_date", "leaving_reason"},
	measure: (*measure).workforce,
	figures: []figure{
		{"agency", "Agency workers among social workers", Percent, agencyShare, workforce2025},
		{"vacant", "Posts of social workers vacant", Percent, vacantShare, workforce2025},
		{"turnover", "Social workers who left in the year", Percent, leaversShare, workforce2025},
	},
	plan: func(p *plan) (int, func(int) []any) {
		all := p.workforce.employed
		return len(all), func(i int) []any {
			e := all[i]
			return []any{int64(i + 1), e.worker.id, e.role, e.agency, tenths(e.part), date(e.from), date(e.to), text(e.reason)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "vacancy",
	columns: []string{"id", "team_id", "post", "role", "full_time_equivalent", "covered_by_agency", "from_date", "to_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := p.workforce.vacant
		return len(all), func(i int) []any {
			v := all[i]
			return []any{int64(i + 1), v.team.id, fmt.Sprintf("SW-%04d", i+1), "5", tenths(v.part), v.covered, date(v.from), date(v.to)}
		}
	},
})

var _ = contribute(contribution{
	kind:    "worker-absence",
	columns: []string{"id", "worker_id", "reason_code", "from_date", "to_date"},
	measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		all := p.workforce.away
		return len(all), func(i int) []any {
			a := all[i]
			return []any{int64(i + 1), a.worker.id, a.reason, date(a.from), date(a.to)}
		}
	},
})

// tenths is a part of a week as the record store holds it.
func tenths(part float64) decimal.Decimal { return decimal.NewFromFloat(part).Round(1) }

func (m *measure) workforce(ctx context.Context, tx pgx.Tx) error {
	return m.ask(ctx, tx, "measure the workforce", `/* county.workforce */
		WITH post AS (
			SELECT sum(full_time_equivalent) FILTER (WHERE agency AND to_date IS NULL) AS agency, sum(full_time_equivalent) FILTER (WHERE NOT agency AND to_date IS NULL) AS own,
				sum(full_time_equivalent) FILTER (WHERE NOT agency AND to_date > $1::date - interval '1 year') AS gone FROM employment),
		vacant AS (SELECT sum(full_time_equivalent) AS posts FROM vacancy WHERE from_date <= $1 AND coalesce(to_date, 'infinity') > $1)
		SELECT 'agency', (100.0 * agency / (agency + own))::float8 FROM post
		UNION ALL SELECT 'vacant', (100.0 * posts / (posts + own))::float8 FROM post, vacant
		UNION ALL SELECT 'turnover', (100.0 * gone / own)::float8 FROM post`, m.today.time())
}
