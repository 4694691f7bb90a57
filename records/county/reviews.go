package county

import (
	"strconv"
	"time"
)

// review is a review of a looked-after child's case.
type review struct {
	care          *period
	on            day
	participation string
}

// reviews are those of every period: the first within 20 working days, the
// second within three months of it, then each within six months (Care Planning
// Regulations 2010), one in ten late; the child takes part as in the SSDA903
// return, by age.
func (p *plan) reviews() []review {
	var list []review
	for _, care := range p.periods {
		r := chance(p.seed, "reviews", care.id)
		end := care.to
		if end == never {
			end = p.today
		}
		on := care.from
		for n := 0; ; n++ {
			within := []int{28, 91, 183}[min(n, 2)] // days
			wait := among(r, within*3/5, within)
			if r.Float64() < 0.1 {
				wait += among(r, 1, 30)
			}
			on += day(wait)
			if w := on.weekday(); w == time.Saturday || w == time.Sunday {
				on = on.onOrBefore(time.Friday)
			}
			if on >= end {
				break
			}
			how := "PN0"
			if care.child.born.age(on) >= 4 {
				how = choose(r, []weighted[string]{{"PN1", 46}, {"PN2", 2}, {"PN3", 3}, {"PN4", 4}, {"PN5", 4}, {"PN6", 21}, {"PN7", 20}})
			}
			list = append(list, review{care, on, how})
		}
	}
	return list
}

// returnParts are what belongs to the SSDA903 return: the number by which it
// knows each child who was looked after, and the reviews.
func (p *plan) returnParts() []part {
	var known []*child
	for _, c := range p.children {
		if len(c.care) > 0 {
			known = append(known, c)
		}
	}
	reviews := p.reviews()
	return []part{
		{"child-identifier", []string{"id", "child_id", "scheme", "value", "from_date"}, len(known), func(i int) []any {
			c := known[i]
			return []any{int64(i + 1), c.id, "ssda903", strconv.FormatInt(100_000+c.id, 10), date(c.care[0].from)}
		}},
		{"looked-after-review", []string{"id", "child_id", "period_id", "date", "participation"}, len(reviews), func(i int) []any {
			v := reviews[i]
			return []any{int64(i + 1), v.care.child.id, v.care.id, date(v.on), v.participation}
		}},
	}
}
