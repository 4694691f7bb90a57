package county

import (
	"fmt"
	"hash/fnv"
	"math"
	"testing"
	"time"

	"onevision/records"
)

func november(children int, seed uint64) Options {
	return Options{Children: children, Schools: schoolsFor(children), Years: 1, Seed: seed, Today: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
}

func planned(t *testing.T, o Options) *plan {
	t.Helper()
	p, err := newPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// checksum is over every value of every row of the county.
func (p *plan) checksum() uint64 {
	h := fnv.New64a()
	for _, part := range p.parts() {
		for i := range part.rows {
			fmt.Fprint(h, part.kind, part.row(i))
		}
	}
	for y := p.firstYear; y <= p.thisYear; y++ {
		for row := range p.attendance(y) {
			fmt.Fprint(h, row)
		}
	}
	return h.Sum64()
}

func TestTheSameSeedAndDayMakeTheSameCounty(t *testing.T) {
	one, same := planned(t, november(800, 7)).checksum(), planned(t, november(800, 7)).checksum()
	if one != same {
		t.Errorf("two counties of one seed differ: %x and %x", one, same)
	}
	if other := planned(t, november(800, 8)).checksum(); other == one {
		t.Error("two seeds made one county")
	}
	tomorrow := november(800, 7)
	tomorrow.Today = tomorrow.Today.AddDate(0, 0, 1)
	if later := planned(t, tomorrow).checksum(); later == one {
		t.Error("two days made one county")
	}
}

// tallied is what one phase's pupils did, in sessions.
type tallied struct {
	codes               map[string]float64
	possible            float64
	absent, unexcused   float64
	pupils, persistents float64
}

// marks counts the marks of a year by phase, and the unauthorised absence of
// each school, with the meanings of the attendance_code table.
func marks(p *plan, year int) (map[string]*tallied, map[*school]float64) {
	authorised := map[string]bool{"C": true, "C1": true, "C2": true, "E": true, "I": true, "J1": true, "M": true, "R": true, "S": true, "T": true}
	unauthorised := map[string]bool{"G": true, "N": true, "O": true, "U": true}
	phases, rates := map[string]*tallied{}, map[*school]float64{}
	type own struct{ possible, absent float64 }
	pupils, schools := map[[2]int64]*own{}, map[*school]*own{}
	for row := range p.attendance(year) {
		s := p.schools[row.School-1]
		if phases[s.phase] == nil {
			phases[s.phase] = &tallied{codes: map[string]float64{}}
		}
		at, who := phases[s.phase], [2]int64{row.Child, row.School}
		if pupils[who] == nil {
			pupils[who] = &own{}
		}
		if schools[s] == nil {
			schools[s] = &own{}
		}
		for _, code := range []string{row.AM, row.PM} {
			if code == "Y4" {
				continue
			}
			at.codes[code]++
			at.possible++
			pupils[who].possible++
			schools[s].possible++
			if authorised[code] || unauthorised[code] {
				at.absent++
				pupils[who].absent++
			}
			if unauthorised[code] {
				at.unexcused++
				schools[s].absent++
			}
		}
	}
	for who, k := range pupils {
		at := phases[p.schools[who[1]-1].phase]
		at.pupils++
		if k.possible > 0 && k.absent/k.possible >= 0.1 {
			at.persistents++
		}
	}
	for s, k := range schools {
		rates[s] = 100 * k.absent / k.possible
	}
	return phases, rates
}

// The published figures are those of the example authority in 2025/26 (DfE,
// Pupil attendance in schools), in percent. A county of 13,000 has few special
// schools, and one bad school in four secondary schools, hence the room.
func TestMarksFollowWhatWasPublished(t *testing.T) {
	p := planned(t, november(13_000, 1))
	phases, schools := marks(p, 2025)
	near := func(what string, got, published, room float64) {
		t.Helper()
		t.Logf("%s: %.2f %% (published %.2f)", what, got, published)
		if math.Abs(got-published) > room {
			t.Errorf("%s is %.2f %%, published is %.2f: more than %.2f away", what, got, published, room)
		}
	}
	for _, c := range []struct {
		phase                                                  string
		absent, illness, truant, partTime, persistent, roomFor float64
	}{
		{"primary", 5.23, 2.93, 0.49, 0.2, 11.7, 0.4},
		{"secondary", 8.53, 3.98, 1.83, 1.02, 20.9, 1.0},
		{"special", 12.97, 4.84, 2.51, 2.42, 35.3, 2.5},
	} {
		at := phases[c.phase]
		near(c.phase+" absence", 100*at.absent/at.possible, c.absent, c.roomFor)
		near(c.phase+" illness", 100*at.codes["I"]/at.possible, c.illness, c.roomFor)
		near(c.phase+" no reason", 100*at.codes["O"]/at.possible, c.truant, c.roomFor)
		near(c.phase+" part-time", 100*at.codes["C2"]/at.possible, c.partTime, c.roomFor)
		near(c.phase+" persistent", 100*at.persistents/at.pupils, c.persistent, 6)
	}
	bad := 0
	for s, rate := range schools {
		if rate > 4.5 {
			bad++
			if s.phase != "secondary" {
				t.Errorf("school %s (%s) stands out with %.1f %% unauthorised", s.laestab, s.phase, rate)
			}
		}
	}
	if bad != 1 {
		t.Errorf("%d schools stand out in the whole of last year, want 1", bad)
	}
}

func TestAWorseningSchoolAndALateOne(t *testing.T) {
	p := planned(t, november(13_000, 1))
	monday := dateOf(2026, 11, 16)
	late, rates := map[*school]int{}, map[*school][2]float64{}
	for row := range p.attendance(2026) {
		if row.Date.Before(records.DateOf(monday.time())) {
			continue
		}
		s := p.schools[row.School-1]
		late[s] = max(late[s], row.Date.Sub(records.DateOf(monday.time())))
		r := rates[s]
		for _, code := range []string{row.AM, row.PM} {
			r[1]++
			if code == "O" || code == "N" || code == "U" || code == "G" {
				r[0]++
			}
		}
		rates[s] = r
	}
	behind, over := 0, 0
	for _, s := range p.schools {
		if late[s] < 4 {
			behind++
		}
		rate := 100 * rates[s][0] / rates[s][1]
		t.Logf("%s %s: %.1f %% unauthorised in the week of 16 November", s.laestab, s.phase, rate)
		if rate > 5 {
			over++
		}
	}
	if behind != 1 {
		t.Errorf("%d schools have not sent Friday's marks, want 1", behind)
	}
	if over < 2 || over > 4 {
		t.Errorf("%d schools miss more than 5 %% without leave, want about 2", over)
	}
}

func TestCareFollowsItsRules(t *testing.T) {
	p := planned(t, november(13_000, 1))
	statuses, homes := map[*period][]*status{}, map[*period][]*placement{}
	for _, s := range p.statuses {
		statuses[s.care] = append(statuses[s.care], s)
	}
	for _, h := range p.homes {
		homes[h.care] = append(homes[h.care], h)
	}
	now, then := 0, 0
	for _, care := range p.periods {
		if care.to == never {
			now++
		}
		if care.on(lastMarch(p.today)) {
			then++
		}
		if care.from < care.child.born || care.from > p.today || care.to != never && care.to > care.child.born.birthday(18) {
			t.Errorf("period %d lies outside childhood", care.id)
		}
		at := care.from
		for _, s := range statuses[care] {
			if s.from != at {
				t.Errorf("period %d: a gap or an overlap of legal statuses", care.id)
			}
			at = s.to
		}
		if at != care.to {
			t.Errorf("period %d: the last legal status ends elsewhere", care.id)
		}
		at = care.from
		for _, h := range homes[care] {
			if h.from != at {
				t.Errorf("period %d: a gap or an overlap of placements", care.id)
			}
			at = h.to
		}
		if at != care.to {
			t.Errorf("period %d: the last placement ends elsewhere", care.id)
		}
	}
	if want := p.share(lookedAfter); math.Abs(float64(then)-want) > 6 || now < then*8/10 || now > then*12/10 {
		t.Errorf("%d children were looked after on 31 March, want about %.0f, and now %d", then, want, now)
	}
	open, unallocated := 0, 0
	held := map[*socialCase]int{}
	for _, v := range p.involved {
		if v.to == never && v.of != nil && v.allocated {
			held[v.of]++
		}
	}
	for _, c := range p.cases {
		if c.to != never {
			continue
		}
		open++
		switch held[c] {
		case 0:
			unallocated++
		case 1:
		default:
			t.Errorf("case %d has %d allocated workers", c.id, held[c])
		}
	}
	if want := p.share(2944); math.Abs(float64(open)-want) > 40 {
		t.Errorf("%d cases are open, want about %.0f", open, want)
	}
	if unallocated < 1 || unallocated > 15 {
		t.Errorf("%d open cases have no worker, want a few", unallocated)
	}
}

func TestResultsFollowWhatWasPublished(t *testing.T) {
	p := planned(t, november(13_000, 1))
	type cohort struct{ pupils, points, both float64 }
	all, care := map[int]*cohort{}, cohort{}
	for _, r := range p.results {
		if all[r.year] == nil {
			all[r.year] = &cohort{}
		}
		both := 0.0
		if r.english >= "4" && r.english <= "9" && r.maths >= "4" && r.maths <= "9" {
			both = 1
		}
		add := func(c *cohort) { c.pupils++; c.points += r.attainment8; c.both += both }
		add(all[r.year])
		if c := r.child.careOn(dateOf(r.year, 3, 31)); c != nil && c.from <= dateOf(r.year-1, 3, 31) {
			add(&care)
		}
	}
	if len(all) != 3 {
		t.Fatalf("%d years of results, want 3", len(all))
	}
	for y, c := range all {
		if mean := c.points / c.pupils; math.Abs(mean-48) > 2.5 {
			t.Errorf("%d: Attainment 8 averages %.1f, want about 48", y, mean)
		}
		if share := c.both / c.pupils; math.Abs(share-0.67) > 0.06 {
			t.Errorf("%d: %.0f %% reach grade 4 in both, want about 67", y, 100*share)
		}
	}
	if care.pupils < 12 || care.pupils > 45 {
		t.Errorf("%.0f children in care sat exams in three years, want about 25", care.pupils)
	}
	if mean := care.points / care.pupils; mean < 11 || mean > 31 {
		t.Errorf("children in care average %.1f in Attainment 8, want about 20", mean)
	}
}

// A demo can be made on any day: the first of September before a school has
// opened, in the holidays, on a leap day.
func TestACountyOfAnyDay(t *testing.T) {
	ahead := map[string]bool{}
	for _, c := range contributions {
		ahead[c.kind] = c.ahead
	}
	for _, today := range []time.Time{
		time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 9, 4, 0, 0, 0, 0, time.UTC), time.Date(2026, 8, 31, 0, 0, 0, 0, time.UTC),
		time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 2, 29, 0, 0, 0, 0, time.UTC), time.Date(2027, 7, 22, 0, 0, 0, 0, time.UTC),
	} {
		o := november(600, 5)
		o.Today = today
		p := planned(t, o)
		rows := 0
		for y := p.firstYear; y <= p.thisYear; y++ {
			for row := range p.attendance(y) {
				if !row.Date.Before(records.DateOf(today)) {
					t.Fatalf("%s: a mark of %s", today.Format(time.DateOnly), row.Date)
				}
				rows++
			}
		}
		if rows < 50_000 || len(p.results) == 0 || len(p.periods) == 0 || len(p.cases) == 0 {
			t.Errorf("%s: %d rows, %d results, %d periods, %d cases", today.Format(time.DateOnly), rows, len(p.results), len(p.periods), len(p.cases))
		}
		for _, part := range p.parts() {
			for i := range part.rows {
				row := part.row(i)
				for n, column := range part.columns {
					d, ok := row[n].(records.Date)
					if ok && !ahead[part.kind] && column != "expected_date" && d.After(records.DateOf(today)) {
						t.Errorf("%s: %s %v has %s %s", today.Format(time.DateOnly), part.kind, row[0], column, d)
					}
				}
			}
		}
	}
}
