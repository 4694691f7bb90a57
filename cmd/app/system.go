package app

import (
	"context"
	"fmt"
	"math"
	"time"

	"onevision/dashboards"
	"onevision/indicators"
	"onevision/warehouse"
)

// system tells an administrator's page how the program fares.
func (a *App) system(ctx context.Context) ([]dashboards.SystemPart, error) {
	c, err := a.counts(ctx)
	if err != nil {
		return nil, fmt.Errorf("count the letters that wait: %w", err)
	}
	parts := []dashboards.SystemPart{a.warehousePart(a.Warehouse.Status()), a.runsPart(), mailPart(c), a.jobs.part()}
	files, err := a.filesPart(ctx)
	if err != nil {
		return nil, err
	}
	parts = append(parts, files)
	if p, ok := a.ownPart(); ok {
		parts = append(parts, p)
	}
	if free, total, err := diskOf(a.Env.Data); err == nil {
		p := dashboards.SystemPart{Title: "Disk", Facts: []dashboards.SystemFact{{Name: "Free", Text: size(free) + " of " + size(total)}}}
		if free < scarce {
			p.Warning = "Less than " + size(scarce) + " are free: a new build of the warehouse might not fit."
		}
		parts = append(parts, p)
	}
	return append(parts, dashboards.SystemPart{Title: "Program", Facts: []dashboards.SystemFact{{Name: "Version", Text: Version()}}}), nil
}

func moment(t time.Time) string {
	return t.In(indicators.London()).Format("2 January 2006 at 15:04:05")
}

func seconds(n float64) string {
	if n = math.Round(n); n == 1 {
		return "1 second"
	}
	return fmt.Sprintf("%.0f seconds", n)
}

func (a *App) warehousePart(s warehouse.Status) dashboards.SystemPart {
	p := dashboards.SystemPart{Title: "Warehouse", Warning: s.Slot.Warning}
	line := func(name, text string, args ...any) {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: name, Text: fmt.Sprintf(text, args...)})
	}
	line("State", "%s since %s", s.State, moment(s.Since))
	if s.Serving {
		line("Data as at", "%s", moment(s.Position.AsAt))
		line("Behind the record store", "%s; %s", seconds(behindSeconds(s, a.Now())), behindWords(s))
		line("Build", "%d", s.Build)
	} else {
		line("Serving", "nothing yet: it is being built for the first time")
	}
	if s.Load.Step != "" {
		line("Being built", "%s: %d of %d tables, %d of about %d rows", s.Load.Step, s.Load.TablesDone, s.Load.Tables, s.Load.Rows, s.Load.RowsPlanned)
	}
	for _, words := range s.Stale {
		line("Table loaded again", "%s", words)
	}
	if s.StaleError != "" {
		line("The last attempt failed", "%s", s.StaleError)
		if s.Serving {
			if p.Warning != "" {
				p.Warning += ". "
			}
			p.Warning += "What is shown stays as at " + moment(s.Position.AsAt) + " until a table can be followed again: " + staleAdvice
		}
	}
	switch {
	case s.Slot.Error != "":
		line("Slot", "%s", unseen(s.Slot, moment))
	case s.Slot.At.IsZero():
		line("Slot", "not looked at yet")
	case !s.Slot.Exists:
		line("Slot", "there is none")
	default:
		line("Slot", "holds back %s of the %s allowed", size(s.Slot.Retained), size(s.Slot.Limit()))
	}
	if s.Slot.ServerBound < 0 && !s.Slot.At.IsZero() {
		line("Bound of the server", "none is set; the doctor command says how to set it")
	}
	if s.Reason != "" {
		line("Last built because", "%s", s.Reason)
	}
	if s.Error != "" {
		line("Last error", "%s", s.Error)
	}
	return p
}

func (a *App) runsPart() dashboards.SystemPart {
	p := dashboards.SystemPart{Title: "Indicators"}
	for _, r := range a.metrics.lastRuns() {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: moment(r.At),
			Text: fmt.Sprintf("%d computed, %d of them changed, in %s; begun by %s", len(r.Indicators), len(r.Changed), r.Took.Round(time.Millisecond), r.Why)})
	}
	if len(p.Facts) == 0 {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: "Runs", Text: "none since the program started"})
	}
	return p
}

func mailPart(c counts) dashboards.SystemPart {
	p := dashboards.SystemPart{Title: "Alerts and mail", Facts: []dashboards.SystemFact{
		{Name: "Alerts open", Text: fmt.Sprint(c.Alerts)}, {Name: "Letters waiting", Text: fmt.Sprint(c.Waiting)}, {Name: "Letters refused", Text: fmt.Sprint(c.Refused)}}}
	if c.Oldest > 15*time.Minute {
		p.Warning = fmt.Sprintf("The oldest letter has waited for %s: is the mail server reachable?", c.Oldest.Round(time.Minute))
	}
	return p
}
