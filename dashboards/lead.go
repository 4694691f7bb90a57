package dashboards

// The first lines of a dashboard, in words: how fresh, how complete, how much is off
// target, what has changed since its reader looked, what wants attention.

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"onevision/dashboards/layout"
	"onevision/indicators"
)

// lead is the first lines of a dashboard.
type lead struct {
	AsAt    string
	Lines   []leadLine
	Version string
}

// leadLine is a sentence with links in it.
type leadLine struct{ Parts []link }

// alertsLine is how many alerts are open, as it stands on a dashboard and on Mine.
func alertsLine(open int) leadLine {
	return leadLine{[]link{{Href: "/alerts", Text: sentence(count(open, "alert is open", "alerts are open"))}, {Text: "."}}}
}

// leadOf says it of these answers, of all the measures that there are; own: its reader
// sees what they answer for exactly.
func leadOf(answers []indicators.Answer, own bool, all, alerts int, asAt, today time.Time, look layout.Look) lead {
	var l lead
	var t tally
	for _, a := range answers {
		if a.AsAt().After(asAt) {
			asAt = a.AsAt()
		}
		t.add(a.Status())
	}
	if !asAt.IsZero() {
		l.AsAt = when(asAt)
	}
	if said, ok := publishedLine(answers, own); ok {
		l.Lines = append(l.Lines, said)
	}
	if said, ok := reporting(answers, today); ok {
		l.Lines = append(l.Lines, said)
	}
	if n := len(answers); n < all { // while all is computed for the first time, or where one cannot be
		l.Lines = append(l.Lines, leadLine{[]link{{Text: fmt.Sprintf("%d of %s figures so far. The others appear here by themselves.", n, count(all, "measure has", "measures have"))}}})
	}
	switch {
	case len(answers) == 0:
	case t.Judged == 0:
		l.Lines = append(l.Lines, leadLine{[]link{{Text: "No measure can be held against a target yet."}}})
	case t.Off == 0:
		l.Lines = append(l.Lines, leadLine{[]link{{Text: "None of the " + count(t.Judged, "measure", "measures") + " with a target is off target."}}})
	default:
		l.Lines = append(l.Lines, leadLine{[]link{{Href: measuresAt("status", "off-target"), Text: fmt.Sprintf("%s %s off target", t, areOrIs(t.Off))}, {Text: "."}}})
	}
	if since, ok := sinceLine(answers, look); ok {
		l.Lines = append(l.Lines, since)
	}
	if alerts != noAlerts {
		l.Lines = append(l.Lines, alertsLine(alerts))
	}
	l.Version = version(l)
	return l
}

// noAlerts in place of a number: the reader is told nothing of alerts.
const noAlerts = -1

// publishedLine says to who sees published figures alone that they are.
func publishedLine(answers []indicators.Answer, own bool) (leadLine, bool) {
	var newest time.Time
	only := false
	for _, a := range answers {
		p, published := a.PublishedOnly()
		only = only || published
		if p != nil && p.At.After(newest) {
			newest = p.At
		}
	}
	you := "You see figures as the authority publishes them"
	if own {
		you = "You see exact figures of the schools and teams that you answer for, and all others as the authority publishes them"
	}
	switch {
	case !only:
		return leadLine{}, false
	case newest.IsZero():
		return leadLine{[]link{{Text: you + ". None are published yet: each measure says when its first will be."}}}, true
	}
	return leadLine{[]link{{Text: you + ", without small numbers. The newest were published on " + when(newest) + "."}}}, true
}

// tally counts the measures that are held against a target, and those off it.
type tally struct{ Judged, Off int }

func (t *tally) add(s indicators.Status) {
	switch s {
	case indicators.StatusOffTarget:
		t.Off++
		t.Judged++
	case indicators.StatusOnTarget, indicators.StatusAtRisk:
		t.Judged++
	}
}

// String is "3 of 12 measures with a target".
func (t tally) String() string {
	return fmt.Sprintf("%d of %s with a target", t.Off, count(t.Judged, "measure", "measures"))
}

func measuresAt(key, value string) string {
	return "/indicators?" + url.Values{key: {value}}.Encode()
}

// sinceLine says what has changed since the reader looked last, each as a link to
// those measures.
func sinceLine(answers []indicators.Answer, look layout.Look) (leadLine, bool) {
	if look.Before.IsZero() {
		return leadLine{}, false
	}
	n := map[string]int{}
	for _, a := range answers {
		n[moved(a, look)]++
	}
	line := leadLine{[]link{{Text: "Since you last looked, on " + when(look.Before) + ": "}}}
	for _, m := range moves {
		if n[m.key] == 0 {
			continue
		}
		if len(line.Parts) > 1 {
			line.Parts = append(line.Parts, link{Text: ", "})
		}
		said := fmt.Sprintf(m.many, n[m.key])
		if n[m.key] == 1 {
			said = "1 " + m.one
		}
		line.Parts = append(line.Parts, link{Href: measuresAt("changed", m.key), Text: said})
	}
	if len(line.Parts) == 1 {
		line.Parts[0].Text += "nothing has changed"
	}
	line.Parts = append(line.Parts, link{Text: "."})
	return line, true
}

// moves are the ways in which a measure may have moved since somebody looked, the
// first that holds.
var moves = []struct{ key, name, one, many string }{
	{"worse", "Worse than its target", "has become worse", "%d have become worse"},
	{"better", "Recovered", "has recovered", "%d have recovered"},
	{"judged", "Newly judged", "is newly judged", "%d are newly judged"},
	{"restated", "Restated", "was restated", "%d were restated"},
}

func moveKeys() []string {
	var keys []string
	for _, m := range moves {
		keys = append(keys, m.key)
	}
	return keys
}

// moved is the key of how a measure has moved since the reader looked, "" for not:
// worse or better only when its status is another, so that noise about a figure that
// stands as it stood is no news.
func moved(a indicators.Answer, look layout.Look) string {
	was, ok := look.Seen[a.Definition().ID]
	now := seenOf(a)
	if !ok || was == now {
		return ""
	}
	rank := func(status string) int {
		for i, s := range []indicators.Status{indicators.StatusOnTarget, indicators.StatusAtRisk, indicators.StatusOffTarget} {
			if status == s.String() {
				return i + 1
			}
		}
		return 0
	}
	before, after := rank(was.Status), rank(now.Status)
	switch {
	case before > 0 && after > before:
		return "worse"
	case before > 0 && after > 0 && after < before:
		return "better"
	case a.Current().State != indicators.Known:
		return ""
	case was.Period != now.Period:
		return "judged"
	case was.Text != now.Text:
		return "restated"
	}
	return ""
}

func seenOf(a indicators.Answer) layout.Seen {
	f := a.Current()
	return layout.Seen{Status: a.Status().String(), Period: f.Period.ID, Text: f.Text}
}

func seenIn(answers []indicators.Answer) map[string]layout.Seen {
	seen := map[string]layout.Seen{}
	for _, a := range answers {
		seen[a.Definition().ID] = seenOf(a)
	}
	return seen
}

// reporting says how many schools have sent their marks, with a link to those that
// have not.
func reporting(answers []indicators.Answer, today time.Time) (leadLine, bool) {
	a, ok := reportingOf(answers)
	if !ok {
		return leadLine{}, false
	}
	said := sentWords(a, today)
	_, period := a.Behind()
	if sent, of := a.Reporting(); sent == of || beginsToday(period, today) {
		return leadLine{[]link{{Text: said + "."}}}, true
	}
	return leadLine{[]link{{Text: said + ": "}, {Href: "/registers", Text: "see who is behind"}, {Text: "."}}}, true
}

// beginsToday reports whether today is the first day, from Monday to Friday, of a
// period that goes on: registers of it are being taken, and nobody is behind.
func beginsToday(p indicators.Period, today time.Time) bool {
	first := p.First
	for first.Weekday() == time.Saturday || first.Weekday() == time.Sunday {
		first = first.AddDate(0, 0, 1)
	}
	return !today.After(first) && p.Last.After(today)
}

// sentWords is "28 of 30 schools have sent their marks for the week of 9 November 2026".
func sentWords(a indicators.Answer, today time.Time) string {
	sent, of := a.Reporting()
	_, period := a.Behind()
	if beginsToday(period, today) {
		return fmt.Sprintf("%s begins today: %s so far sent their marks for it", sentence(period.The()), count(sent, "school has", "schools have"))
	}
	return fmt.Sprintf("%s of %s sent their marks for %s", grouped(sent), count(of, "school has", "schools have"), period.The())
}

func areOrIs(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// themeName is a theme as a heading: "Social care".
func themeName(theme string) string { return sentence(strings.ReplaceAll(theme, "-", " ")) }
