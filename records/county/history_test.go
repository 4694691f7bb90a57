package county

import (
	"testing"
	"time"

	"onevision/records"
)

// Five years back there were pupils in every year group, though some of them
// are past 19 today; and no code was given before it was in force.
func TestYearsOfAttendance(t *testing.T) {
	o := november(2000, 4)
	o.Years = 5
	p := planned(t, o)
	rows, groups := int64(0), map[int]bool{}
	inForce := records.DateOf(time.Date(2024, 8, 19, 0, 0, 0, 0, time.UTC))
	for y := p.firstYear; y <= p.thisYear; y++ {
		for row := range p.attendance(y) {
			rows++
			if y == 2021 {
				groups[p.children[row.Child-1].yearGroup(y)] = true
			}
			for _, code := range []string{row.AM, row.PM} {
				switch code {
				case "C1", "C2", "J1", "K", "Q", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7":
					if row.Date.Before(inForce) {
						t.Fatalf("code %s was given on %s", code, row.Date)
					}
				case "Y", "J":
					if !row.Date.Before(inForce) {
						t.Fatalf("code %s was given on %s", code, row.Date)
					}
				}
			}
		}
	}
	if len(groups) != 12 || !groups[0] || !groups[11] {
		t.Errorf("in 2021/22 there were pupils in the year groups %v", groups)
	}
	if tally := newTally(p, nil); tally.total != rows {
		t.Errorf("%d rows were announced and %d came", tally.total, rows)
	}
	grown := 0
	for _, c := range p.children {
		if c.born != never && c.born.age(p.today) >= 20 {
			grown++
		}
	}
	if got := len(p.children) - grown; got != 2000 {
		t.Errorf("%d children are 0 to 19, of %d", got, len(p.children))
	}
}

// Also a county of few schools has some that are as schools are.
func TestASmallCountyHasQuietSchools(t *testing.T) {
	for seed := range uint64(4) {
		p := planned(t, november(1500, seed+1))
		monday := records.DateOf(dateOf(2026, 11, 16).time())
		missed, possible := map[int64]int{}, map[int64]int{}
		for row := range p.attendance(2026) {
			if row.Date.Before(monday) || p.schools[row.School-1].sentTo < p.today {
				continue
			}
			for _, code := range []string{row.AM, row.PM} {
				possible[row.School]++
				if code == "O" || code == "N" || code == "U" || code == "G" {
					missed[row.School]++
				}
			}
		}
		quiet := 0
		for s, n := range possible {
			if float64(missed[s]) < 0.02*float64(n) {
				quiet++
			}
		}
		if quiet < 3 {
			t.Errorf("seed %d: %d of %d schools miss less than 2 %% without leave", seed+1, quiet, len(possible))
		}
	}
}

// The rules that the SSDA903 return holds episodes against.
func TestEpisodesMayBe(t *testing.T) {
	p := planned(t, november(30_000, 2))
	statuses, homes := map[*period][]*status{}, map[*period][]*placement{}
	for _, s := range p.statuses {
		statuses[s.care] = append(statuses[s.care], s)
	}
	for _, h := range p.homes {
		homes[h.care] = append(homes[h.care], h)
	}
	on := func(care *period, d day) string {
		for _, s := range statuses[care] {
			if s.from <= d && (s.to == never || d < s.to) {
				return s.code
			}
		}
		return ""
	}
	adopted := 0
	for _, care := range p.periods {
		for _, h := range homes[care] {
			status, age := on(care, h.from), care.child.born.age(h.from)
			switch h.kind {
			case "A5", "A6":
				if status != "E1" {
					t.Errorf("period %d: placed for adoption under %s", care.id, status)
				}
			case "P1":
				if status != "C1" && status != "C2" || h.provider != "PR0" {
					t.Errorf("period %d: placed with parents under %s, provided by %s", care.id, status, h.provider)
				}
			case "K3":
				if age < 16 || h.from < dateOf(2024, 4, 1) {
					t.Errorf("period %d: supported accommodation at %d", care.id, age)
				}
			}
		}
		if care.to == never {
			continue
		}
		last := homes[care][len(homes[care])-1]
		adult := care.to >= care.child.born.birthday(18)
		switch care.end {
		case "E11", "E12":
			adopted++
			if last.kind != "A5" && last.kind != "A6" || care.to-last.from < 70 {
				t.Errorf("period %d: adopted from %s after %d days", care.id, last.kind, care.to-last.from)
			}
		case "E17", "E7", "E6":
			if !adult {
				t.Errorf("period %d: %s before the 18th birthday", care.id, care.end)
			}
		default:
			if adult && care.end != "E5" && care.end != "E8" {
				t.Errorf("period %d: %s on the 18th birthday", care.id, care.end)
			}
		}
	}
	if adopted == 0 {
		t.Error("nobody was adopted")
	}
}
