package county

import "time"

// The population by mid-year, district, age and sex: the county's own children, as
// no others live there.

var _ = contribute(contribution{
	kind: "population", columns: []string{"id", "year", "area", "age", "sex", "people"}, measure: unmeasured,
	plan: func(p *plan) (int, func(int) []any) {
		type cell struct {
			year int
			area string
			age  int
			sex  string
		}
		people := map[cell]int64{}
		var all []cell
		for y := p.firstYear; dateOf(y, time.June, 30) <= p.today; y++ {
			mid := dateOf(y, time.June, 30)
			for _, c := range p.children {
				if c.born == never || c.born > mid || c.sex == "U" {
					continue
				}
				if age := c.born.age(mid); age < 18 {
					at := cell{y, c.district.code, age, c.sex}
					if people[at]++; people[at] == 1 {
						all = append(all, at)
					}
				}
			}
		}
		return len(all), func(i int) []any {
			c := all[i]
			return []any{int64(i + 1), int64(c.year), c.area, int64(c.age), c.sex, people[c]}
		}
	},
})
