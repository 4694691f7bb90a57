package county

import (
	"fmt"
	"reflect"
	"time"
)

// plan is the whole county but its marks, worked out in memory before
// anything is entered. Ids are given here, so that one part can refer to
// another before either is stored.
type plan struct {
	seed      uint64
	today     day
	firstYear int // the first academic year with marks
	thisYear  int // the academic year that today is in
	wanted    int // children

	calendar  *calendar
	schools   []*school
	children  []*child
	stays     []*stay
	results   []*result
	teams     []*team
	workers   []*worker
	cases     []*socialCase
	involved  []*involvement
	periods   []*period
	statuses  []*status
	homes     []*placement
	workforce workforce

	contributed []part
	shared      map[reflect.Type]any // see once
}

func newPlan(o Options) (*plan, error) {
	today := dayOf(o.Today)
	p := &plan{seed: o.Seed, today: today, thisYear: today.academicYear(), wanted: o.Children}
	p.firstYear = p.thisYear - o.Years
	p.calendar = newCalendar(p.firstYear-schoolHistory, p.thisYear)
	for _, step := range []func(*plan) error{
		func(p *plan) error { p.planSchools(o.Schools); return nil },
		(*plan).planChildren,
		(*plan).planRolls,
		(*plan).planCare,
		(*plan).planCases,
		(*plan).planSevere,
		(*plan).planStaff,
		(*plan).planResults,
		(*plan).planContributions,
	} {
		if err := step(p); err != nil {
			return nil, fmt.Errorf("plan the county: %w", err)
		}
	}
	return p, nil
}

// schoolHistory is how many academic years before the first with marks the
// calendar knows: as far back as the examination results go.
const schoolHistory = 3

// minors is how many children are under 18 today: the population that rates
// of need are published for.
func (p *plan) minors() float64 {
	n := 0
	for _, c := range p.children {
		if c.born != never && c.born.age(p.today) < 18 {
			n++
		}
	}
	return float64(n)
}

// share is a published number of the example authority (children aged 0 to 17:
// 142,924, ONS mid-year estimate 2024) in proportion to this county's children.
func (p *plan) share(published float64) float64 {
	return published * p.minors() / under18
}

// Month and so on read better than arithmetic in the parts.
const (
	week  = day(7)
	month = day(30)
	year  = day(365)
)

// september is the first day of an academic year.
func september(academicYear int) day { return dateOf(academicYear, time.September, 1) }
