package api

// Who answers for which school, team or the whole authority.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"onevision/access"
	"onevision/records"
)

// Responsibilities is who answers for what: access.Responsibilities is.
type Responsibilities interface {
	List(ctx context.Context, by access.Viewer, day time.Time) ([]access.Held, error)
	AssignNamed(ctx context.Context, by access.Viewer, n access.NamedResponsibility) (added bool, err error)
	End(ctx context.Context, by access.Viewer, id int64, to time.Time) error
}

// responsibility is one in JSON.
type responsibility struct {
	ID         string `json:"id,omitempty"`
	Username   string `json:"username"`
	AnswersFor string `json:"answers_for"`
	Part       string `json:"part,omitempty"`
	From       string `json:"from"`
	To         string `json:"to,omitempty"`
	OnLeave    bool   `json:"on_leave,omitempty"`
}

const responsibilitiesPath = base + "/responsibilities"

func (s *server) mountResponsibilities() {
	if s.Responsibilities == nil {
		return
	}
	day := &schema{Type: "string", Format: "date"}
	schemas := s.document.Components.Schemas
	schemas["Responsibility"] = &schema{Type: "object", Title: "Responsibility", Required: []string{"username", "answers_for", "from"}, AdditionalProperties: new(bool), Properties: map[string]*schema{
		"id":          {Type: "string", ReadOnly: true, Description: "For ending it."},
		"username":    {Type: "string", Description: "The account that answers."},
		"answers_for": {Type: "string", Description: "authority; school and its LAESTAB (school 8731234); team and its name (team North)."},
		"part":        {Type: "string", Enum: []string{"lead", "deputy", "member"}, Description: "lead unless it is given. A member works with the school, team or area: its children are theirs, and no alert is told to them."},
		"from":        {Type: "string", Format: "date", Description: "The first day."},
		"to":          {Type: "string", Format: "date", Description: "The first day after the last; absent until further notice."},
		"on_leave":    {Type: "boolean", ReadOnly: true, Description: "The person is away today."},
	}}
	schemas["ResponsibilityList"] = &schema{Type: "object", Title: "Responsibilities", Required: []string{"responsibilities"}, Properties: map[string]*schema{"responsibilities": listOf(ref("Responsibility"))}}
	schemas["ResponsibilityEnding"] = &schema{Type: "object", Title: "Ending of a responsibility", Required: []string{"to"}, AdditionalProperties: new(bool), Properties: map[string]*schema{"to": day}}
	const tag = "Responsibilities"
	changing := []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity}
	s.handle(answers(newOperation(http.MethodGet, responsibilitiesPath, "list-responsibilities", "List who answers for what", "Those that hold today or later.", tag), http.StatusOK, "The responsibilities.", "ResponsibilityList"), s.listResponsibilities)
	s.handle(answers(takes(newOperation(http.MethodPost, responsibilitiesPath, "add-responsibility", "Say that somebody answers for something", "One that is there already is left as it is: 200 and not 201.", tag, changing...), "Responsibility"), http.StatusCreated, "It was added.", ""), s.addResponsibility)
	s.handle(answers(takes(newOperation(http.MethodPost, responsibilitiesPath+"/{id}/end", "end-responsibility", "End a responsibility", "to is the first day on which it does not hold any more.", tag, changing...), "ResponsibilityEnding"), http.StatusNoContent, "It has ended.", ""), s.endResponsibility)
}

func (s *server) listResponsibilities(c call) (answer, error) {
	held, err := s.Responsibilities.List(c.ctx, c.viewer, time.Now())
	if err != nil {
		return answer{}, hiddenIfNotAllowed(err)
	}
	list := []responsibility{}
	for _, h := range held {
		r := responsibility{ID: strconv.FormatInt(h.ID, 10), Username: h.Username, AnswersFor: h.AnswersFor, Part: string(h.Part), From: h.From.Format(time.DateOnly), OnLeave: h.OnLeave}
		if !h.To.IsZero() {
			r.To = h.To.Format(time.DateOnly)
		}
		list = append(list, r)
	}
	return answer{status: http.StatusOK, body: map[string]any{"responsibilities": list}}, nil
}

func (s *server) addResponsibility(c call) (answer, error) {
	var given responsibility
	if err := c.plain(&given); err != nil {
		return answer{}, err
	}
	added, err := s.Responsibilities.AssignNamed(c.ctx, c.viewer, access.NamedResponsibility{Username: given.Username, AnswersFor: given.AnswersFor, Part: given.Part, From: given.From, To: given.To})
	var unclear *access.Unclear
	if errors.As(err, &unclear) {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "It cannot be stored as it is: errors says why.", []records.Problem{{Field: unclear.Field, Code: records.Format, Message: unclear.Message}}}
	}
	if err != nil {
		return answer{}, hiddenIfNotAllowed(err)
	}
	if !added {
		return answer{status: http.StatusOK}, nil
	}
	return answer{status: http.StatusCreated}, nil
}

func (s *server) endResponsibility(c call) (answer, error) {
	var given struct {
		To records.Date `json:"to"`
	}
	if err := c.plain(&given); err != nil {
		return answer{}, err
	}
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return answer{}, records.ErrNotFound
	}
	if given.To.IsZero() {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "It cannot be stored as it is: errors says why.", []records.Problem{{Field: "to", Code: records.Required, Message: "give the first day on which it does not hold any more"}}}
	}
	err = s.Responsibilities.End(c.ctx, c.viewer, id, given.To.Time())
	if errors.Is(err, access.ErrNoResponsibility) {
		err = records.ErrNotFound
	}
	if err != nil {
		return answer{}, hiddenIfNotAllowed(err)
	}
	return answer{status: http.StatusNoContent}, nil
}

// plain reads a small JSON object into a struct; only who may change
// responsibilities is told what is wrong with it.
func (c call) plain(to any) error {
	if !c.viewer.May(access.ManageAccounts) {
		return records.ErrNotFound
	}
	body, err := c.body(longestBody)
	if err != nil {
		return err
	}
	if err := members(body, func(string, json.RawMessage) {}); err != nil {
		return err
	}
	if json.Unmarshal(body, to) != nil {
		return &refusal{status: http.StatusUnprocessableEntity, detail: "A field has another type than the OpenAPI document says."}
	}
	return nil
}

// hiddenIfNotAllowed: what a token may not do here does not exist for it.
func hiddenIfNotAllowed(err error) error {
	if errors.Is(err, access.ErrNotAllowed) {
		return records.ErrNotFound
	}
	return err
}
