package county

// What several parts of the county share, and spans of working days.

import "reflect"

// once is what parts of the county share, worked out when the first of them asks: it is
// known by its type.
func once[T any](p *plan, work func(*plan) T) T {
	key := reflect.TypeFor[T]()
	if made, ok := p.shared[key]; ok {
		return made.(T)
	}
	made := work(p)
	if p.shared == nil {
		p.shared = map[reflect.Type]any{}
	}
	p.shared[key] = made
	return made
}

// workingAfter is the nth working day after the day; the years before the calendar
// begins have no bank holidays here.
func (c *calendar) workingAfter(d day, n int) day {
	for n > 0 {
		d++
		if c.schoolDay(d) {
			n--
		}
	}
	return d
}

// weekdayFrom is the day, or the first working day after it.
func (c *calendar) weekdayFrom(d day) day { return c.workingAfter(d-1, 1) }

// allocations are the allocated workers of each case, in the order of their days.
type allocations map[*socialCase][]*involvement

func planAllocations(p *plan) allocations {
	all := allocations{}
	for _, v := range p.involved {
		if v.of != nil && v.allocated {
			all[v.of] = append(all[v.of], v)
		}
	}
	return all
}

// worker is the id of the case's allocated worker on the day, nil while it has none.
func (a allocations) worker(c *socialCase, on day) any {
	for _, v := range a[c] {
		if v.from <= on && (v.to == never || on < v.to) {
			return v.worker.id
		}
	}
	return nil
}

// end is the day after the last on which something of the case can have happened.
func (p *plan) end(c *socialCase) day {
	if c.to == never {
		return p.today + 1
	}
	return c.to
}
