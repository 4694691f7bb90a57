package indicators

// Trying a definition that is not in force: real figures of it, and nothing is kept.

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"onevision/access"
)

// Trial is what a definition would say.
type Trial struct {
	ID, Title string
	Problems  []Problem // what is wrong with the file: there are no figures then
	Lines     []TrialLine
}

// TrialLine is one figure of it.
type TrialLine struct {
	Period            string
	Breakdown, Member string // "": the authority as a whole
	Value, Of         string
	Note              string // "incomplete", with the reason
}

// triedPeriods is how many of a definition's first kind are tried.
const triedPeriods = 6

// Try reads the text of one definition (its examples are not looked for; name is what its
// problems call it) and computes it now: its newest periods as a whole, and the newest by
// each breakdown. ErrNotFound for a viewer who may neither see exact figures nor operate
// the system.
func (e *Engine) Try(ctx context.Context, v access.Viewer, name string, text []byte) (Trial, error) {
	if !v.May(access.ExactFigures) && !v.May(access.OperateSystem) {
		return Trial{}, ErrNotFound
	}
	f, err := parseFile(name, text)
	if err != nil {
		return Trial{Problems: Problems(err)}, nil
	}
	d, f, problems := definitionOf(f)
	out := Trial{ID: d.ID, Title: d.Title, Problems: problems}
	if len(problems) > 0 {
		return out, nil
	}
	c := &computed{definition: d}
	err = e.Warehouse.Read(ctx, func(ctx context.Context, conn *sql.Conn, _ Position) error {
		s, err := parseStatement(ctx, conn, d.SQL)
		if err != nil {
			return err
		}
		for _, p := range s.problems {
			out.Problems = append(out.Problems, f.problemAt("$.sql", d.SQL, p.offset, "%s", p.message))
		}
		calendar, err := readCalendar(ctx, conn)
		if err != nil {
			return err
		}
		c.givePeriods(DayOf(e.Now()), calendar)
		if len(s.problems) > 0 || !slices.Contains(s.relations, "period_attendance") {
			return nil
		}
		kept, err := c.sumsKept(ctx, conn, c.periods[d.Periods[0]])
		if err == nil && !kept { // no definition in force has such periods
			out.Problems = append(out.Problems, f.problem("$.periods", "no definition in force has attendance by %s, so its sums are not there to be tried: put another kind of period first", d.Periods[0]))
		}
		return err
	})
	periods := c.periods[d.Periods[0]]
	if err != nil || len(out.Problems) > 0 || len(periods) == 0 {
		return out, err
	}
	periods = periods[max(0, len(periods)-triedPeriods):]
	whole, err := e.cross(ctx, c, Crossing{Indicator: d.ID}, periods)
	if err != nil {
		if ctx.Err() != nil {
			return out, err
		}
		out.Problems = append(out.Problems, f.problem("$.sql", "%v", err))
		return out, nil
	}
	newest := len(periods) - 1
	for i := range periods {
		f := whole.Figure(i, nil, nil)
		if f.State == Known {
			newest = i
		}
		out.Lines = append(out.Lines, lineOf(f, "", ""))
	}
	for _, by := range d.Breakdowns {
		divided, err := e.cross(ctx, c, Crossing{Indicator: d.ID, Rows: by}, periods[newest:newest+1])
		if err != nil {
			out.Problems = append(out.Problems, f.problem("$.breakdowns", "%v", err))
			return out, nil
		}
		for _, row := range divided.Rows() {
			out.Lines = append(out.Lines, lineOf(divided.Figure(0, &row, nil), by, row.Text))
		}
	}
	return out, nil
}

func lineOf(f Figure, breakdown, member string) TrialLine {
	l := TrialLine{Period: f.Period.Name, Breakdown: breakdown, Member: member, Value: f.Text, Of: f.Of()}
	if f.State == Incomplete {
		l.Note = strings.TrimSuffix("incomplete: "+f.Note, ": ")
	}
	return l
}
