package records

import (
	"context"
	"strings"
)

// EpisodeRow is one row of the episodes file of an SSDA903 return.
type EpisodeRow struct {
	Line  int64
	Child string // CHILD
	Episode
}

// follows says why the episode cannot be the one after the other, nil if it
// can (SSDA903 validation rules 432 to 436 and 504).
func (e Episode) follows(before Episode) *Problem {
	carries := before.End == continues
	moved := e.Type != before.Type || e.Provider != before.Provider || e.Postcode != before.Postcode || e.URN != before.URN || e.Home != before.Home
	switch {
	case before.To.IsZero():
		return &Problem{"DECOM", Contradicts, "the child's episode before this one has no end: give its DEC and REC"}
	case e.From.Before(before.To):
		return &Problem{"DECOM", Overlaps, "is before the end of the child's episode before this one: correct one of them"}
	case !carries && e.Reason != "S":
		return &Problem{"RNE", Contradicts, "the child ceased to be looked after at the end of the episode before, so this one can only be S"}
	case !carries:
		return nil
	case e.From != before.To:
		return &Problem{"DECOM", Contradicts, "is not the day on which the episode before ended, which REC says goes on: correct one of them"}
	case e.Reason == "S":
		return &Problem{"RNE", Contradicts, "the episode before goes on, as its REC says, so this one cannot be S"}
	case e.Need != before.Need:
		return &Problem{"CIN", Contradicts, "is not the need of the episode before: it stays as it was when the child started to be looked after"}
	case newStatus(e.Reason) && e.Status == before.Status:
		return &Problem{"LS", Contradicts, "is the legal status of the episode before, and RNE says that it has changed: correct one of them"}
	case !newStatus(e.Reason) && e.Status != before.Status:
		return &Problem{"LS", Contradicts, "is not the legal status of the episode before, and RNE says that it has not changed: correct one of them"}
	case !newPlace(e.Reason) && moved:
		return &Problem{"RNE", Contradicts, "says that only the legal status has changed, and PLACE, PLACE_PROVIDER, HOME_POST, PL_POST or URN has too: correct one of them"}
	case !newPlace(e.Reason) && before.Change != "":
		return &Problem{"RNE", Contradicts, "says that the placement goes on, and the episode before gives a REASON_PLACE_CHANGE: correct one of them"}
	}
	return nil
}

// ends says why the episode cannot be the child's last in a file.
func (e Episode) ends() *Problem {
	if e.End == continues {
		return &Problem{"REC", Contradicts, "says that another episode follows, and the file has none: add it, or give the reason why the child ceased to be looked after"}
	}
	return nil
}

// tidyChildNumber tidies and checks CHILD: up to ten letters and digits.
func tidyChildNumber(s string) (string, *Problem) {
	s = compactUpper(s)
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z') {
			return s, &Problem{"CHILD", Format, "give the child's number: up to ten letters and digits"}
		}
	}
	if s == "" || len(s) > 10 {
		return s, &Problem{"CHILD", Format, "give the child's number: up to ten letters and digits"}
	}
	return s, nil
}

// checkEpisode tidies a row and checks what it says by itself. A code must have
// been in use on some day of the episode: a return gives an old episode the
// code of its own year.
func (t *Tx) checkEpisode(ctx context.Context, r *EpisodeRow) (*Problem, error) {
	var problem *Problem
	if r.Child, problem = tidyChildNumber(r.Child); problem != nil {
		return problem, nil
	}
	today := t.store.today()
	switch {
	case r.From.IsZero():
		return &Problem{"DECOM", Required, "must be given"}, nil
	case r.From.Before(earliest):
		return &Problem{"DECOM", OutOfRange, "cannot be right: check the year"}, nil
	case r.From.After(today):
		return &Problem{"DECOM", InFuture, "is in the future: check the date"}, nil
	case r.To.After(today):
		return &Problem{"DEC", InFuture, "is in the future: check the date"}, nil
	case !r.To.IsZero() && !r.To.After(r.From):
		return &Problem{"DEC", DateOrder, "is not after DECOM: the record keeps whole days, so an episode lasts at least one"}, nil
	}
	for _, f := range []struct {
		column, as string
		value      *string
	}{{"HOME_POST", "postcode", &r.Home}, {"PL_POST", "postcode", &r.Postcode}, {"URN", "", &r.URN}} {
		tidy, message := tidyUp(f.as, *f.value)
		if message != "" {
			return &Problem{f.column, Format, message}, nil
		}
		*f.value = tidy
	}
	last := r.To
	if last.IsZero() {
		last = today
	}
	for _, c := range []struct {
		column, table string
		value         *string
		required      bool
	}{
		{"RNE", "episode_reason", &r.Reason, true}, {"LS", "legal_status_code", &r.Status, true}, {"CIN", "need", &r.Need, true},
		{"PLACE", "placement_type", &r.Type, true}, {"PLACE_PROVIDER", "placement_provider", &r.Provider, false},
		{"REC", "looked_after_end", &r.End, false}, {"REASON_PLACE_CHANGE", "placement_change", &r.Change, false},
	} {
		*c.value = strings.ToUpper(strings.TrimSpace(*c.value))
		switch {
		case *c.value == "" && c.required:
			return &Problem{c.column, Required, "must be given"}, nil
		case *c.value == "", c.column == "REC" && *c.value == continues:
			continue
		}
		known, used, err := t.store.codes.within(ctx, t.store.now(), c.table, *c.value, r.From, last)
		switch {
		case err != nil:
			return nil, err
		case !known:
			return &Problem{c.column, UnknownCode, "is not one of the codes of this column: choose one from the return's guide"}, nil
		case !used:
			return &Problem{c.column, CodeNotInUse, "was not in use in that time: choose a code that was, or correct the dates"}, nil
		}
	}
	switch {
	case r.End == "" && !r.To.IsZero():
		return &Problem{"REC", Required, "an episode that ended needs the reason"}, nil
	case r.End != "" && r.To.IsZero():
		return &Problem{"DEC", Required, "a reason for ending needs the day"}, nil
	case r.Change != "" && r.To.IsZero():
		return &Problem{"REASON_PLACE_CHANGE", NotPossible, "belongs to a placement that ended, and this one lasts: leave it empty, or give DEC and REC"}, nil
	}
	return nil, nil
}

// beyond says why the episode cannot be in the return of the year that ends on
// horizon, nil if it can.
func (e Episode) beyond(horizon Date) *Problem {
	message := "lies after the return's year, which ends on " + horizon.Add(-1).Words() + ": correct the date, or import the file again with the year that it is of"
	switch {
	case !e.From.Before(horizon):
		return &Problem{"DECOM", OutOfRange, message}
	case e.To.After(horizon.Add(-1)):
		return &Problem{"DEC", OutOfRange, message}
	}
	return nil
}
