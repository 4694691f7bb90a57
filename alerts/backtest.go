package alerts

// What a rule would have told in the last twelve months, had it been there.

import (
	"context"
	"fmt"
	"time"

	"onevision/access"
	"onevision/indicators"
)

// Backtest is what a rule would have told.
type Backtest struct {
	From, To  string // the first and the last period that it was tried on; "" where there is none
	Periods   int
	Members   int // that it watches
	Opened    int
	Fired     int // members that had an alert
	Worse     int
	Recovered int
	Open      int // still, at the end

	Letters int // to people, by who answers today
	Readers int
	Busiest int // letters to one reader in one week, at the most

	Longest        string // the member whose alert was open for longest; "" for none, or for the whole
	LongestPeriods int
	Flaps          int // alerts opened again within two periods of recovering
}

// tried is how many periods of a kind make twelve months, as far back as they are
// kept.
var tried = map[indicators.PeriodKind]int{indicators.Day: 60, indicators.Week: 52, indicators.Month: 12, indicators.HalfTerm: 6}

// Backtest steps the rule through the figures of the last twelve months as they are
// known now, the way Evaluate would have. It changes nothing.
func (a *Alerts) Backtest(ctx context.Context, by access.Viewer, r Rule) (Backtest, error) {
	if err := a.manager(ctx, by); err != nil {
		return Backtest{}, err
	}
	if err := a.checkAgainstLibrary(ctx, r); err != nil {
		return Backtest{}, err
	}
	roster, err := a.who.On(ctx, indicators.DayOf(a.now()))
	if err != nil {
		return Backtest{}, err
	}
	last := tried[r.Period]
	if last == 0 {
		last = 6
	}
	rep, err := a.figures.last(ctx, access.System(access.Alerting), r, last)
	if err != nil {
		return Backtest{}, fmt.Errorf("ask for the figures of the last year: %w", err)
	}
	return backtest(r, rep, roster, a.now()), nil
}

func backtest(r Rule, rep report, roster access.Roster, now time.Time) Backtest {
	t := Backtest{Members: len(rep.Members)}
	for _, f := range rep.Whole {
		if !f.HasNumber() {
			continue
		}
		if t.Periods++; t.From == "" {
			t.From = f.Period.Name
		}
		t.To = f.Period.Name
	}
	r.settle = 0
	letters := map[int64]map[string]time.Time{} // by reader: letter, when
	for _, m := range rep.Members {
		var s State
		open, recovered, ever := 0, -1, false
		for i, o := range rep.observations(m, r, s, now) {
			var say Say
			s, say = Step(s, o, now, r)
			switch say {
			case Fired:
				t.Opened++
				ever = true
				if recovered >= 0 && i-recovered <= 2 {
					t.Flaps++
				}
			case Worse:
				t.Worse++
			case Recovered:
				t.Recovered++
				recovered = i
			}
			if s.Open {
				open++
			} else {
				open = 0
			}
			if open > t.LongestPeriods {
				t.LongestPeriods, t.Longest = open, m.Name
			}
			if say.Tell() {
				for _, p := range responsible(roster, subjectKey{r.Breakdown, m.ID}) {
					if letters[p.Account] == nil {
						letters[p.Account] = map[string]time.Time{}
					}
					letters[p.Account][r.letter(o.Period)] = o.Period.Last
				}
			}
		}
		if ever {
			t.Fired++
		}
		if s.Open {
			t.Open++
		}
	}
	t.Readers = len(letters)
	for _, theirs := range letters {
		weeks := map[string]int{}
		for _, at := range theirs {
			t.Letters++
			week := isoWeek(at)
			weeks[week]++
			t.Busiest = max(t.Busiest, weeks[week])
		}
	}
	return t
}

// letter names the letter that tells of a period: a digest is one for each week, at
// once is one for each evaluation.
func (r Rule) letter(p indicators.Period) string {
	if r.Timing == AtOnce {
		return p.ID
	}
	return isoWeek(p.Last)
}

func isoWeek(t time.Time) string {
	year, week := t.ISOWeek()
	return fmt.Sprintf("%d-%d", year, week)
}
