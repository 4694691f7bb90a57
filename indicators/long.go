package indicators

// Figures in long form: one row for each measure, period, breakdown and member.

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"time"

	"onevision/access"
)

// Row is one figure in long form: of one measure, for one period, of the authority or
// of one member of a breakdown. It is already as its viewer may see it.
type Row struct {
	Definition Definition
	Figure     Figure
	Breakdown  string // "": the authority as a whole
	Member     string
	Name, Code string // of the member; Code is a school's LAESTAB, a code of a code set
}

// Flag says why there is no value, or what it lacks, in the signs of official
// statistics: x not available, c suppressed, p provisional (the period is not complete).
func (f Figure) Flag() string {
	switch f.State {
	case NoData:
		return "x"
	case Suppressed:
		return "c"
	case Incomplete:
		return "p"
	}
	return ""
}

// RowsAsked says which figures are wanted in long form; a zero field asks for all.
type RowsAsked struct {
	Indicator string
	Period    PeriodKind
	Breakdown string // a breakdown; "authority": the whole alone
	Last      int    // periods of each kind; 0: 24
}

// Rows are figures in long form: measures in the library's order, then kinds of
// periods, then the authority and each breakdown, then members, then periods. They are
// worked out as they are taken, and not kept: there are more of them than of anything
// that is asked for on a page.
func (e *Engine) Rows(ctx context.Context, v access.Viewer, q RowsAsked) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if q.Last <= 0 {
			q.Last = 24
		}
		ahead := e.Ahead()
		for _, d := range e.List(v) {
			if q.Indicator != "" && q.Indicator != d.ID {
				continue
			}
			if q.Period == "" && q.Breakdown == "" {
				if err := ahead.Read(ctx, v, d.ID); err != nil {
					yield(Row{}, err)
					return
				}
			}
			for _, kind := range d.Periods {
				if q.Period != "" && q.Period != kind {
					continue
				}
				for _, breakdown := range append([]string{""}, d.Breakdowns...) {
					if q.Breakdown != "" && q.Breakdown != breakdown && (q.Breakdown != "authority" || breakdown != "") {
						continue
					}
					if !e.rows(ctx, v, Question{Indicator: d.ID, Period: kind, Breakdown: breakdown, Last: q.Last}, yield) {
						return
					}
				}
			}
		}
	}
}

func (e *Engine) rows(ctx context.Context, v access.Viewer, q Question, yield func(Row, error) bool) bool {
	if err := ctx.Err(); err != nil {
		yield(Row{}, err)
		return false
	}
	var a Answer
	var err error
	s := e.serving.Load()
	switch c, ok := s.indicators[q.Indicator]; {
	case !v.May(access.ExactFigures):
		a, err = e.askOwn(ctx, v, q)
	case !ok:
		return true
	default:
		a, err = e.answer(ctx, s, c, answerKey{q, DayOf(e.Now()), e.coverage().sum})
	}
	if errors.Is(err, ErrNotFound) {
		return true
	}
	if err != nil {
		yield(Row{}, err)
		return false
	}
	if q.Breakdown == "" {
		for _, f := range a.series {
			if !yield(Row{Definition: a.definition, Figure: f}, nil) {
				return false
			}
		}
		return true
	}
	for _, m := range a.members {
		for _, f := range m.Series {
			if !yield(Row{a.definition, f, q.Breakdown, m.ID, m.Name, m.Code}, nil) {
				return false
			}
		}
	}
	return true
}

// RowsTag changes when anything does that Rows would give the viewer: a figure, a
// definition, the day (by which periods are complete), up to when files tell, or what the
// viewer may see.
func (e *Engine) RowsTag(ctx context.Context, v access.Viewer, q RowsAsked) string {
	s := e.serving.Load()
	sum := sha256.New()
	own := ownMembers(v)
	fmt.Fprintln(sum, q, v.May(access.ExactFigures), own)
	if !v.May(access.ExactFigures) {
		fmt.Fprintln(sum, e.publishedTag(ctx))
		if len(own) > 0 { // exact figures are among them
			fmt.Fprintln(sum, DayOf(e.Now()).Format(time.DateOnly), e.coverage().sum)
			for _, d := range e.List(v) {
				if c, ok := s.indicators[d.ID]; ok {
					fmt.Fprintln(sum, d.ID, c.definition.Hash, c.changed)
				}
			}
		}
		for _, d := range e.List(v) {
			fmt.Fprintln(sum, d.ID, d.Title)
		}
		return hex.EncodeToString(sum.Sum(nil)[:12])
	}
	fmt.Fprintln(sum, DayOf(e.Now()).Format(time.DateOnly), e.coverage().sum)
	for _, d := range e.List(v) {
		if c, ok := s.indicators[d.ID]; ok {
			fmt.Fprintln(sum, d.ID, d.Title, d.Hash, c.definition.Hash, c.changed)
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:12])
}
