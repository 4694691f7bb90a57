package dashboards

// Dates, numbers and names as the pages write them.

import (
	"cmp"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"onevision/access"
	"onevision/indicators"
)

// when is an instant as the GOV.UK style writes it, in London's time:
// "22 November 2026 at 4:05pm"; "not yet known" for the zero time.
func when(t time.Time) string {
	if t.IsZero() {
		return "not yet known"
	}
	t = t.In(indicators.London())
	clock := t.Format("3:04pm")
	switch {
	case t.Minute() == 0 && t.Hour() == 0:
		clock = "midnight"
	case t.Minute() == 0 && t.Hour() == 12:
		clock = "midday"
	case t.Minute() == 0:
		clock = t.Format("3pm")
	}
	return t.Format("2 January 2006") + " at " + clock
}

// count is a number of things in words: "no alerts", "1 alert", "1,204 alerts".
func count(n int, one, many string) string {
	switch n {
	case 0:
		return "no " + many
	case 1:
		return "1 " + one
	}
	return grouped(n) + " " + many
}

func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// sentence begins with a capital.
func sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[size:]
}

func roleName(r access.Role) string {
	if r == access.SENOfficer {
		return "SEN officer"
	}
	switch r {
	case access.WelfareOfficer:
		return "education welfare officer"
	case access.SafeguardingLead:
		return "school safeguarding lead"
	case access.ConnexionsAdviser:
		return "Connexions adviser"
	case access.ReviewingOfficer:
		return "independent reviewing officer"
	}
	return strings.ReplaceAll(string(r), "-", " ")
}

// kindName is a kind of period as a choice in a form.
func kindName(k indicators.PeriodKind) string {
	return sentence(strings.ReplaceAll(string(k), "-", " "))
}

// breakdownName is a breakdown as a choice in a form: "School", "Year group".
func breakdownName(name string) string {
	b, _ := indicators.BreakdownOf(name)
	return cmp.Or(b.Title, name)
}
