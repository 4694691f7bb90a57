package ssda903

import (
	"context"
	"fmt"
	"strconv"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

var _ = intake.Define(func() intake.Format {
	f := file(2, "episodes", "episodes", []string{"CHILD", "DECOM", "RNE", "LS", "CIN", "PLACE", "PLACE_PROVIDER", "DEC", "REC", "REASON_PLACE_CHANGE", "HOME_POST", "PL_POST", "URN"},
		func() intake.Rows { return &episodes{} })
	f.Together = true
	return f
}())

// episodes are rows of episodes.csv.
type episodes struct {
	rows    []records.EpisodeRow
	horizon records.Date // 1 April after the return's year
}

func (e *episodes) Add(line int64, f []string) *intake.Problem {
	r := records.EpisodeRow{Line: line, Child: f[0], Episode: records.Episode{
		Reason: f[2], Status: f[3], Need: f[4], Type: f[5], Provider: f[6], End: f[8], Change: f[9], Home: f[10], Postcode: f[11], URN: f[12],
	}}
	if p := days([]string{"DECOM", "DEC"}, []string{f[1], f[7]}, &r.From, &r.To); p != nil {
		return p
	}
	e.rows = append(e.rows, r)
	return nil
}

func (e *episodes) Put(ctx context.Context, store *records.Store, v access.Viewer, b records.Batch) ([]records.RowOutcome, error) {
	outcomes, err := store.PutEpisodes(ctx, v, e.rows, e.horizon, b)
	e.rows = e.rows[:0]
	return outcomes, err
}

// Subject: an episode is a child's from a day; a child's rows go in together.
func (e *episodes) Subject(f []string) (subject, saying string) {
	return intake.Tidied(f[0], f[1]), intake.Tidied(f[2:]...)
}

// Survey finds the year of the return, unless it is given. No column tells it:
// it is the latest year in which more than a stray row says that an episode
// began or ended.
func (e *episodes) Survey(rows [][]string, o intake.Survey) ([]string, records.Date, error) {
	if o.Year != 0 {
		e.horizon = records.NewDate(o.Year, 4, 1)
		if !e.horizon.Add(-366).Before(o.Today) {
			return nil, records.Date{}, &intake.Refusal{Why: "the return of the year to 31 March " + strconv.Itoa(o.Year) + " cannot be there yet: check the year that was given"}
		}
	} else {
		e.horizon = e.year(rows, o.Today)
	}
	last := e.horizon.Add(-1)
	beyond := 0
	for _, f := range rows {
		from, to := mostRecent(f, records.Date{})
		if from.After(last) || to.After(last) {
			beyond++
		}
	}
	notes := []string{fmt.Sprintf("the return is of the year to %s: what is on record from then on is left as it is", last.Words())}
	if beyond > 0 {
		notes = append(notes, fmt.Sprintf("%d rows lie in a later year than nearly all others, and are rejected; if they are right and the year is not, import the file again with the year (--year)", beyond))
	}
	return notes, last, nil
}

// mostRecent are the days of an episode, zero where one cannot be read.
func mostRecent(f []string, none records.Date) (from, to records.Date) {
	from, to = none, none
	if d, ok := day(f[1]); ok {
		from = d
	}
	if d, ok := day(f[7]); ok {
		to = d
	}
	return from, to
}

// year is the end, not included, of the return's year: the latest year that at
// least one row in fifty tells of; of twenty rows or more at least two.
func (e *episodes) year(rows [][]string, today records.Date) records.Date {
	count := map[records.Date]int{}
	var latest records.Date
	for _, f := range rows {
		from, to := mostRecent(f, records.Date{})
		var last records.Date
		for _, d := range []records.Date{from, to} {
			if d.After(last) && !d.After(today) {
				last = d
			}
		}
		if !last.IsZero() {
			end := last.YearEnd()
			if count[end]++; end.After(latest) {
				latest = end
			}
		}
	}
	if latest.IsZero() {
		return today.YearEnd()
	}
	few := max(1, (len(rows)+49)/50)
	if len(rows) >= 20 {
		few = max(few, 2)
	}
	best := latest
	for end := latest; !end.Before(records.NewDate(1990, 4, 1)); end = records.NewDate(end.Time().Year()-1, 4, 1) {
		if count[end] >= few {
			best = end
			break
		}
	}
	return best
}
