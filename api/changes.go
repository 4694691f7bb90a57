package api

// The changes feed: what was created, corrected and deleted since a position.

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"onevision/records"
)

const changesPath = base + "/changes"

func (s *server) mountChanges() {
	schemas := s.document.Components.Schemas
	schemas["Change"] = &schema{Type: "object", Title: "Change", Required: []string{"position", "kind", "id", "operation"}, Properties: map[string]*schema{
		"position":  {Type: "integer", Description: "Consecutive over all kinds: those of kinds that this token may not read are left out."},
		"kind":      {Type: "string", Description: "The kind of record, as in the address of its list but singular: attendance, child-name."},
		"id":        {Type: "string", Description: "The record's id."},
		"child":     {Type: "string", Description: "The id of the child that it is about; absent where it is about none."},
		"operation": {Type: "string", Enum: []string{"create", "correct", "delete"}, Description: "delete: the record is not there any more for this token, whatever was done to it at this position. Otherwise read it again."},
	}}
	schemas["ChangeList"] = &schema{Type: "object", Title: "Changes", Required: []string{"changes", "since"}, Properties: map[string]*schema{
		"changes": listOf(ref("Change")),
		"since":   {Type: "string", Description: "Where these changes end: for the next request."},
		"next":    {Type: "string", Description: "The address of the changes after these; absent when there are none yet."},
	}}
	op := newOperation(http.MethodGet, changesPath, "list-changes", "List changes",
		"What was created, corrected and deleted after since, in the order in which it was committed: nothing is missed and nothing told twice. Without since there are no changes, and the answer says where the feed ends now.", "Changes",
		http.StatusBadRequest, http.StatusGone)
	op.Parameters = append(op.Parameters,
		parameter{Name: "since", In: "query", Description: "since of the answer before.", Schema: text()},
		parameter{Name: "limit", In: "query", Description: "At most so many; 1000 if it is not given.", Schema: &schema{Type: "integer", Minimum: new(1), Maximum: new(1000)}})
	s.handle(answers(op, http.StatusOK, "The changes.", "ChangeList", "Link"), s.changes)
}

// changeList is the body of the answer.
type changeList struct {
	Changes []records.Change `json:"changes"`
	Since   string           `json:"since"`
	Next    string           `json:"next,omitempty"`
}

func (s *server) changes(c call) (answer, error) {
	since, limit, err := changesQuery(c.Request().URL.Query())
	if err != nil {
		return answer{}, err
	}
	part, err := s.Store.Changes(c.ctx, c.viewer, since, limit)
	var invalid *records.Invalid
	switch {
	case errors.Is(err, records.ErrGeneration):
		return answer{}, &refusal{status: http.StatusGone, detail: "since is of a feed that is no more: the record store was restored from a copy. Read all records anew, and go on from the since that an answer without it gives."}
	case errors.As(err, &invalid):
		return answer{}, badQuery(invalid.Problems...)
	case err != nil:
		return answer{}, err
	}
	a := answer{status: http.StatusOK, header: map[string]string{}}
	list := changeList{Changes: part.Changes, Since: part.Since}
	if part.More {
		list.Next = changesPath + "?" + url.Values{"since": {part.Since}, "limit": {strconv.Itoa(limit)}}.Encode()
		a.header["Link"] = "<" + list.Next + `>; rel="next"`
	}
	a.body = list
	return a, nil
}

func changesQuery(values url.Values) (since string, limit int, err error) {
	limit = 1000
	for name, given := range values {
		switch {
		case len(given) > 1:
			return "", 0, badQuery(records.Problem{Field: sayable(name), Code: twice, Message: "is given twice: give it once"})
		case name == "since":
			since = given[0]
		case name == "limit":
			if limit, err = strconv.Atoi(given[0]); err != nil || limit < 1 || limit > 1000 {
				return "", 0, badQuery(records.Problem{Field: name, Code: records.OutOfRange, Message: "give a number from 1 to 1000"})
			}
		default:
			return "", 0, badQuery(records.Problem{Field: sayable(name), Code: unknownField, Message: "is nothing that the changes are asked by: leave it out, or check its name"})
		}
	}
	return since, limit, nil
}
