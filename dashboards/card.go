package dashboards

// The card of an indicator on the dashboard: figure, status, comparisons, in words made on the server.

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"onevision/dashboards/layout"
	"onevision/indicators"
)

// card is one measure, answered in ten seconds. All of it is words, made on the
// server from figures that are already as the viewer may see them.
type card struct {
	ID      string // of the element
	Href    string
	Title   string
	Status  status
	Value   string
	InWords bool   // the value is words, "no data"
	Basis   string // "412 of 25,204 possible sessions, week of 9 November 2026"
	Notes   []string
	Spark   sparkline
	Facts   []fact
	Version string // changes when anything on the card does
}

// status is how a figure stands: a word, a shape and a colour, so that none of
// them has to be seen.
type status struct {
	Word  string
	Class string // off-target, at-risk, on-target, not-judged, no-target
	Tag   string // colour of the tag: red, yellow, green, grey
	Shape string // square, triangle, circle, dash
}

func statusOf(s indicators.Status) status {
	switch s {
	case indicators.StatusOffTarget:
		return status{s.String(), "off-target", "red", "square"}
	case indicators.StatusAtRisk:
		return status{s.String(), "at-risk", "yellow", "triangle"}
	case indicators.StatusOnTarget:
		return status{s.String(), "on-target", "green", "circle"}
	case indicators.StatusNoTarget:
		return status{s.String(), "no-target", "grey", "dash"}
	}
	return status{s.String(), "not-judged", "grey", "dash"}
}

// fact is one line under a figure: the target, England, the change.
type fact struct {
	Name  string
	Arrow string // up, down, level, "" for none
	Text  string
	Note  string
}

func cardOf(a indicators.Answer) card {
	d, f := a.Definition(), a.Current()
	c := card{
		ID: "card-" + d.ID, Href: "/indicators/" + d.ID, Title: d.Title, Status: statusOf(a.Status()),
		Value: f.Text, InWords: !f.HasNumber(), Basis: basis(d, f), Notes: notes(a), Spark: sparklineOf(a), Facts: facts(a),
	}
	c.Version = version(c)
	return c
}

// pinnedCard is the card of a measure, or of one member of a breakdown.
func pinnedCard(a indicators.Answer, one layout.Card) card {
	c := cardOf(a)
	if one.Member != "" {
		c.ID = "card-" + version(one)
		c.Title += ": " + a.MemberName()
		c.Href = query{"breakdown": one.Breakdown, "member": one.Member}.with(c.Href)
		c.Version = version(c)
	}
	return c
}

// basis is what a value rests on, and when it was so.
func basis(d indicators.Definition, f indicators.Figure) string {
	if !f.HasNumber() {
		return sentence(f.Period.Name)
	}
	return join(", ", restsOn(d, f), f.Period.Name)
}

// restsOn is the numerator and denominator in the words of the definition.
func restsOn(d indicators.Definition, f indicators.Figure) string {
	switch {
	case !f.HasNumber():
		return ""
	case d.Unit == indicators.Count || f.Denominator.IsZero():
		return sentence(d.Counts)
	case d.Unit == indicators.Mean || d.Unit == indicators.Days:
		return join(" ", "Mean of", indicators.Number(f.Denominator, -1), d.Of)
	}
	return join(" ", f.Of(), d.Of)
}

// notes are what a reader must know before believing the figure.
func notes(a indicators.Answer) []string {
	var all []string
	f := a.Current()
	if f.Note != "" {
		all = append(all, sentence(f.Note))
	} else if f.State == indicators.Incomplete {
		all = append(all, "Incomplete: too little has been received to judge it")
	}
	if n := a.Newest(); n.Period.ID != f.Period.ID && n.State == indicators.Incomplete {
		all = append(all, sentence(n.Period.Name)+" is incomplete so far"+received(a.Completeness())+".")
	}
	for _, lacking := range a.Unrecorded() {
		all = append(all, sentence(lacking)+".")
	}
	if l, ok := a.Interval(); ok && a.TooFew() {
		all = append(all, "Too few to judge: as far as chance goes it lies anywhere from "+l.Text+", and the target with it.")
	}
	if cohort, ok := a.Cohort(); ok {
		all = append(all, sentence(cohort.Text))
	}
	if slices.ContainsFunc(a.Members(), func(m indicators.Member) bool { return m.Exact }) {
		all = append(all, "Figures of what you answer for are exact, as they are now. The others are as the authority published them.")
	}
	if p, ok := a.PublishedOnly(); ok && p != nil {
		said := "Published on " + p.At.In(indicators.London()).Format("2 January 2006")
		if p.SignedOffBy != "" {
			said += ", signed off by " + p.SignedOffBy
		}
		all = append(all, said+"."+after(" ", p.Commentary))
	}
	return all
}

func received(c indicators.Completeness) string {
	if !c.Counted || c.Expected == 0 {
		return ""
	}
	return fmt.Sprintf(": %s of %s %s received", grouped(int(c.Received)), grouped(int(c.Expected)), c.What)
}

// facts hold the figure against its target, its own past, and other areas.
func facts(a indicators.Answer) []fact {
	var all []fact
	d := a.Definition()
	if t, ok := a.Target(); ok {
		all = append(all, fact{Name: "Target", Text: t.Text + limit(d.Polarity)})
	} else {
		all = append(all, fact{Name: "Target", Text: "None set"})
	}
	all = append(all, changeFact(a.Change(), a.Previous()))
	if on, before := a.OnYear(); on.Known {
		f := changeFact(on, before)
		f.Name = "On the year"
		all = append(all, f)
	}
	others := a.Comparators()
	for i, c := range others {
		f := fact{Name: c.Area, Text: c.Text + " in " + c.Period}
		if i > 0 && c.LikeForLike == others[0].LikeForLike {
			f.Note = c.Note // the first has said how like it is
		} else if !c.LikeForLike {
			f.Note = "Not like for like" + after(". ", c.Note)
		} else {
			f.Note = "Like for like" + after(". ", c.Note)
		}
		all = append(all, f)
	}
	return all
}

func changeFact(ch indicators.Change, before indicators.Figure) fact {
	f := fact{Name: "Change", Text: "No earlier figure to compare with"}
	if !ch.Known {
		return f
	}
	f.Text = sentence(ch.Text) + " on " + before.Period.The()
	switch ch.Direction {
	case indicators.Up:
		f.Arrow = "up"
	case indicators.Down:
		f.Arrow = "down"
	default:
		f.Arrow = "level"
	}
	if verdict := ch.Verdict(); verdict != "" {
		f.Text += ": " + verdict
	}
	return f
}

func limit(p indicators.Polarity) string {
	switch p {
	case indicators.LowIsGood:
		return " or lower"
	case indicators.HighIsGood:
		return " or higher"
	}
	return ""
}

// version names what a part of a page shows, so that a browser replaces only
// the parts that changed.
func version(shown any) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%+v", shown)))
	return hex.EncodeToString(sum[:8])
}

func join(by string, parts ...string) string {
	var said []string
	for _, p := range parts {
		if p != "" {
			said = append(said, p)
		}
	}
	return strings.Join(said, by)
}

func after(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}
