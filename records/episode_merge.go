package records

// merge puts a child's rows of one return together with what is on record, and
// gives the child's episodes as they then are, in order; or says why that
// cannot be done without guessing.
//
// The return is of the year that begins on the day begins, and what is later than
// horizon is not asked of it: the end of that year (1 April, not included), or
// an earlier day from which on a later return has spoken. From the first row's
// DECOM to the horizon the file is right: what stands there and
// is not in the file goes. What stands before and after stays. A row without
// DEC says that it lasts at the horizon; how it went on after that may be on
// record already, from a later return.
func merge(standing []*care, file []Episode, horizon, begins Date) (rows []Episode, problem *Problem) {
	first, last := file[0], file[len(file)-1]
	var before, after []Episode
	var across *Episode // that lasts at the horizon
	for _, c := range standing {
		old := c.episodes()
		keep := 0 // rows before the first of the file
		for i, e := range old {
			if e.From.Before(first.From) {
				keep = i + 1
			}
			if !e.From.Before(horizon) {
				after = append(after, e)
			} else if e.To.IsZero() || !e.To.Before(horizon) {
				across = &e // as it stands: what follows may cut the row short
			}
		}
		if keep == 0 {
			continue
		}
		over := c.to.IsZero() || c.to.After(first.From)
		switch {
		case !over && first.Reason != "S" && c.to == first.From: // it had been ended, and the file says that it went on
			old[keep-1].End = continues
		case !over:
		case first.Reason != "S":
			if e := &old[keep-1]; e.To != first.From {
				e.To, e.End, e.Change = first.From, continues, ""
			}
		case !c.from.Before(begins), keep == 1 && first.From.Before(begins):
			keep = 0 // the day of the start is corrected
		default:
			return nil, &Problem{"DECOM", Contradicts, "the record shows the child looked after on this day and since before: correct RNE or DECOM, or send the row that ended it"}
		}
		before = append(before, old[:keep]...)
	}
	switch {
	case last.To.IsZero() && across != nil:
		last.To, last.End, last.Change = across.To, across.End, across.Change
	case last.To.IsZero() && len(after) > 0:
		if after[0].From != horizon || after[0].Reason == "S" {
			return nil, &Problem{"DEC", Contradicts, "the record shows that the child was looked after again later: send the day on which this episode ended"}
		}
		last.To, last.End = horizon, continues
	case !last.To.IsZero() && (len(after) > 0 && after[0].Reason != "S" && (last.To != after[0].From || last.End != continues) || across != nil && !across.To.IsZero()):
		return nil, &Problem{"DEC", Contradicts, "the record shows, from a later return, that the child was still looked after then: send that return first, corrected"}
	}
	if n := len(before); n > 0 && first.Reason != "S" && before[n-1].To == first.From {
		if p := first.follows(before[n-1]); p != nil {
			return nil, &Problem{p.Field, Contradicts, "the record, from an earlier return, does not agree: " + p.Message}
		}
	}
	if len(after) > 0 && after[0].Reason != "S" {
		if p := after[0].follows(last); p != nil {
			return nil, &Problem{"DEC", Contradicts, "the record goes on, from a later return, in a way that does not agree with this row: send that return first, corrected"}
		}
	}
	rows = append(before, file[:len(file)-1]...)
	return append(append(rows, last), after...), nil
}

// yearBefore is the same day a year before: 1 April of a return's year.
func (d Date) yearBefore() Date { return DateOf(d.Time().AddDate(-1, 0, 0)) }

// YearEnd is the 1 April after the day: the end, not included, of the year of
// the return that it falls in.
func (d Date) YearEnd() Date {
	t := d.Time()
	april := NewDate(t.Year(), 4, 1)
	if d.Before(april) {
		return april
	}
	return NewDate(t.Year()+1, 4, 1)
}

// asAt is the row as a return of the year that ends on horizon shows it.
func (e Episode) asAt(horizon Date) Episode {
	if e.To.IsZero() || !e.To.Before(horizon) {
		e.To, e.End, e.Change = Date{}, "", ""
	}
	return e
}
