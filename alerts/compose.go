package alerts

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/indicators"
)

// part is what a letter tells of one rule.
type part struct {
	alerts *Alerts
	rule   Rule
	rep    report // every reader sees exact figures (watches): the same for all of them
	items  []told
}

// shownPeriods is how many values a letter shows.
const shownPeriods = 6

// small is the number below which a count could point at a child, so that the
// subject of a letter, which a phone shows to anybody, does not name its school.
const small = 5

// letter is the whole letter about these parts: about one member, a list of
// members of one rule, or a digest.
func (w *letters) letter(rule int64, parts []*part) letter {
	var l letter
	switch p := parts[0]; {
	case rule == 0:
		l = digest(parts, w.now)
	case len(p.items) == 1 && p.items[0].What != WhatBegan && p.items[0].What != WhatChanged:
		l = p.about(p.items[0])
	default:
		l = p.list()
	}
	l.ReplyTo = w.alerts.replyTo
	if rule != 0 && parts[0].rule.Optional {
		l.Stop = w.alerts.address("/alerts/rules/" + fmt.Sprint(rule))
	}
	l.Subject, l.Heading = line(l.Subject), line(l.Heading)
	return l
}

// about is the letter about one member.
func (p *part) about(t told) letter {
	f, notes := p.figure(t)
	subject, title, where := p.title()+p.where(t), p.title()+p.whereNamed(t), p.whereNamed(t)
	threshold, period := p.rep.shown(p.rule.Threshold), cmp.Or(p.periodName(t.state.Period), t.state.Period)
	during, over, value := p.during(t.state.Period), p.rule.overWord(), p.value(f)
	is := "was " + over + " its threshold of " + threshold + " " + during
	if value != "" {
		is = fmt.Sprintf("was %s %s. The threshold is %s, and this is %s it", value, during, threshold, over)
	}
	since := cmp.Or(p.periodName(t.OpenedPeriod), p.periodName(t.state.SincePeriod), t.OpenedPeriod)
	l := letter{Subject: fmt.Sprintf("[Off target] %s: %s (threshold %s), %s", subject, cmp.Or(value, over), threshold, period),
		Heading: title + " is " + over + " " + threshold, Lead: title + " " + is + "."}
	rename := func(status string) { l.Subject = strings.Replace(l.Subject, "Off target", status, 1) }
	switch t.What {
	case WhatWorse:
		rename("Worse")
		l.Heading = title + " is further " + over + " " + threshold
		l.Lead += " It is worse than you were told."
	case WhatHandover:
		rename("Open")
		l.Lead += " This alert is open since " + day(t.OpenedAt) + ", before you were to be told of it."
	case WhatEscalated:
		rename("Escalated")
		l.Lead += fmt.Sprintf(" Nobody has acknowledged it within %d working hours.", p.rule.EscalateHours)
	case WhatAssigned:
		rename("Assigned to you")
		l.Lead += " This alert was assigned to you."
	case WhatReminded:
		rename("Still open")
		l.Lead += " It was snoozed, and is still open."
	case WhatRecovered, WhatPassed:
		back := p.rule.clearWords(p.rep)
		l.Subject = fmt.Sprintf("[Recovered] %s: back to %s, %s", subject, cmp.Or(value, back), period)
		l.Heading = title + " is back within its threshold"
		l.Lead = fmt.Sprintf("%s was back to %s %s.", title, back, during)
		if value != "" {
			l.Lead = fmt.Sprintf("%s was %s %s. That is back within its threshold: it recovers at %s.", title, value, during, back)
		}
		if t.What == WhatPassed {
			l.Lead += fmt.Sprintf(" It had been %s %s since %s, and recovered before you could be told.", over, threshold, cmp.Or(since, day(t.OpenedAt)))
		}
	case WhatClosed:
		l.Subject = fmt.Sprintf("[Closed] %s: no longer open", subject)
		l.Heading = "The alert" + where + " is closed"
		l.Lead = fmt.Sprintf("%s has closed or ended, so nothing more will be counted there: the alert about %s is closed with it.", capital(line(t.Name)), p.title())
	case WhatRuleChanged:
		l.Subject = fmt.Sprintf("[Rule changed] %s: no longer open", subject)
		l.Heading = "The alert" + where + " is closed: its rule was edited"
		l.Lead = fmt.Sprintf("%s is not over the threshold of the rule as it is now: %s.", title, p.rule.thresholdWords(p.rep))
	case WhatNotJudged:
		ended := cmp.Or(p.periodName(t.state.Unjudged), t.state.Unjudged)
		l.Subject = fmt.Sprintf("[Not judged] %s, %s", subject, ended)
		l.Heading = title + " could not be judged"
		l.Lead = fmt.Sprintf("Too little is known of %s to judge %s: no alert about it can be raised until the records are complete.", ended, title)
		f, notes = indicators.Figure{}, nil
	}
	l.Sections = []section{p.facts(t, f, notes)}
	l.Actions = p.actions(t)
	l.Why = []string{p.why(t)}
	return l
}

// facts are what a letter about one member says of it besides its first sentence.
func (p *part) facts(t told, f indicators.Figure, notes []string) section {
	s := section{Notes: notes}
	if f.Of() != "" {
		s.Facts = append(s.Facts, fact{"Counted", strings.TrimSpace(f.Of() + " " + p.rep.Of)})
	}
	s.Facts = append(s.Facts, fact{"Threshold", p.rule.thresholdWords(p.rep)})
	if !t.What.ends() && t.What != WhatNotJudged && t.What != WhatPassed {
		s.Facts = append(s.Facts, fact{capital(p.rule.overWord()) + " since", cmp.Or(p.periodName(t.state.SincePeriod), t.state.SincePeriod)})
	}
	for _, c := range p.rep.Comparators {
		s.Facts = append(s.Facts, fact{c.Area, c.Text + " in " + c.Period})
		break
	}
	s.Facts = append(s.Facts, fact{"Data as at", moment(p.rep.AsAt)})
	if len(t.others) > 0 {
		s.Facts = append(s.Facts, fact{"Also answering", strings.Join(t.others, ", ")})
	}
	for _, h := range t.history {
		s.Facts = append(s.Facts, fact{"What was done", h})
	}
	if m, ok := p.rep.member(t.member); ok {
		s.Tables = append(s.Tables, lastValues(m, t.state.PeriodFirst)...)
	}
	return s
}

// actions are what the reader can do about it, each behind sign-in.
func (p *part) actions(t told) []action {
	figures := action{"See the figures" + p.whereNamed(t), p.alerts.address(p.alerts.page(p.rule.Indicator, p.rule.Period, t.breakdown, t.member))}
	if t.ID == 0 {
		return []action{figures}
	}
	page := p.alerts.address(fmt.Sprintf("/alerts/%d", t.ID))
	if t.What.ends() || t.What == WhatPassed {
		return []action{figures, {"See what happened", page}}
	}
	return []action{{"Acknowledge, and say what will be done", page}, {"Assign it to somebody, or snooze it", page + "#more"}, figures}
}

// list is the one letter about several members of a rule.
func (p *part) list() letter {
	l := letter{Why: []string{"You get this because you answer for what is in the list, or were told of it before."}}
	counted, first := p.counts()
	var period string
	for _, t := range p.items {
		period = max(period, cmp.Or(t.state.Period, t.state.Unjudged))
	}
	title := p.title()
	l.Subject = fmt.Sprintf("[%s] %s: %s, %s", first, title, counted, cmp.Or(p.periodName(period), period))
	l.Heading = title + ": " + counted
	switch p.items[0].What {
	case WhatBegan:
		l.Lead = "This alert begins now. What was already " + p.rule.overWord() + " its threshold is in this one list; from now on you get a letter only when something changes."
	case WhatChanged, WhatRuleChanged:
		l.Lead = "The rule was edited. What is different because of that is in this one list."
	default:
		l.Lead = "What changed at one time is in this one list."
	}
	l.Sections = []section{p.section()}
	l.Actions = []action{{"See these alerts", p.alerts.address("/alerts")}, {"See the figures", p.alerts.address(p.alerts.page(p.rule.Indicator, p.rule.Period, p.rule.Breakdown, ""))}}
	return l
}

// digest is the one letter about everything that was not worth one of its own.
func digest(parts []*part, now time.Time) letter {
	l := letter{Lead: "What changed since the last digest, measure by measure.", Why: []string{"You get this because you answer for what is in it, or were told of it before."}}
	n := 0
	for _, p := range parts {
		n += len(p.items)
		s := p.section()
		counted, _ := p.counts()
		s.Heading = p.title() + ": " + counted
		l.Sections = append(l.Sections, s)
	}
	l.Subject = fmt.Sprintf("[Digest] %s to see, %s", number(n, "alert"), day(now))
	l.Heading = "Digest of " + day(now)
	l.Actions = []action{{"See these alerts", parts[0].alerts.address("/alerts")}}
	return l
}

// section is the table of a list, what needs the reader first.
func (p *part) section() section {
	s := section{Facts: []fact{{"Threshold", p.rule.thresholdWords(p.rep)}}}
	for _, c := range p.rep.Comparators {
		s.Facts = append(s.Facts, fact{c.Area, c.Text + " in " + c.Period})
		break
	}
	s.Facts = append(s.Facts, fact{"Data as at", moment(p.rep.AsAt)})
	for _, group := range groups {
		t := table{Caption: capital(group.words(p.rule.overWord())), Head: []string{capital(cmp.Or(noun(p.rule.Breakdown), "where")), "Value", "Counted", "Since", "You are"}}
		for _, x := range p.items {
			if !group.has(x.What) {
				continue
			}
			f, _ := p.figure(x)
			value := cmp.Or(p.value(f), f.Text, "no figure")
			since := cmp.Or(p.periodName(x.state.SincePeriod), x.state.SincePeriod)
			if x.What == WhatNotJudged {
				value, f, since = "not judged", indicators.Figure{}, cmp.Or(p.periodName(x.state.Unjudged), x.state.Unjudged)
			}
			r := row{Cells: []string{line(cmp.Or(x.Name, "The authority")), value, f.Of(), since, as(x)}}
			if x.ID != 0 {
				r.Link = p.alerts.address(fmt.Sprintf("/alerts/%d", x.ID))
			}
			t.Rows = append(t.Rows, r)
		}
		if len(t.Rows) > 0 {
			s.Tables = append(s.Tables, t)
		}
	}
	return s
}

// as is as what the reader gets a line of a list.
func as(t told) string {
	switch {
	case !t.answers:
		return "told before"
	case t.person.Instead:
		return "standing in: nobody answers for it"
	}
	return string(t.person.Part)
}

// groups are the tables of a list, in their order.
var groups = []group{
	{"over", func(w What) bool {
		return w.opens() || w == WhatHandover || w == WhatReminded || w == WhatAssigned
	}, "Off target"},
	{"escalated", func(w What) bool { return w == WhatEscalated }, "Escalated"},
	{"worse", func(w What) bool { return w == WhatWorse }, "Worse"},
	{"recovered", func(w What) bool { return w == WhatRecovered || w == WhatPassed }, "Recovered"},
	{"closed", func(w What) bool { return w == WhatClosed }, "Closed"},
	{"no longer over, as the rule is now", func(w What) bool { return w == WhatRuleChanged }, "Rule changed"},
	{"not judged", func(w What) bool { return w == WhatNotJudged }, "Not judged"},
}

type group struct {
	name   string
	has    func(What) bool
	status string // of the subject
}

func (g group) words(over string) string {
	if g.name == "over" {
		return over + " the threshold"
	}
	return g.name
}

// counts is "19 schools above 3.0%, 2 recovered", and the status of the first.
func (p *part) counts() (words, status string) {
	var said []string
	for _, g := range groups {
		n := 0
		for _, t := range p.items {
			if g.has(t.What) {
				n++
			}
		}
		if n == 0 {
			continue
		}
		what := g.name
		if g.name == "over" {
			what = p.rule.overWord() + " " + p.rep.shown(p.rule.Threshold)
		}
		if len(said) == 0 {
			status = g.status
			said = append(said, number(n, cmp.Or(noun(p.rule.Breakdown), "figure"))+" "+what)
		} else {
			said = append(said, fmt.Sprintf("%d %s", n, what))
		}
	}
	return strings.Join(said, ", "), status
}

// lastValues are the newest values up to the period that is told of. A holiday,
// for which nobody has a value, takes no line.
func lastValues(m subject, upTo time.Time) []table {
	t := table{Caption: "Last values", Head: []string{"Period", "Value", "Counted"}}
	for i := len(m.Series) - 1; i >= 0 && len(t.Rows) < shownPeriods; i-- {
		f := m.Series[i]
		if f.Period.First.After(upTo) || f.State == indicators.NoData {
			continue
		}
		said := f.Text
		if f.State == indicators.Incomplete {
			said += " (incomplete)"
		}
		t.Rows = append([]row{{Cells: []string{capital(f.Period.Name), said, f.Of()}}}, t.Rows...)
	}
	if len(t.Rows) == 0 {
		return nil
	}
	return []table{t}
}

// figure is that of the period judged last; notes say that it has no number.
func (p *part) figure(t told) (f indicators.Figure, notes []string) {
	f, _ = figureOf(p.rep, t.member, t.state.Period)
	if f.HasNumber() || t.What == WhatClosed {
		return f, nil
	}
	return f, []string{"There is no figure for that period."}
}

// value is the figure with as many places as tell it from the threshold; "" where
// it has no number.
func (p *part) value(f indicators.Figure) string {
	if !f.HasNumber() {
		return ""
	}
	return valueText(p.rep, p.rule, f)
}

// valueText is the text of a figure, with as many places as tell it from the
// limits of the rule.
func valueText(rep report, r Rule, f indicators.Figure) string {
	text := f.Text
	limits := []decimal.Decimal{r.Threshold}
	if r.Clear.Valid {
		limits = append(limits, r.Clear.Decimal)
	}
	for _, limit := range limits {
		if s := rep.apart(f.Value, limit); len(s) > len(text) {
			text = s
		}
	}
	return text
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

// why says on what ground this person gets the letter.
func (p *part) why(t told) string {
	who, since := t.person, ""
	if !who.Since.IsZero() {
		since = " since " + who.Since.Format("2 January 2006")
	}
	switch {
	case t.What == WhatAssigned:
		return "You get this because the alert was assigned to you."
	case t.What == WhatEscalated:
		return "You get this because the alert was passed on to you."
	case !t.answers:
		return "You get this because you were told of this alert before."
	case who.Instead:
		return fmt.Sprintf("You get this because nobody is recorded as answering for %s, and you are the %s for the authority%s.", line(t.Name), who.Part, since)
	case who.Subject == access.WholeAuthority:
		return fmt.Sprintf("You get this because you are the %s for the authority%s.", who.Part, since)
	}
	return fmt.Sprintf("You get this because you are the %s for %s%s.", who.Part, line(t.Name), since)
}
