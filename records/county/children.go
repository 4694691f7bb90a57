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
	severe  string  // the reason for which most of school is missed, "" for nearly all
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

// planChildren makes the children, in households. Ages 0 to 17 are as many
// each; of the 18 and 19 year olds fewer, since some have moved away.
func (p *plan) planChildren() error {
	var nhs nhsNumbers
	var home household
	for i := range p.wanted {
		id := int64(i + 1)
		r := chance(p.seed, "child", id)
		if i == 0 || r.Float64() >= 0.45 { // 1.8 children to a household
			home = newHousehold(r)
		}
		c := &child{
			id: id, expected: never, ethnicity: home.ethnicity, surname: home.surname,
			district: home.district, lines: home.lines, postcode: home.postcode,
			need: home.need * lognormal(r, 0.8), ability: r.NormFloat64(),
			illness: lognormal(r, 0.8), truancy: lognormal(r, 1.3),
		}
		binary.BigEndian.PutUint64(c.public[:8], r.Uint64())
		binary.BigEndian.PutUint64(c.public[8:], r.Uint64())
		c.public[6] = c.public[6]&0x0f | 0x40 // version 4 (RFC 9562, 5.4)
		c.public[8] = c.public[8]&0x3f | 0x80
		p.birth(r, c)
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

// birth gives the child a date of birth and a sex, or, for one in 1,500, an
// expected date.
func (p *plan) birth(r *rand.Rand, c *child) {
	if r.Float64() < 1.0/1500 {
		c.born, c.expected, c.sex, c.forename = never, p.today+day(among(r, 5, 180)), "U", "Baby"
		return
	}
	var ages []weighted[int]
	for age := range 18 {
		ages = append(ages, weighted[int]{age, 1})
	}
	ages = append(ages, weighted[int]{18, 0.9}, weighted[int]{19, 0.6})
	age := choose(r, ages)
	last := p.today.plusYears(-age) // born today age years ago
	first := p.today.plusYears(-age-1) + 1
	c.born = first + day(r.IntN(int(last-first)+1))
	c.sex = choose(r, []weighted[string]{{"M", 51.2}, {"F", 48.8}})
	c.forename = forename(r, c.sex)
	if r.Float64() < 0.6 {
		c.middle = forename(r, c.sex)
	}
}

func ethnicities() []weighted[string] {
	return []weighted[string]{
		{"WBRI", 68}, {"WOTH", 9}, {"WIRI", 0.4}, {"WIRT", 0.3}, {"WROM", 0.6},
		{"MWAS", 2.4}, {"MWBC", 1.3}, {"MWBA", 1}, {"MOTH", 2.3},
		{"AIND", 3}, {"APKN", 1.4}, {"ABAN", 0.8}, {"CHNE", 1}, {"AOTH", 2},
		{"BAFR", 1.8}, {"BCRB", 0.4}, {"BOTH", 0.5}, {"OOTH", 1.6}, {"REFU", 0.8}, {"NOBT", 1.4},
	}
}
