package api

// Many records of a kind in one request: created, or corrected where a row names
// the record and its version.

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"onevision/records"
)

// mostRows is how many records one request may hold; longestBulk how many bytes.
const (
	mostRows    = 10_000
	longestBulk = 16 << 20
)

func (s *server) mountBulk() {
	schemas := s.document.Components.Schemas
	schemas["BulkResult"] = &schema{Type: "object", Title: "Bulk result", Required: []string{"stored", "results"}, Properties: map[string]*schema{
		"stored": {Type: "integer", Description: "How many rows were stored."},
		"results": listOf(&schema{Type: "object", Required: []string{"row", "status"}, Properties: map[string]*schema{
			"row":     {Type: "integer", Description: "The place in records, from 0."},
			"status":  {Type: "integer", Description: "What the row alone would have been answered with."},
			"id":      {Type: "string", Description: "The record's id, of a row that was stored."},
			"version": {Type: "integer", Description: "The record's version, of a row that was stored."},
			"errors":  ref("Problems"),
		}}),
	}}
	for _, k := range records.Kinds() {
		kind := newKindAPI(s, k)
		row := kind.entity() + "Bulk"
		schemas[row] = &schema{Type: "object", Title: k.Title + " bulk", Required: []string{"records"}, AdditionalProperties: new(bool), Properties: map[string]*schema{
			"partly":  {Type: "boolean", Description: "true: each row by itself, stored or refused; otherwise all rows or none."},
			"records": {Type: "array", MaxItems: mostRows, Items: ref(kind.entity()), Description: "A row with id and version corrects that record, as a whole; one without creates a record."},
		}}
		op := kind.operation(http.MethodPost, kind.path()+"/bulk", "bulk-"+k.Plural, "Create or correct many records: "+kind.words(k.Plural),
			"Up to 10,000 rows in one transaction: all or none, or with partly each by itself, with the result of each.",
			http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
		op.Parameters = append(op.Parameters, reasonParam(false))
		op.longest = 5 * time.Minute
		s.handle(answers(takes(op, row), http.StatusOK, "What became of each row.", "BulkResult"), kind.bulk)
	}
}

// bulkResult is what became of a request, and of each of its rows.
type bulkResult struct {
	Stored  int         `json:"stored"`
	Results []rowResult `json:"results"`
}

type rowResult struct {
	Row     int               `json:"row"`
	Status  int               `json:"status"`
	ID      string            `json:"id,omitempty"`
	Version int               `json:"version,omitempty"`
	Errors  []records.Problem `json:"errors,omitempty"`
}

func (k *kindAPI) bulk(c call) (answer, error) {
	if err := k.mayWrite(c); err != nil {
		return answer{}, err
	}
	why, err := c.reason()
	if err != nil {
		return answer{}, err
	}
	body, err := c.body(longestBulk)
	if err != nil {
		return answer{}, err
	}
	rows, partly, err := bulkRows(body)
	if err != nil {
		return answer{}, err
	}
	result := bulkResult{Results: make([]rowResult, len(rows))}
	var recs []records.Record
	var places []int // of recs among the rows
	created := map[int]bool{}
	for i, row := range rows {
		result.Results[i].Row = i
		rec, err := k.decodeRow(row)
		if err != nil {
			if err := result.Results[i].failed(err); err != nil {
				return answer{}, err
			}
			continue
		}
		created[i] = rec.Head().ID == ""
		recs, places = append(recs, rec), append(places, i)
	}
	if !partly && len(recs) < len(rows) {
		return answer{}, result.refusal()
	}
	outcomes, err := k.server.Store.PutAll(c.ctx, c.viewer, recs, why, partly)
	if err != nil {
		return answer{}, err
	}
	failed := false
	for n, i := range places {
		if outcomes[n] != nil {
			failed = true
			if err := result.Results[i].failed(outcomes[n]); err != nil {
				return answer{}, err
			}
			continue
		}
		m := recs[n].Head()
		result.Results[i].Status, result.Results[i].ID, result.Results[i].Version = http.StatusOK, m.ID, m.Version
		if created[i] {
			result.Results[i].Status = http.StatusCreated
		}
		result.Stored++
	}
	if failed && !partly {
		return answer{}, result.refusal()
	}
	return answer{status: http.StatusOK, body: result}, nil
}

// decodeRow reads a row: a record that stands is named by id and version.
func (k *kindAPI) decodeRow(row []byte) (records.Record, error) {
	rec, err := k.decode(row)
	if err != nil {
		return nil, err
	}
	var head struct {
		ID      *string `json:"id"`
		Version *int    `json:"version"`
	}
	if err := json.Unmarshal(row, &head); err != nil {
		return nil, &records.Invalid{Problems: []records.Problem{{Field: "id", Code: records.Format, Message: "give the id in quotation marks and the version as a whole number"}}}
	}
	switch {
	case head.ID == nil && head.Version == nil:
	case head.ID == nil || *head.ID == "" || head.Version == nil:
		return nil, &records.Invalid{Problems: []records.Problem{{Field: "id", Code: records.Required, Message: "give both id and version to correct a record, and neither to create one"}}}
	default:
		rec.Head().ID, rec.Head().Version = *head.ID, *head.Version
	}
	return rec, nil
}

// bulkRows takes a request's body apart.
func bulkRows(body []byte) (rows []json.RawMessage, partly bool, err error) {
	var problems []records.Problem
	add := func(field, code, message string) {
		problems = append(problems, records.Problem{Field: field, Code: code, Message: message})
	}
	err = members(body, func(name string, value json.RawMessage) {
		switch name {
		case "partly":
			if json.Unmarshal(value, &partly) != nil {
				add(name, records.Format, "give true or false")
			}
		case "records":
			if json.Unmarshal(value, &rows) != nil {
				add(name, records.Format, "give a list of records")
			}
		default:
			add(sayable(name), unknownField, "is no field here: leave it out, or check its name")
		}
	})
	if err != nil {
		return nil, false, err
	}
	if len(problems) == 0 && (len(rows) == 0 || len(rows) > mostRows) {
		add("records", records.OutOfRange, fmt.Sprintf("give from 1 to %d records", mostRows))
	}
	if len(problems) > 0 {
		return nil, false, &refusal{http.StatusUnprocessableEntity, "The request cannot be taken: errors says why.", problems}
	}
	return rows, partly, nil
}

// failed writes down why a row was not stored; a fault that is not the row's own
// is given back.
func (r *rowResult) failed(err error) error {
	p, fault := problemOf(err)
	if fault {
		return err
	}
	r.Status, r.Errors = p.Status, p.Errors
	if len(r.Errors) == 0 {
		r.Errors = []records.Problem{{Field: "id", Code: records.NoSuchRecord, Message: "no such record"}}
		if errors.Is(err, records.ErrConflict) {
			r.Errors[0] = records.Problem{Field: "version", Code: records.Contradicts, Message: "the record was changed since this version: read it again, and decide again"}
		}
	}
	return nil
}

// refusal is the answer when all rows or none were asked for: what is wrong with
// which row, the first of them.
func (b bulkResult) refusal() error {
	var problems []records.Problem
	for _, r := range b.Results {
		for _, p := range r.Errors {
			if len(problems) < mostProblems {
				problems = append(problems, records.Problem{Field: fmt.Sprintf("records[%d].%s", r.Row, p.Field), Code: p.Code, Message: p.Message})
			}
		}
	}
	return &refusal{http.StatusUnprocessableEntity, "Nothing was stored: errors says what is wrong with which row. With partly the other rows are stored.", problems}
}
