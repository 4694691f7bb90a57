package county

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"
)

type child struct {
	id         int64
	public     uuid.UUID
	born       day // never: not yet
	expected   day
	sex        string
	ethnicity  string
	upn, nhs   string
	forename   string
	middle     string
	surname    string
	district   district
	lines      string
	postcode   string
	livedSince day

	need    float64 // how likely to be in need, against the mean
	ability float64 // results against the mean, in standard deviations
	illness float64 // days lost to illness against the mean
	truancy float64 // days missed without leave against the mean
	absence float64 // how often another code is given, against the mean
	severe  []severity
	special bool

	stays []*stay
	cases []*socialCase
	care  []*period
}

// cohort is the academic year in which a child was born: they begin school in
// the September of cohort+5, and sit GCSEs in the summer of cohort+17.
func (c *child) cohort() int { return c.born.academicYear() }

// yearGroup in an academic year: 0 is reception, 11 the last of compulsory school.
func (c *child) yearGroup(academicYear int) int { return academicYear - c.cohort() - 5 }

// household is where children who live together live.
type household struct {
	surname   string
	ethnicity string
	district  district
	lines     string
	postcode  string
	need      float64
}

// planChildren makes the children, in households: those who are 0 to 19 today,
// and the few who have turned 20 since the first year with marks, in which
// they were still at school.
func (p *plan) planChildren() error {
	var nhs nhsNumbers
	var home household
	ages := p.ages()
	for i := range p.wanted + p.grown() {
		id := int64(i + 1)
		r := chance(p.seed, "child", id)
		if i == 0 || r.Float64() >= 0.45 { // 1.8 children to a household
			home = newHousehold(r)
		}
		c := &child{
			id: id, expected: never, ethnicity: home.ethnicity, surname: home.surname,
			district: home.district, lines: home.lines, postcode: home.postcode,
			need: home.need * lognormal(r, 0.8), ability: r.NormFloat64(),
			illness: lognormal(r, 1.05), truancy: lognormal(r, 1.3), absence: lognormal(r, 0.7),
		}
		binary.BigEndian.PutUint64(c.public[:8], r.Uint64())
		binary.BigEndian.PutUint64(c.public[8:], r.Uint64())
		c.public[6] = c.public[6]&0x0f | 0x40 // version 4 (RFC 9562, 5.4)
		c.public[8] = c.public[8]&0x3f | 0x80
		if i < p.wanted {
			p.birth(r, c, ages)
		} else {
			first := p.firstBorn()
			p.born(r, c, first, first+day(p.grownDays())-1)
		}
		if c.born != never {
			var err error
			if c.nhs, err = nhs.deal(); err != nil {
				return err
			}
			c.livedSince = c.born
			if r.Float64() < 0.3 {
				c.livedSince += day(r.IntN(int(p.today-c.born) + 1))
			}
		} else {
			c.livedSince = p.today - 60
		}
		p.children = append(p.children, c)
	}
	return nil
}

func newHousehold(r *rand.Rand) household {
	d := choose(r, districts())
	return household{
		surname:   surname(r),
		ethnicity: choose(r, ethnicities()),
		district:  d,
		lines:     fmt.Sprintf("%d %s Lane\n%s", among(r, 1, 140), place(r), place(r)),
		postcode:  postcode(r, d),
		need:      lognormal(r, 0.9),
	}
}

// postcode of a sector that belongs to the district (see sectors). The
// letters C, I, K, M, O and V never end a postcode.
func postcode(r *rand.Rand, d district) string {
	const letters = "ABDEFGHJLNPQRSTUWXYZ"
	return fmt.Sprintf("%s %d%c%c", d.area, among(r, 1, 9), letters[r.IntN(len(letters))], letters[r.IntN(len(letters))])
}

// sectors are the postcode sectors of the invented area, and the district of each.
func sectors() map[string]string {
	m := map[string]string{}
	for _, d := range append(districts(), weighted[district]{elsewhere(), 0}) {
		for n := 1; n <= 9; n++ {
			m[fmt.Sprintf("%s %d", d.value.area, n)] = d.value.code
		}
	}
	return m
}

// ages are how many of the children have each age, against the others: about
// 6,900 births a year, and from the age of 5 on more than were born here (ONS,
// mid-year estimates: 142,924 aged 0 to 17 in 2024).
func (p *plan) ages() []weighted[int] {
	var ages []weighted[int]
	for age := range 20 {
		ages = append(ages, weighted[int]{age, 8.34})
		if age < 5 {
			ages[age].weight = 6.9
		}
	}
	return ages
}

// birth gives the child a date of birth, or, for one in 1,500, an expected date.
func (p *plan) birth(r *rand.Rand, c *child, ages []weighted[int]) {
	if r.Float64() < 1.0/1500 {
		c.born, c.expected, c.sex, c.forename = never, p.today+day(among(r, 5, 180)), "U", "Baby"
		return
	}
	age := choose(r, ages)
	// The last day: born today, age years ago.
	p.born(r, c, p.today.plusYears(-age-1)+1, p.today.plusYears(-age))
}

// born gives the child a date of birth between two days, a sex and a forename.
func (p *plan) born(r *rand.Rand, c *child, first, last day) {
	c.born = first + day(r.IntN(int(last-first)+1))
	c.sex = choose(r, []weighted[string]{{"M", 51.2}, {"F", 48.8}})
	c.forename = forename(r, c.sex)
	if r.Float64() < 0.6 {
		c.middle = forename(r, c.sex)
	}
}

// firstBorn is the first birthday of those who were in year 11 in the first
// year with marks.
func (p *plan) firstBorn() day { return september(p.firstYear - 16) }

// grownDays is how many days of birth lie between firstBorn and those who are
// 19 today.
func (p *plan) grownDays() int { return max(0, int(p.today.plusYears(-20)+1-p.firstBorn())) }

// grown is how many have turned 20 since: as many to a year as are 19.
func (p *plan) grown() int {
	total := 0.0
	for _, a := range p.ages() {
		total += a.weight
	}
	return int(float64(p.wanted) * 8.34 / total * float64(p.grownDays()) / 365.25)
}

func ethnicities() []weighted[string] {
	return []weighted[string]{
		{"WBRI", 68}, {"WOTH", 9}, {"WIRI", 0.4}, {"WIRT", 0.3}, {"WROM", 0.6},
		{"MWAS", 2.4}, {"MWBC", 1.3}, {"MWBA", 1}, {"MOTH", 2.3},
		{"AIND", 3}, {"APKN", 1.4}, {"ABAN", 0.8}, {"CHNE", 1}, {"AOTH", 2},
		{"BAFR", 1.8}, {"BCRB", 0.4}, {"BOTH", 0.5}, {"OOTH", 1.6}, {"REFU", 0.8}, {"NOBT", 1.4},
	}
}
