package county

import (
	"math"
	"testing"
	"time"
)

// Four years of a county of 13,000, against the figures published of one year.
func TestSuspensionsFollowWhatWasPublished(t *testing.T) {
	t.Parallel()
	o := november(40_000, 1)
	o.Years = 4
	p := planned(t, o)
	type group struct{ pupils, suspended, events float64 }
	groups := map[string]*group{}
	of := func(name string) *group {
		if groups[name] == nil {
			groups[name] = &group{}
		}
		return groups[name]
	}
	type who struct {
		stay int64
		year int
	}
	events := map[who]float64{}
	excluded, sessions := 0, map[who]int{}
	for _, s := range p.suspensions() {
		k := who{s.stay.id, s.from.academicYear()}
		if s.category == "PERM" {
			excluded++
			continue
		}
		events[k]++
		if sessions[k] += s.sessions; sessions[k] > 90 {
			t.Errorf("child %d is suspended for %d sessions in %d", s.stay.child.id, sessions[k], k.year)
		}
		if !s.stay.on(s.from) || s.from >= p.today || s.to <= s.from {
			t.Errorf("suspension %+v of %+v", s, s.stay)
		}
	}
	for y := p.firstYear; y < p.thisYear; y++ {
		march := dateOf(y+1, time.March, 31)
		for _, s := range p.stays {
			if !s.on(dateOf(y+1, time.January, 18)) {
				continue
			}
			names := []string{"all", s.school.phase}
			switch care := s.child.careOn(march); {
			case care != nil && care.from <= march-year:
				names = append(names, "in care")
			case care == nil && s.child.inNeedOn(march):
				names = append(names, "in need")
			}
			for _, name := range names {
				g := of(name)
				g.pupils++
				g.events += events[who{s.id, y}]
				g.suspended += min(1, events[who{s.id, y}])
			}
		}
	}
	for _, c := range []struct {
		name                   string
		events, suspended, off float64 // published, and by how much of it we may be off
	}{{"all", 9.15, 3.65, 0.15}, {"primary", 3.90, 1.44, 0.2}, {"secondary", 16.21, 6.53, 0.15}, {"special", 13.97, 7.12, 0.45}, {"in care", 0, 15.12, 0.35}, {"in need", 0, 16.36, 0.25}} {
		g := of(c.name)
		rate, share := 100*g.events/g.pupils, 100*g.suspended/g.pupils
		t.Logf("%s, %.0f pupils: %.2f suspensions (%.2f), %.2f %% suspended (%.2f)", c.name, g.pupils, rate, c.events, share, c.suspended)
		if math.Abs(share-c.suspended) > c.off*c.suspended || c.events > 0 && math.Abs(rate-c.events) > c.off*c.events {
			t.Errorf("%s: %.2f suspensions and %.2f %% suspended, published %.2f and %.2f", c.name, rate, share, c.events, c.suspended)
		}
	}
	t.Logf("%d permanent exclusions of %.0f pupils, published 0.032 %%", excluded, of("all").pupils)
	if excluded == 0 || float64(excluded) > 0.001*of("all").pupils {
		t.Errorf("%d permanent exclusions", excluded)
	}
}
