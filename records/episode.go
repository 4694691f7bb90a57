package records

import "slices"

// Episode is one row of the SSDA903 return: a time in which neither the legal
// status nor the placement of a looked-after child changed.
type Episode struct {
	From     Date   // DECOM
	Reason   string // RNE: S started, L legal status, P placement and carer, T placement, B legal status, placement and carer, U legal status and placement
	Status   string // LS
	Need     string // CIN
	Type     string // PLACE
	Provider string // PLACE_PROVIDER
	To       Date   // DEC: the day on which the next begins; zero while it lasts
	End      string // REC: X1, another follows; else why the child ceased to be looked after; "" while it lasts
	Change   string // REASON_PLACE_CHANGE: why the placement ended that day
	Home     string // HOME_POST
	Postcode string // PL_POST
	URN      string
}

// continues is the REC of an episode after which another follows.
const continues = "X1"

// care is a looked-after period with its parts, as the record store keeps it:
// each in the order of its days.
type care struct {
	id       int64
	need     string
	begins   string // "" for S
	from, to Date
	end      string
	statuses []status
	places   []place
}

// status is a legal status of a period.
type status struct {
	id       int64
	code     string
	from, to Date
}

// place is a placement of a period.
type place struct {
	id                                          int64
	kind, provider, postcode, urn, home, change string
	sameCarer                                   bool
	from, to                                    Date
}

// episodes derives the rows of the return from a period: one for each stretch
// between two changes of legal status or placement.
func (c *care) episodes() []Episode {
	starts := []Date{c.from}
	for _, s := range c.statuses {
		starts = append(starts, s.from, s.to)
	}
	for _, p := range c.places {
		starts = append(starts, p.from, p.to)
	}
	starts = slices.DeleteFunc(starts, func(d Date) bool { return d.IsZero() || !c.to.IsZero() && !d.Before(c.to) })
	slices.SortFunc(starts, Date.Sub)
	starts = slices.Compact(starts)
	var rows []Episode
	lastStatus, lastPlace := -1, -1
	for i, from := range starts {
		e := Episode{From: from, To: c.to, Need: c.need, End: c.end}
		if i+1 < len(starts) {
			e.To, e.End = starts[i+1], continues
		}
		s := slices.IndexFunc(c.statuses, func(s status) bool { return covers(s.from, s.to, from) })
		p := slices.IndexFunc(c.places, func(p place) bool { return covers(p.from, p.to, from) })
		same := false
		if s >= 0 {
			e.Status = c.statuses[s].code
		}
		if p >= 0 {
			at := c.places[p]
			e.Type, e.Provider, e.Postcode, e.URN, e.Home, same = at.kind, at.provider, at.postcode, at.urn, at.home, at.sameCarer
			if at.to == e.To {
				e.Change = at.change
			}
		}
		e.Reason = reason(s != lastStatus, p != lastPlace, same)
		if i == 0 {
			e.Reason = c.begins
			if e.Reason == "" {
				e.Reason = "S"
			}
		}
		lastStatus, lastPlace = s, p
		rows = append(rows, e)
	}
	return rows
}

// covers reports whether the day lies in [from, to).
func covers(from, to, day Date) bool { return !day.Before(from) && (to.IsZero() || day.Before(to)) }

// reason is the RNE of an episode that is not its period's first.
func reason(status, place, sameCarer bool) string {
	switch {
	case status && place && sameCarer:
		return "U"
	case status && place:
		return "B"
	case place && sameCarer:
		return "T"
	case place:
		return "P"
	}
	return "L"
}

// newStatus and newPlace say what an RNE says has changed.
func newStatus(rne string) bool { return rne == "S" || rne == "L" || rne == "B" || rne == "U" }
func newPlace(rne string) bool {
	return rne == "S" || rne == "P" || rne == "T" || rne == "B" || rne == "U"
}
func sameCarer(rne string) bool { return rne == "T" || rne == "U" }

// periods puts episodes, in the order of their days, together to periods: the
// reverse of episodes. What RNE says has not changed goes on in one record.
func periods(rows []Episode) []*care {
	var list []*care
	for i := range rows {
		e := &rows[i]
		follows := i > 0 && e.Reason != "S" && rows[i-1].End == continues && rows[i-1].To == e.From
		if !follows {
			c := &care{need: e.Need, from: e.From}
			if e.Reason != "S" {
				c.begins = e.Reason
			}
			list = append(list, c)
		}
		c := list[len(list)-1]
		c.to, c.end = e.To, e.End
		if n := len(c.statuses); !follows || newStatus(e.Reason) || n == 0 || c.statuses[n-1].to != e.From {
			if e.Status != "" {
				c.statuses = append(c.statuses, status{code: e.Status, from: e.From, to: e.To})
			}
		} else if e.Status != "" {
			c.statuses[n-1].to = e.To
		}
		if n := len(c.places); !follows || newPlace(e.Reason) || n == 0 || c.places[n-1].to != e.From {
			if e.Type != "" {
				c.places = append(c.places, place{kind: e.Type, provider: e.Provider, postcode: e.Postcode, urn: e.URN, home: e.Home, change: e.Change,
					sameCarer: follows && sameCarer(e.Reason), from: e.From, to: e.To})
			}
		} else if e.Type != "" {
			c.places[n-1].to, c.places[n-1].change = e.To, e.Change
		}
	}
	return list
}

// differences names the columns in which two rows of the return differ.
func (e Episode) differences(o Episode) (columns []string) {
	for _, c := range []struct {
		name string
		same bool
	}{
		{"DECOM", e.From == o.From}, {"RNE", e.Reason == o.Reason}, {"LS", e.Status == o.Status}, {"CIN", e.Need == o.Need},
		{"PLACE", e.Type == o.Type}, {"PLACE_PROVIDER", e.Provider == o.Provider}, {"DEC", e.To == o.To}, {"REC", e.End == o.End},
		{"REASON_PLACE_CHANGE", e.Change == o.Change}, {"HOME_POST", e.Home == o.Home}, {"PL_POST", e.Postcode == o.Postcode}, {"URN", e.URN == o.URN},
	} {
		if !c.same {
			columns = append(columns, c.name)
		}
	}
	return columns
}
