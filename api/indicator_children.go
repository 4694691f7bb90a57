package api

// The children behind a figure. Why they are asked for stands in the body of a POST and is
// kept in the audit.

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"

	"onevision/indicators"
	"onevision/records"
)

const behindPath = indicatorsPath + "/{id}/children"

// mostBehind is how many children one answer has at most.
const mostBehind = 10_000

func (s *server) mountBehind() {
	schemas := s.document.Components.Schemas
	said := func(description string) *schema { return &schema{Type: "string", Description: description} }
	number := func(description string) *schema { return &schema{Type: "number", Description: description} }
	schemas["BehindAsked"] = &schema{Type: "object", Title: "Question for children", Required: []string{"reason"}, AdditionalProperties: new(bool), Properties: map[string]*schema{
		"reason":    {Type: "string", MaxLength: 500, Description: "Why you need to know who they are: it is kept in the audit."},
		"period_id": said("The period, as figures name it: week:2026-11-16. The newest that can be judged, if it is not given."),
		"dimension": said("A breakdown, together with member."), "member": said("Its member, as addresses of pages name it: an id, a code."),
	}}
	schemas["BehindChild"] = &schema{Type: "object", Title: "Child behind a figure", Required: []string{"child", "names", "numerator"}, Properties: map[string]*schema{
		"child": ref("Child"), "names": {Type: "array", Items: text(), Description: "Every name that stands, the current ones first."}, "school": said("On whose roll the child is now."),
		"worker": said("Who is allocated now, with their telephone."), "team": said("Of that worker."), "numerator": number("What the child counted."), "denominator": number("Of how much; absent for a count."),
	}}
	schemas["BehindList"] = &schema{Type: "object", Title: "Children behind a figure", Required: []string{"figure", "children", "seen"}, Properties: map[string]*schema{
		"figure": ref("Figure"), "children": listOf(ref("BehindChild")), "seen": {Type: "integer", Description: "How many children of the figure are yours to see; children are the first 10,000 of them."},
		"hidden": {Type: "integer", Description: "How many it counts who are not, where that tells nothing."}, "changed": {Type: "boolean", Description: "Records have changed since the figure was computed: the children are of now, and add up to another."},
	}}
	op := newOperation(http.MethodPost, behindPath, "list-children-behind", "List the children behind a figure",
		"Whom a figure counts and what each counted, of the children that this token may see, those who move it most first. The whole list is one line in the audit, with the reason.", "Indicators",
		http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	op.reads = true
	s.handle(answers(takes(op, "BehindAsked"), http.StatusOK, "The children.", "BehindList"), s.behind)
}

type behindChild struct {
	Child       *records.Child `json:"child"`
	Names       []string       `json:"names"`
	School      string         `json:"school,omitempty"`
	Worker      string         `json:"worker,omitempty"`
	Team        string         `json:"team,omitempty"`
	Numerator   json.Number    `json:"numerator"`
	Denominator json.Number    `json:"denominator,omitempty"`
}

func (s *server) behind(c call) (answer, error) {
	child, _ := records.KindOf("child")
	if !c.viewer.Reads(child.Category) || !slices.ContainsFunc(s.Indicators.List(c.viewer), func(d indicators.Definition) bool { return d.ID == c.Param("id") }) {
		return answer{}, records.ErrNotFound
	}
	body, err := c.body(longestBody)
	if err != nil {
		return answer{}, err
	}
	given := map[string]string{"reason": "", "period_id": "", "dimension": "", "member": ""}
	var problems []records.Problem
	err = members(body, func(name string, value json.RawMessage) {
		var said string
		if _, known := given[name]; !known {
			problems = append(problems, records.Problem{Field: sayable(name), Code: unknownField, Message: "is no field here: leave it out, or check its name"})
		} else if json.Unmarshal(value, &said) != nil {
			problems = append(problems, records.Problem{Field: name, Code: records.Format, Message: "give text in quotation marks"})
		}
		given[name] = said
	})
	if err != nil {
		return answer{}, err
	}
	if (given["dimension"] == "") != (given["member"] == "") {
		problems = append(problems, records.Problem{Field: "member", Code: records.Required, Message: "goes together with dimension: give both, or neither"})
	}
	if len(problems) > 0 {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "The children cannot be listed.", problems}
	}
	q := indicators.Question{Indicator: c.Param("id"), At: given["period_id"], Breakdown: given["dimension"], Member: given["member"]}
	b, err := s.Indicators.ChildrenBehind(c.ctx, c.viewer, q)
	if errors.Is(err, indicators.ErrNotFound) {
		return answer{}, records.ErrNotFound
	}
	if err != nil {
		return answer{}, err
	}
	figure := b.Answer.Current()
	asked := records.ListAsked{Facts: b.Answer.WhoseFacts(), Of: []string{q.Indicator, figure.Period.ID}, Reason: given["reason"], Most: mostBehind}
	if q.Member != "" {
		asked.Of = append(asked.Of, q.Breakdown, q.Member)
	}
	asked.Keys = b.Keys()
	asked.Counted = asked.Keys
	list, err := s.Store.ListChildren(c.ctx, c.viewer, asked)
	var invalid *records.Invalid
	if errors.As(err, &invalid) {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "The children cannot be listed.", invalid.Problems}
	}
	if err != nil {
		return answer{}, err
	}
	if list.Everybody {
		figure = b.FigureOf(list.Counted)
	}
	children := []behindChild{}
	for _, found := range list.Children {
		one := b.Children[found.Place]
		line := behindChild{Child: found.Child, Names: found.Names, School: found.School, Worker: found.Worker, Team: found.Team, Numerator: json.Number(one.Numerator.String())}
		if b.Answer.Definition().Unit != indicators.Count {
			line.Denominator = json.Number(one.Denominator.String())
		}
		children = append(children, line)
	}
	out := map[string]any{"figure": s.figureJSON(indicators.Row{Definition: b.Answer.Definition(), Figure: figure, Breakdown: q.Breakdown, Member: q.Member, Name: b.Answer.MemberName()}), "children": children, "seen": list.Seen}
	if list.Hidden > 0 {
		out["hidden"] = list.Hidden
	}
	if b.Differs && !list.Everybody {
		out["changed"] = true
	}
	return answer{status: http.StatusOK, body: out}, nil
}
