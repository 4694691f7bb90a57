package api

// What is due by statutory clock: of one child, and of the children that the token's
// owner works with.

import (
	"net/http"

	"onevision/records"
)

func (s *server) mountDue() {
	schemas := s.document.Components.Schemas
	said := func(description string) *schema { return &schema{Type: "string", Description: description} }
	day := func(description string) *schema {
		return &schema{Type: "string", Format: "date", Description: description}
	}
	clock := func(title string, more map[string]*schema) *schema {
		due := &schema{Type: "object", Title: title, Required: []string{"clock", "title", "started", "due", "days_late", "within", "source"}, Properties: map[string]*schema{
			"clock": said("The code of the clock: care-review."), "title": said("What is due, in words."), "started": day("The day on which the clock started."), "due": day("The last day in time."),
			"days_late": {Type: "integer", Description: "How many days late it is; 0 today, below 0 the days that are left."}, "within": said("How long there was: 20 working days."), "source": said("Who says so."),
			"uncertain": {Type: "boolean", Description: "The bank holidays of a year on the way are not on record: the day may be later."},
		}}
		for name, of := range more {
			due.Properties[name] = of
			due.Required = append(due.Required, name)
		}
		return due
	}
	schemas["Due"] = clock("Something due", nil)
	schemas["DueList"] = &schema{Type: "object", Title: "What is due of a child", Required: []string{"due"}, Properties: map[string]*schema{"due": listOf(ref("Due"))}}
	schemas["DueChild"] = clock("Something due of a child", map[string]*schema{"child": said("The id of the child."), "own": {Type: "boolean", Description: "Whether the child is of the owner's own caseload, and not their team's or service's."}})
	schemas["DueChildren"] = &schema{Type: "object", Title: "What is due of one's children", Required: []string{"due"}, Properties: map[string]*schema{"due": listOf(ref("DueChild"))}}
	s.handle(answers(newOperation(http.MethodGet, base+"/children/{id}/due", "list-due-of-child", "List what is due of a child",
		"Every statutory clock that runs for the child, of the kinds of record that this token may read; the latest first. How long each clock is stands in the table that an administrator keeps.", "Due"),
		http.StatusOK, "What is due.", "DueList"), s.dueOfChild)
	s.handle(answers(newOperation(http.MethodGet, base+"/due", "list-due", "List what is due of one's children",
		"What is overdue, and due within four weeks, of the children that the token's owner, their team or their service works with; the latest first. It names children by id alone.", "Due"),
		http.StatusOK, "What is due.", "DueChildren"), s.due)
}

type dueJSON struct {
	Clock     string       `json:"clock"`
	Title     string       `json:"title"`
	Started   records.Date `json:"started"`
	Due       records.Date `json:"due"`
	DaysLate  int          `json:"days_late"`
	Within    string       `json:"within"`
	Source    string       `json:"source"`
	Uncertain bool         `json:"uncertain,omitempty"`
}

func dueOf(d records.Due) dueJSON {
	return dueJSON{d.Clock, d.Title, d.Started, d.On, d.Overdue, d.Within, d.Source, d.Unsure}
}

func (s *server) dueOfChild(c call) (answer, error) {
	list, err := s.Store.DueOf(c.ctx, c.viewer, c.Param("id"))
	if err != nil {
		return answer{}, err
	}
	due := make([]dueJSON, len(list))
	for i, d := range list {
		due[i] = dueOf(d)
	}
	return answer{status: http.StatusOK, body: map[string]any{"due": due}}, nil
}

func (s *server) due(c call) (answer, error) {
	list, err := s.Store.Due(c.ctx, c.viewer)
	if err != nil {
		return answer{}, err
	}
	type dueChild struct {
		dueJSON
		Child string `json:"child"`
		Own   bool   `json:"own"`
	}
	due := make([]dueChild, len(list))
	for i, d := range list {
		due[i] = dueChild{dueOf(d.Due), d.Child.ID, d.Own}
	}
	return answer{status: http.StatusOK, body: map[string]any{"due": due}}, nil
}
