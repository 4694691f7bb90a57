package indicators_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"onevision/indicators"
	"onevision/indicators/indicatorstest"
)

// Numbers that are computed another way, in Go over the records one by one, day by
// day and without SQL, come out equal: headline and by sex, for each month and each
// year that is kept, over records drawn at random. One round; twenty with
// ONEVISION_FAULTS=full. ONEVISION_SEED repeats a round.
func TestAnIndependentComputationComesOutEqual(t *testing.T) {
	t.Parallel()
	w := open(t, "")
	rounds, seed := 1, uint64(time.Now().UnixNano())
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		rounds = 20
	}
	if text := os.Getenv("ONEVISION_SEED"); text != "" {
		fmt.Sscan(text, &seed)
	}
	e := w.Engine(saturday, indicatorstest.Named(
		"care/children-in-care.yaml", "care/children-entering-care.yaml", "care/children-leaving-care.yaml", "care/annual-health-assessments.yaml", "care/dental-checks.yaml",
		"social-care/open-cases.yaml", "social-care/child-protection-children.yaml", "social-care/repeat-child-protection-plans.yaml",
		"front-door/referrals.yaml", "front-door/re-referrals-12-months.yaml", "special-educational-needs/ehc-plans-20-weeks-all.yaml", "special-educational-needs/ehc-plans-open.yaml",
		"after-16/neet-16-17.yaml", "after-16/activity-not-known-16-17.yaml", "care-leavers/care-leavers-in-touch.yaml", "care-leavers/care-leavers-suitable-accommodation.yaml"))
	for range rounds {
		t.Logf("ONEVISION_SEED=%d", seed)
		r := rand.New(rand.NewPCG(seed, 1))
		people := someRecords(r)
		for table, text := range people.facts() {
			w.Exec(`DELETE FROM facts.` + table)
			w.Fill(table, text)
		}
		if err := e.Run(t.Context(), nil, 0); err != nil {
			t.Fatal(err)
		}
		for _, d := range e.Defined().Definitions() {
			want := people.compute(t, d)
			got := map[string]bool{}
			for _, line := range lines(t, w, `SELECT period_id, breakdown, member, trunc(numerator)::BIGINT, coalesce(trunc(denominator)::BIGINT, 0) FROM results.value
				WHERE indicator = '`+d.ID+`' AND breakdown IN ('', 'sex') AND numerator IS NOT NULL AND kind IN ('month', 'year', 'financial-year')`) {
				got[strings.Join(strings.Fields(line), " ")] = true
			}
			if len(got) == 0 {
				t.Errorf("%s: no values", d.ID)
			}
			missing, extra := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))
			missing = slices.DeleteFunc(missing, func(l string) bool { return got[l] })
			extra = slices.DeleteFunc(extra, func(l string) bool { return want[l] })
			if len(missing)+len(extra) > 0 {
				t.Errorf("%s: in Go and not in SQL %q; in SQL and not in Go %q", d.ID, missing[:min(4, len(missing))], extra[:min(4, len(extra))])
			}
		}
		seed++
	}
}

// person is a child with all that is on record of it; days are midnights in UTC, the
// zero day none.
type person struct {
	id       int
	born     time.Time
	sex      string
	care     []span // code: how it begins
	legal    []legal
	cases    []span // code: nfa where nothing further was done
	plans    []span
	health   []event // code: status
	dental   []event
	ehc      []ehc
	ehcPlans []span
	activity []spell
	leaver   time.Time // former relevant from then on
	contacts []contact
}

type span struct {
	from, to time.Time // to: the day after the last
	code     string
}
type legal struct {
	span
	of int // which of care
}
type event struct {
	on   time.Time
	code string
}
type ehc struct{ asked, issued time.Time }
type spell struct {
	span
	until time.Time
}
type contact struct {
	event
	birthday int
	home     string
	suitable bool
}

func (s span) on(d time.Time) bool { return !d.Before(s.from) && (s.to.IsZero() || d.Before(s.to)) }

// on, of what is over on its last day: a case on the day of its closure, a plan on that of its end.
func (s span) openOn(d time.Time) bool {
	return !d.Before(s.from) && (s.to.IsZero() || d.Before(s.to.AddDate(0, 0, -1)))
}

// months later, or before: where there is no such day, on the last of the month.
func months(d time.Time, n int) time.Time {
	last := time.Date(d.Year(), d.Month()+time.Month(n)+1, 0, 0, 0, 0, 0, time.UTC)
	return last.AddDate(0, 0, min(d.Day(), last.Day())-last.Day())
}

func (p person) adult() time.Time { return p.born.AddDate(18, 0, 0) }

// lookedAfter by a status that is no short break; a period without statuses counts as it stands.
func (p person) lookedAfter(d time.Time) bool {
	if !d.Before(p.adult()) {
		return false
	}
	for i, c := range p.care {
		some := false
		for _, l := range p.legal {
			if l.of == i {
				some = true
				if l.on(d) && l.code != "V3" && l.code != "V4" {
					return true
				}
			}
		}
		if !some && c.on(d) {
			return true
		}
	}
	return false
}

func (p person) age(d time.Time) int {
	n := d.Year() - p.born.Year()
	if p.born.AddDate(n, 0, 0).After(d) {
		n--
	}
	return n
}

// referrals are the days of those that count.
func (p person) referrals() []time.Time {
	var out []time.Time
	for _, c := range p.cases {
		during := slices.ContainsFunc(p.cases, func(o span) bool { return o.code != "nfa" && o.from.Before(c.from) && o.openOn(c.from) })
		if !during && !slices.Contains(out, c.from) {
			out = append(out, c.from)
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// amounts is what a person adds to numerator and denominator of a period; false: no row.
func (p person) amounts(id string, of indicators.Period, first time.Time) (n, d int, ok bool) {
	days := func(fn func(time.Time)) {
		for day := of.First; !day.After(of.Last); day = day.AddDate(0, 0, 1) {
			fn(day)
		}
	}
	within := func(d time.Time) bool { return !d.IsZero() && !d.Before(of.First) && !d.After(of.Last) }
	add := func(yes bool) {
		ok = true
		d++
		if yes {
			n++
		}
	}
	count := func(yes bool) {
		if yes {
			ok = true
			n++
		}
	}
	switch id {
	case "children-in-care":
		count(p.lookedAfter(of.Last))
	case "children-entering-care":
		days(func(day time.Time) {
			ran := slices.ContainsFunc(p.care, func(c span) bool { return c.from.Equal(day) && c.code != "S" })
			count(p.lookedAfter(day) && !p.lookedAfter(day.AddDate(0, 0, -1)) && !ran)
		})
	case "children-leaving-care":
		days(func(day time.Time) { count(!p.lookedAfter(day) && p.lookedAfter(day.AddDate(0, 0, -1))) })
	case "annual-health-assessments", "dental-checks":
		always := true
		days(func(day time.Time) { always = always && p.lookedAfter(day) })
		if !always {
			return
		}
		checks, due := p.dental, 1
		if id == "annual-health-assessments" {
			checks = p.health
			if p.age(of.Last) < 5 {
				due = 2
			}
		}
		for _, c := range checks {
			if within(c.on) && c.code == "completed" {
				due--
			}
		}
		add(due <= 0)
	case "open-cases":
		for _, c := range p.cases {
			count(c.code != "nfa" && c.openOn(of.Last))
		}
	case "child-protection-children":
		count(of.Last.Before(p.adult()) && slices.ContainsFunc(p.plans, func(s span) bool { return s.openOn(of.Last) }))
	case "repeat-child-protection-plans":
		for _, s := range p.plans {
			if within(s.from) {
				add(slices.ContainsFunc(p.plans, func(o span) bool {
					return !o.to.IsZero() && o.from.Before(s.from) && !o.to.AddDate(0, 0, -1).After(s.from)
				}))
			}
		}
	case "referrals":
		for _, day := range p.referrals() {
			count(within(day))
		}
	case "re-referrals-12-months":
		if of.First.Before(months(first, 12)) {
			return
		}
		all := p.referrals()
		for i, day := range all {
			if within(day) {
				add(i > 0 && !months(all[i-1], 12).Before(day))
			}
		}
	case "ehc-plans-20-weeks-all":
		for _, c := range p.ehc {
			if within(c.issued) {
				add(int(c.issued.Sub(c.asked).Hours()/24) <= 140)
			}
		}
	case "ehc-plans-open":
		count(p.age(of.Last) < 26 && slices.ContainsFunc(p.ehcPlans, func(s span) bool { return s.on(of.Last) }))
	case "neet-16-17", "activity-not-known-16-17":
		august := time.Date(of.Last.Year(), time.August, 31, 0, 0, 0, 0, time.UTC)
		if of.Last.Month() < time.September {
			august = august.AddDate(-1, 0, 0)
		}
		if age := p.age(august); age != 16 && age != 17 || of.Last.Before(first) {
			return
		}
		does := "not-known"
		for _, s := range p.activity {
			if s.on(of.Last) && !of.Last.After(s.until) {
				does = s.code
			}
		}
		add(does == map[string]string{"neet-16-17": "neet", "activity-not-known-16-17": "not-known"}[id])
	case "care-leavers-in-touch", "care-leavers-suitable-accommodation":
		for age := 19; age <= 21; age++ {
			day := p.born.AddDate(age, 0, 0)
			if p.leaver.IsZero() || day.Before(p.leaver) || !within(day) {
				continue
			}
			var known contact
			for _, c := range p.contacts {
				if c.birthday == age && !c.on.Before(months(day, -3)) && !c.on.After(months(day, 1)) {
					known = c
				}
			}
			switch {
			case known.code == "DIED" || known.code == "RHOM":
			case id == "care-leavers-in-touch":
				add(known.code == "YES")
			case known.home != "H":
				add(known.suitable)
			}
		}
	default:
		ok = false
	}
	return n, d, ok
}

type records []person

// compute is what must come out, as lines of results.value.
func (all records) compute(t *testing.T, d indicators.Definition) map[string]bool {
	out := map[string]bool{}
	var first time.Time // record of its kind
	note := func(day time.Time) {
		if first.IsZero() || day.Before(first) {
			first = day
		}
	}
	for _, p := range all {
		if d.ID == "re-referrals-12-months" {
			for _, day := range p.referrals() {
				note(day)
			}
		}
		for _, s := range p.activity {
			if strings.HasSuffix(d.ID, "16-17") {
				note(s.from)
			}
		}
	}
	for _, kind := range d.Periods {
		kept := map[indicators.PeriodKind]int{indicators.Month: 37, indicators.Year: 6, indicators.FinancialYear: 6}[kind]
		for _, period := range indicators.PeriodsUpTo(kind, indicators.DayOf(saturday), max(kept, 1), nil) {
			if kept == 0 {
				break
			}
			sums := map[string][2]int{}
			for _, p := range all {
				if n, of, ok := p.amounts(d.ID, period, first); ok {
					for _, member := range []string{"||", "|sex|" + p.sex} {
						s := sums[member]
						sums[member] = [2]int{s[0] + n, s[1] + of}
					}
				}
			}
			for member, s := range sums {
				_, breakdown, _ := strings.Cut(member, "|")
				breakdown, member, _ := strings.Cut(breakdown, "|")
				out[strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %d %d", period.ID, breakdown, member, s[0], s[1])), " ")] = true
			}
		}
	}
	return out
}

// facts are the records as tables of examples.
func (all records) facts() map[string]string {
	out := map[string]string{"child": "id|date_of_birth|sex", "looked_after_period": "id|child_id|from_date|to_date|begins_with", "legal_status": "child_id|period_id|status|from_date|to_date",
		"social_care_case": "child_id|from_date|to_date|no_further_action", "child_protection_plan": "child_id|from_date|to_date", "health_assessment": "child_id|type|date|status", "dental_check": "child_id|date|status",
		"ehc_request": "id|child_id|date|outcome", "ehc_assessment": "child_id|request_id|from_date|outcome|outcome_date", "ehc_plan": "child_id|from_date|to_date",
		"post16_activity": "code|counts_as|months\n230|education|12\n330|employment|6\n619|neet|3", "activity_spell": "child_id|activity|from_date|to_date|verified_date|current_until",
		"care_leaver": "child_id|eligibility|from_date", "care_leaver_contact": "child_id|birthday|date|in_touch|accommodation|suitable"}
	day := func(d time.Time) string {
		if d.IsZero() {
			return ""
		}
		return d.Format(time.DateOnly)
	}
	row := func(table string, cells ...any) {
		var text []string
		for _, c := range cells {
			if d, ok := c.(time.Time); ok {
				c = day(d)
			}
			text = append(text, fmt.Sprint(c))
		}
		out[table] += "\n" + strings.Join(text, "|")
	}
	period, request := 0, 0
	for _, p := range all {
		row("child", p.id, p.born, p.sex)
		for i, c := range p.care {
			period++
			row("looked_after_period", period, p.id, c.from, c.to, c.code)
			for _, l := range p.legal {
				if l.of == i {
					row("legal_status", p.id, period, l.code, l.from, l.to)
				}
			}
		}
		for _, c := range p.cases {
			row("social_care_case", p.id, c.from, c.to, c.code == "nfa")
		}
		for _, c := range p.plans {
			row("child_protection_plan", p.id, c.from, c.to)
		}
		for _, c := range p.health {
			row("health_assessment", p.id, "review", c.on, c.code)
		}
		for _, c := range p.dental {
			row("dental_check", p.id, c.on, c.code)
		}
		for _, c := range p.ehc {
			request++
			row("ehc_request", request, p.id, c.asked, "Y")
			row("ehc_assessment", p.id, request, c.asked.AddDate(0, 0, 30), "Y", c.issued)
		}
		for _, c := range p.ehcPlans {
			row("ehc_plan", p.id, c.from, c.to)
		}
		for _, s := range p.activity {
			row("activity_spell", p.id, map[string]string{"education": "230", "employment": "330", "neet": "619"}[s.code], s.from, s.to, s.from, s.until)
		}
		if !p.leaver.IsZero() {
			row("care_leaver", p.id, "former-relevant", p.leaver)
		}
		for _, c := range p.contacts {
			row("care_leaver_contact", p.id, c.birthday, c.on, c.code, c.home, c.suitable)
		}
	}
	return out
}

// someRecords draws eighty people, many of their days at the ends of months and on birthdays.
func someRecords(r *rand.Rand) records {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	some := func(from, to time.Time) time.Time { // a day, often the first or the last of a month
		d := from.AddDate(0, 0, r.IntN(1+max(0, int(to.Sub(from).Hours()/24))))
		switch r.IntN(3) {
		case 0:
			d = d.AddDate(0, 0, 1-d.Day())
		case 1:
			d = d.AddDate(0, 1, -d.Day())
		}
		if d.Before(from) {
			return from
		}
		return d
	}
	date := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
	begin, end := date(2021, 1, 1), date(2026, 11, 20)
	spans := func(from time.Time, most int, touch bool) (out []span) { // that do not overlap
		for at := from; len(out) < most; {
			s := span{from: some(at, at.AddDate(0, 0, 500))}
			if s.from.After(end) {
				break
			}
			s.to = some(s.from.AddDate(0, 0, 2), s.from.AddDate(0, 0, 600))
			if s.to.After(end) || r.IntN(5) == 0 {
				s.to = time.Time{}
			}
			out = append(out, s)
			if s.to.IsZero() {
				break
			}
			if at = s.to.AddDate(0, 0, r.IntN(3)*40); touch && r.IntN(2) == 0 {
				at = s.to
			}
		}
		return out
	}
	var all records
	for id := 1; id <= 80; id++ {
		p := person{id: id, born: some(date(2001, 1, 1), date(2021, 6, 30)), sex: pick("F", "M")}
		if r.IntN(6) == 0 {
			p.born = date(2004+4*r.IntN(4), 2, 29)
		}
		from := p.born
		if from.Before(begin) {
			from = begin
		}
		for _, c := range spans(from, 2, false) {
			c.code = pick("S", "S", "S", "P")
			p.care = append(p.care, c)
			at := c.from
			for of := len(p.care) - 1; r.IntN(4) > 0; {
				l := legal{span{at, some(at.AddDate(0, 0, 2), at.AddDate(0, 0, 400)), pick("C1", "C2", "V2", "V3", "V4")}, of}
				if !c.to.IsZero() && !l.to.Before(c.to) || l.to.After(end) {
					l.to = c.to
				}
				p.legal = append(p.legal, l)
				if at = l.to; at.IsZero() || at.Equal(c.to) {
					break
				}
			}
		}
		for _, c := range spans(from, 4, true) {
			c.code = pick("", "", "", "nfa")
			if c.code == "nfa" {
				c.to = c.from.AddDate(0, 0, 1)
			}
			p.cases = append(p.cases, c)
			if r.IntN(4) == 0 { // another of the same day, or while it is open
				p.cases = append(p.cases, span{from: c.from.AddDate(0, 0, r.IntN(2)*20), to: c.from.AddDate(0, 0, 21), code: "nfa"})
			}
		}
		p.plans = spans(from, 3, true)
		for range r.IntN(8) {
			p.health = append(p.health, event{some(from, end), pick("completed", "completed", "refused")})
			p.dental = append(p.dental, event{some(from, end), pick("completed", "completed", "refused")})
		}
		if asked := some(from, end); r.IntN(2) == 0 {
			p.ehc = append(p.ehc, ehc{asked, asked.AddDate(0, 0, 135+r.IntN(10))})
			p.ehcPlans = spans(asked, 2, false)
		}
		for _, s := range spans(p.born.AddDate(16, 0, 0), 3, true) {
			s.code = pick("education", "employment", "neet")
			p.activity = append(p.activity, spell{s, some(s.from, s.from.AddDate(0, 0, 400))})
		}
		if adult := p.adult(); adult.Before(end) && r.IntN(3) > 0 {
			p.leaver = adult
			for age := 19; age <= 21; age++ {
				on := p.born.AddDate(age, -3, r.IntN(3)-1)
				if r.IntN(2) == 0 {
					on = p.born.AddDate(age, 1, r.IntN(3)-1)
				}
				p.contacts = append(p.contacts, contact{event{on, pick("YES", "YES", "NO", "RHOM")}, age, pick("U", "H"), r.IntN(2) == 0})
			}
		}
		all = append(all, p)
	}
	return all
}
