package alerts

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"onevision/access"
	"onevision/indicators"
)

// reader is who gets a letter, why, and what the indicator says to them.
type reader struct {
	access.Responsible
	since time.Time // first day of the responsibility; zero if not known
	rep   report
}

// shownPeriods is how many values a letter shows.
const shownPeriods = 6

// about writes the letter about one member to one reader.
func (w *letters) about(e event, to reader, others []string) letter {
	title, where := w.title(), w.where(e.name)
	now, known := figureOf(to.rep, e.member, e.state.Period)
	threshold := w.rep.shown(w.rule.Threshold)
	period := cmp.Or(w.periodName(e.state.Period), e.state.Period)

	l := letter{Link: w.link(e.member), LinkText: line("See the figures" + where), Why: w.why(e.name, to)}
	value := "" // nothing when the reader may not see it
	if known && now.HasNumber() {
		value = now.Text
	} else if known && now.State == indicators.Suppressed {
		l.Notes = append(l.Notes, "The figure is not shown to your role ("+cmp.Or(now.Note, now.Text)+").")
	} else {
		l.Notes = append(l.Notes, "Your role does not see this figure.")
	}
	during := w.during(e.state.Period)
	switch e.say {
	case Recovered:
		back := w.clearWords()
		l.Subject = fmt.Sprintf("[Recovered] %s%s: back to %s, %s", title, where, cmp.Or(value, back), period)
		l.Heading = title + where + " is back within its threshold"
		l.Lead = fmt.Sprintf("%s%s was back to %s %s.", title, where, back, during)
		if value != "" {
			l.Lead = fmt.Sprintf("%s%s was %s %s. That is back within its threshold: it recovers at %s.", title, where, value, during, back)
		}
	default:
		l.Subject = fmt.Sprintf("[Off target] %s%s: %s (threshold %s), %s", title, where, cmp.Or(value, w.overWord()), threshold, period)
		l.Heading = title + where + " is " + w.overWord() + " " + threshold
		l.Lead = fmt.Sprintf("%s%s was %s its threshold of %s %s.", title, where, w.overWord(), threshold, during)
		if value != "" {
			l.Lead = fmt.Sprintf("%s%s was %s %s. The threshold is %s, and this is %s it.", title, where, value, during, threshold, w.overWord())
		}
	}
	l.Subject, l.Heading = line(l.Subject), line(l.Heading)

	if known && now.Of() != "" {
		l.Facts = append(l.Facts, fact{"Counted", strings.TrimSpace(now.Of() + " " + w.rep.Of)})
	}
	l.Facts = append(l.Facts, fact{"Threshold", w.thresholdWords()})
	if e.say == Fired {
		l.Facts = append(l.Facts, fact{capital(w.overWord()) + " since", cmp.Or(w.periodName(e.state.SincePeriod), e.state.SincePeriod)})
	}
	l.Facts = append(l.Facts, fact{"Data as at", moment(cmp.Or(to.rep.AsAt, w.rep.AsAt))})
	if len(others) > 0 {
		l.Facts = append(l.Facts, fact{"Also told", strings.Join(others, ", ")})
	}
	if m, ok := to.rep.member(e.member); ok {
		l.Table = lastValues(m, e.state.PeriodFirst)
	}
	return l
}

// list writes the one letter about everything that was already over when the
// rule began.
func (w *letters) list(mine []theirs) letter {
	title, threshold := w.title(), w.rep.shown(w.rule.Threshold)
	n := fmt.Sprintf("%d %ss", len(mine), cmp.Or(w.rule.Breakdown, "figure"))
	be := "are"
	if len(mine) == 1 {
		n, be = "1 "+cmp.Or(w.rule.Breakdown, "figure"), "is"
	}
	var period string
	for _, t := range mine {
		period = max(period, t.event.state.Period)
	}
	l := letter{Link: w.link(""), LinkText: "See the figures"}
	l.Subject = line(fmt.Sprintf("[Off target] %s: %s %s %s, %s", title, n, w.overWord(), threshold, cmp.Or(w.periodName(period), period)))
	l.Heading = line(fmt.Sprintf("%s: %s %s %s %s", title, n, be, w.overWord(), threshold))
	l.Lead = "This alert begins now. What was already " + w.overWord() + " its threshold is in this one list; from now on you get a letter only when something changes."
	l.Facts = []fact{{"Threshold", w.thresholdWords()}, {"Data as at", moment(cmp.Or(mine[0].reader.rep.AsAt, w.rep.AsAt))}}
	t := &table{Caption: capital(w.overWord()) + " the threshold", Head: []string{capital(cmp.Or(w.rule.Breakdown, "figure")), "Value", "Counted", "Since", "You are"}}
	for _, x := range mine {
		f, _ := figureOf(x.reader.rep, x.event.member, x.event.state.Period)
		role := string(x.reader.Part)
		if x.reader.Instead {
			role = "standing in: nobody answers for it"
		}
		t.Rows = append(t.Rows, []string{line(cmp.Or(x.event.name, "The authority")), cmp.Or(f.Text, "not shown to your role"), f.Of(), cmp.Or(w.periodName(x.event.state.SincePeriod), x.event.state.SincePeriod), role})
	}
	l.Table = t
	l.Why = "You get this because you answer for what is in the list."
	return l
}

// lastValues are the newest values up to the period that is told of. A holiday,
// for which nobody has a value, takes no line.
func lastValues(m subject, upTo time.Time) *table {
	t := &table{Caption: "Last values", Head: []string{"Period", "Value", "Counted"}}
	for i := len(m.Series) - 1; i >= 0 && len(t.Rows) < shownPeriods; i-- {
		f := m.Series[i]
		if f.Period.First.After(upTo) || f.State == indicators.NoData {
			continue
		}
		said := f.Text
		if f.State == indicators.Incomplete {
			said += " (incomplete)"
		}
		t.Rows = append([][]string{{capital(f.Period.Name), said, f.Of()}}, t.Rows...)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return t
}

func figureOf(r report, member, period string) (indicators.Figure, bool) {
	if m, ok := r.member(member); ok {
		for _, f := range m.Series {
			if f.Period.ID == period {
				return f, true
			}
		}
	}
	return indicators.Figure{}, false
}

func (w *letters) title() string { return line(cmp.Or(w.rep.Title, w.rule.Indicator)) }

// where is " at Oakfield Primary School", or nothing for the whole.
func (w *letters) where(name string) string {
	switch {
	case name == "":
		return ""
	case w.rule.Breakdown == "school":
		return " at " + line(name)
	}
	return " for " + line(name)
}

func (w *letters) overWord() string {
	switch w.rule.Operator {
	case AtLeast:
		return "at or above"
	case Below:
		return "below"
	case AtMost:
		return "at or below"
	}
	return "above"
}

func (w *letters) clearWords() string {
	limit := w.rule.Threshold
	if w.rule.Clear.Valid {
		limit = w.rule.Clear.Decimal
	}
	switch v := w.rep.shown(limit); w.rule.Operator {
	case AtLeast:
		return "less than " + v
	case Below:
		return v + " or more"
	case AtMost:
		return "more than " + v
	default:
		return v + " or less"
	}
}

func (w *letters) thresholdWords() string {
	s := w.overWord() + " " + w.rep.shown(w.rule.Threshold)
	if h := w.rule.hold(); h > 1 {
		s += fmt.Sprintf(" for %d in a row", h)
	}
	return s + "; it recovers at " + w.clearWords()
}

// why says on what ground this person gets the letter.
func (w *letters) why(name string, to reader) string {
	since := ""
	if !to.since.IsZero() {
		since = " since " + to.since.Format("2 January 2006")
	}
	switch {
	case to.Instead:
		return fmt.Sprintf("You get this because nobody is recorded as answering for %s, and you are the %s for the authority%s.", line(name), to.Part, since)
	case to.Subject == access.WholeAuthority:
		return fmt.Sprintf("You get this because you are the %s for the authority%s.", to.Part, since)
	}
	return fmt.Sprintf("You get this because you are the %s for %s%s.", to.Part, line(name), since)
}

func (w *letters) link(member string) string {
	path := w.alerts.page(w.rule.Indicator, w.rule.Period, w.rule.Breakdown, member)
	return strings.TrimSuffix(w.alerts.public.String(), "/") + path
}

func (w *letters) periodName(id string) string {
	for _, f := range w.rep.Whole {
		if f.Period.ID == id {
			return f.Period.Name
		}
	}
	for _, m := range w.rep.Members {
		for _, f := range m.Series {
			if f.Period.ID == id {
				return f.Period.Name
			}
		}
	}
	return ""
}

// during is "in the week of 9 November 2026".
func (w *letters) during(id string) string {
	name := cmp.Or(w.periodName(id), id)
	switch indicators.KindOf(id) {
	case indicators.Day:
		return "on " + name
	case indicators.Month, indicators.Year:
		return "in " + name
	}
	return "in the " + name
}

// moment is an instant as people here read it.
func moment(t time.Time) string {
	return t.In(indicators.London()).Format("2 January 2006 at 15:04")
}
