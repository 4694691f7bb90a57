package api

// Finding children. What is looked for stands in the body of a POST, because
// addresses stand in logs.

import (
	"encoding/json"
	"errors"
	"net/http"

	"onevision/records"
)

func (s *server) mountSearch() {
	schemas := s.document.Components.Schemas
	schemas["Search"] = &schema{Type: "object", Title: "Search", Required: []string{"text"}, AdditionalProperties: new(bool), Properties: map[string]*schema{
		"text": {Type: "string", MaxLength: 200, Description: "A UPN, an NHS number, a CHILD number; names in any order; a day, month or year of birth; a LAESTAB: one of these or several."},
	}}
	schemas["Found"] = &schema{Type: "object", Title: "Found child", Required: []string{"child", "names", "matched", "score"}, Properties: map[string]*schema{
		"child":   ref("Child"),
		"names":   {Type: "array", Items: text(), Description: "Every name that stands, the current ones first."},
		"matched": {Type: "string", Description: "What agreed.", Enum: []string{"upn", "nhs-number", "identifier", "name", "date-of-birth", "school"}},
		"score":   {Type: "number", Description: "1 is letter by letter; less is only alike."},
	}}
	schemas["FoundList"] = &schema{Type: "object", Title: "Found children", Required: []string{"found"}, Properties: map[string]*schema{"found": listOf(ref("Found"))}}
	op := newOperation(http.MethodPost, base+"/search", "search-children", "Find children",
		"At most 50 children that this token may see, the likeliest first: by number, by name (in any order, without accents, as it sounds, or as it used to be), by day of birth, by school. Each child in the answer is a line in the audit.", "Child",
		http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	op.reads = true
	s.handle(answers(takes(op, "Search"), http.StatusOK, "The children found; none is an empty list.", "FoundList"), s.search)
}

func (s *server) search(c call) (answer, error) {
	child, _ := records.KindOf("child")
	if !c.viewer.Reads(child.Category) {
		return answer{}, records.ErrNotFound
	}
	body, err := c.body(longestBody)
	if err != nil {
		return answer{}, err
	}
	var asked string
	var invalid *records.Invalid
	var problems []records.Problem
	err = members(body, func(name string, value json.RawMessage) {
		switch {
		case name != "text":
			problems = append(problems, records.Problem{Field: sayable(name), Code: unknownField, Message: "is no field here: leave it out, or check its name"})
		case json.Unmarshal(value, &asked) != nil:
			problems = append(problems, records.Problem{Field: "text", Code: records.Format, Message: "give text in quotation marks"})
		}
	})
	if err != nil {
		return answer{}, err
	}
	if len(problems) > 0 {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "The search cannot be made.", problems}
	}
	found, err := s.Store.Search(c.ctx, c.viewer, asked)
	if errors.As(err, &invalid) {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "There is nothing here that can be looked for.", invalid.Problems}
	}
	if err != nil {
		return answer{}, err
	}
	if found == nil {
		found = []records.Found{}
	}
	return answer{status: http.StatusOK, body: map[string]any{"found": found}}, nil
}
