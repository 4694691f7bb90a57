package dashboards

// One page of a child, read-only: who and where, school and attendance, who is
// involved and where they are rung, what is known of their care, and what happened,
// in order. Each part is there if the viewer may see it, and there is no sign of one
// that they may not.

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/records"
)

type childPage struct {
	frame
	Name     string
	Statuses []string
	Who      []pair
	Involves bool // the viewer may know who is involved
	Involved []involvedLine
	Schools  []schoolLine
	Attended []pair
	Attends  string   // over what time
	Due      []dueRow // by statutory clock
	Now      []nowPart
	Events   []eventLine

	BreakGlass string // where somebody who may opens the rest of the record in an emergency
}

func (childPage) file() string { return "child.html" }

type pair struct{ Key, Value string }

type involvedLine struct{ Service, Worker, Role, Telephone, Dial, Team, TeamTelephone, TeamDial, Since string }

type schoolLine struct{ Name, From, To string }

// nowPart is the records of a kind that hold today.
type nowPart struct {
	Title string
	Lines [][]pair
}

type eventLine struct{ Day, What, Text, Ended string }

func (s *site) child(c echo.Context, v access.Viewer) error {
	if _, err := queryOf(c, nil); err != nil {
		return err
	}
	record, err := s.Children.ChildPage(c.Request().Context(), v, c.Param("id"))
	if errors.Is(err, records.ErrNotFound) {
		return echo.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("read the page of a child: %w", err)
	}
	p := childPageOf(record, v, records.DateOf(s.Now()))
	// The title stays in the browser's history: no name.
	p.frame = s.frame(c, v, "A child’s record")
	p.Printed = when(s.Now())
	open := slices.ContainsFunc(p.Glass, func(b glassBanner) bool { return b.Href == "/children/"+record.Child.ID })
	if s.Glass != nil && v.May(access.BreakGlass) && !open {
		p.BreakGlass = "/break-glass?child=" + record.Child.ID
	}
	return s.render(c, http.StatusOK, p)
}

func childPageOf(r records.ChildPage, v access.Viewer, today records.Date) childPage {
	p := childPage{Name: "No name recorded", Involves: v.Reads(access.Involvement)}
	if len(r.Names) > 0 {
		p.Name = r.Names[0]
	}
	for _, status := range r.Statuses {
		p.Statuses = append(p.Statuses, map[string]string{"looked-after": "Looked after", "protection-plan": "Child protection plan"}[status])
	}
	p.Who = whoIs(r, today)
	for _, i := range r.Involved {
		p.Involved = append(p.Involved, involvedLine{
			Service: i.Service, Worker: i.Worker, Role: i.Role, Telephone: i.Telephone, Dial: dial(i.Telephone),
			Team: i.Team, TeamTelephone: i.TeamTelephone, TeamDial: dial(i.TeamTelephone), Since: dayWords(i.Since),
		})
	}
	if a := r.Attendance; a != nil {
		p.Attends = fmt.Sprintf("Sessions (half days) since 1 September %d", a.Year)
		share := func(n int) string {
			return fmt.Sprintf("%s of %s (%.1f%%)", grouped(n), grouped(a.Possible), 100*float64(n)/float64(a.Possible))
		}
		p.Attended = []pair{{"Attended", share(a.Attended)}, {"Authorised absence", share(a.Authorised)}, {"Unauthorised absence", share(a.Unauthorised)}}
		if a.Unauthorised > 0 {
			p.Attended = append(p.Attended, pair{"Unauthorised in the last four weeks", grouped(a.Lately)}, pair{"Last unauthorised absence", dayWords(a.LastUnauthorised)})
		}
	}
	for _, d := range r.Due {
		if !v.Withheld("child", "date_of_birth") {
			p.Due = append(p.Due, dueRowOf(d))
		}
	}
	for _, e := range r.Events {
		if e.Kind.Name == "enrolment" && len(e.Facts) > 0 {
			p.Schools = append(p.Schools, schoolLine{e.Facts[0].Text, dayWords(e.From), ended(e)})
		}
		// What is shown above is not shown again among the records of today.
		if e.Current && !slices.Contains([]string{"enrolment", "address", "involvement", "child-identifier"}, e.Kind.Name) {
			p.Now = addNow(p.Now, e)
		}
		// The days of a record tell a day of birth, too.
		if e.Kind.Name != "involvement" && !v.Withheld("child", "date_of_birth") { // who is involved now stands above; of the past there is the service and no more
			p.Events = append(p.Events, eventLine{Day: dayWords(e.From), What: e.Kind.Title, Text: factsWords(e.Facts), Ended: ended(e)})
		}
	}
	return p
}

// whoIs is who the child is and where they live.
func whoIs(r records.ChildPage, today records.Date) []pair {
	var all []pair
	add := func(key, value string) {
		if value != "" {
			all = append(all, pair{key, value})
		}
	}
	c := r.Child
	if day := born(c); !c.DateOfBirth.IsZero() {
		add("Date of birth", fmt.Sprintf("%s (%s)", day, ageWords(c.DateOfBirth, today)))
	} else {
		add("Date of birth", day)
	}
	if !c.DateOfDeath.IsZero() {
		add("Died", dayWords(c.DateOfDeath))
	}
	if len(r.Names) > 1 {
		add("Also known as", strings.Join(r.Names[1:], ", "))
	}
	for _, of := range r.Kinds {
		for _, rec := range of.Records {
			switch rec := rec.(type) {
			case *records.Address:
				if !rec.ToDate.IsZero() && !rec.ToDate.After(today) {
					continue
				}
				lines := strings.Join(strings.Fields(strings.ReplaceAll(rec.Lines, "\n", ", ")+" "+rec.Postcode), " ")
				if lines == "" {
					lines = "Confidential: ask the child’s social worker"
				}
				add("Address", lines)
			}
		}
	}
	for _, e := range r.Events { // the number by which another system knows the child
		if e.Kind.Name == "child-identifier" && e.Current && len(e.Facts) == 2 {
			add(e.Facts[0].Text, e.Facts[1].Text)
		}
	}
	add("UPN", c.UPN)
	add("NHS number", c.NHSNumber)
	return all
}

func ageWords(born, today records.Date) string {
	b, t := born.Time(), today.Time()
	age := t.Year() - b.Year()
	if t.YearDay() < b.YearDay() && (t.Month() < b.Month() || t.Month() == b.Month() && t.Day() < b.Day()) {
		age--
	}
	if age == 1 {
		return "1 year old"
	}
	return fmt.Sprintf("%d years old", age)
}

// dial is a number as a link has it, "" for what can be no telephone number.
func dial(number string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, number)
	if len(digits) < 5 {
		return ""
	}
	return digits
}

func ended(e records.Event) string {
	if e.To.IsZero() {
		return ""
	}
	return dayWords(e.To.Add(-1))
}

func factsWords(facts []records.EventFact) string {
	var all []string
	for _, f := range facts {
		if f.Text == "Yes" {
			all = append(all, f.Title)
			continue
		}
		all = append(all, f.Title+": "+f.Text)
	}
	return strings.Join(all, "; ")
}

func addNow(parts []nowPart, e records.Event) []nowPart {
	i := slices.IndexFunc(parts, func(p nowPart) bool { return p.Title == e.Kind.Title })
	if i < 0 {
		parts, i = append(parts, nowPart{Title: e.Kind.Title}), len(parts)
	}
	line := []pair{{"Since", dayWords(e.From)}}
	for _, f := range e.Facts {
		line = append(line, pair{f.Title, f.Text})
	}
	parts[i].Lines = append(parts[i].Lines, line)
	return parts
}
