package chart

import (
	"strings"

	"onevision/indicators"
)

// Sentence says the current figure in words, the same on card, chart and email:
// "1.6% in the week of 9 November 2026 (412 of 25,204 possible sessions), up 0.2
// percentage points on the week of 2 November 2026, which is worse. Target 2.0%:
// on target."
func Sentence(a indicators.Answer) string {
	d, f := a.Definition(), a.Current()
	var s strings.Builder
	if a.MemberName() != "" {
		s.WriteString(a.MemberName() + ": ")
	}
	switch f.State {
	case indicators.NoData:
		return s.String() + "No data " + when(d, f.Period) + "."
	case indicators.Suppressed:
		s.WriteString(strings.ToUpper(f.Text[:1]) + f.Text[1:] + " " + when(d, f.Period))
		if f.Note != "" {
			s.WriteString(": " + f.Note)
		}
		return s.String() + "."
	}
	s.WriteString(f.Text)
	if d.Unit == indicators.Count {
		s.WriteString(" " + d.Counts)
	}
	if d.Unit == indicators.Days {
		s.WriteString(" days")
	}
	s.WriteString(" " + when(d, f.Period))
	s.WriteString(Behind(d, f))
	if f.State == indicators.Incomplete {
		return s.String() + ". Not judged: " + f.Note + "."
	}
	if c := a.Change(); c.Known {
		s.WriteString(", " + c.Text + " on " + a.Previous().Period.The())
		if verdict := c.Verdict(); verdict != "" {
			s.WriteString(", which is " + verdict)
		}
	}
	s.WriteString(".")
	if t, ok := a.Target(); ok && a.Status() != indicators.StatusNoTarget {
		s.WriteString(" Target " + t.Text + ": " + strings.ToLower(a.Status().String()) + ".")
	}
	return s.String()
}

// Behind is what stands behind a figure, in brackets with a space before:
// " (412 of 25,204 possible sessions)"; "" for a count or where there is no
// number.
func Behind(d indicators.Definition, f indicators.Figure) string {
	if !f.HasNumber() || f.Denominator.IsZero() {
		return ""
	}
	if d.Unit == indicators.Mean || d.Unit == indicators.Days {
		return " (" + indicators.Number(f.Denominator, -1) + " " + d.Of + ")"
	}
	return " (" + f.Of() + " " + d.Of + ")"
}

// when is the period with what English puts before it.
func when(d indicators.Definition, p indicators.Period) string {
	if d.Unit == indicators.Count && d.AsAt == "period-end" {
		return "at the end of " + p.The()
	}
	if p.Kind == indicators.Day {
		return "on " + p.The()
	}
	return "in " + p.The()
}
