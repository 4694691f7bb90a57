package api

// What the OpenAPI document says of each operation.

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"onevision/records"
)

// bearer is the name of the one way in.
const bearer = "token"

// newDocument is the OpenAPI before the kinds are in it.
func newDocument(version string) *document {
	schemas := map[string]*schema{}
	describeProblem(schemas)
	return &document{
		OpenAPI: "3.1.0",
		Info: documentInfo{
			Title:       "OneVision",
			Version:     version,
			Description: "The record of an authority's children. Every read of a child's record and every change is kept in the audit, with the account of the token. What a token may not see does not exist for it.",
		},
		Servers: []documentServer{{URL: "/", Description: "This server."}},
		Paths:   map[string]map[string]*operation{},
		Components: components{
			Schemas: schemas,
			SecuritySchemes: map[string]securityScheme{
				bearer: {Type: "http", Scheme: "bearer", Description: "A token of an account, as the administrator issues it. Cookies are not looked at."},
			},
		},
	}
}

// operation is what the operations of a kind have in common.
func (k *kindAPI) operation(method, path, id, summary, description string, errors ...int) *operation {
	return newOperation(method, path, id, summary, description, k.Title, errors...)
}

// newOperation is what all operations have in common; errors are the statuses
// that it may answer with beside those of every operation.
func newOperation(method, path, id, summary, description, tag string, errors ...int) *operation {
	op := &operation{
		method: method, path: path, ID: id, Summary: summary, Description: description,
		Tags: []string{tag}, Responses: map[string]*response{},
	}
	if strings.Contains(path, "{id}") {
		op.Parameters = append(op.Parameters, parameter{Name: "id", In: "path", Required: true, Description: "The record's id.", Schema: text()})
	}
	for _, status := range append(errors, http.StatusUnauthorized, http.StatusNotFound, http.StatusServiceUnavailable) {
		op.Responses[strconv.Itoa(status)] = &response{
			Description: http.StatusText(status),
			Content:     map[string]mediaType{problemType: {Schema: ref("Problem")}},
		}
	}
	if method == http.MethodGet {
		op.Parameters = append(op.Parameters, parameter{Name: "If-None-Match", In: "header", Description: "The ETag of an answer that the caller still has.", Schema: text()})
		op.Responses[strconv.Itoa(http.StatusNotModified)] = &response{Description: "The answer is the one that the caller has."}
	}
	return op
}

func answers(op *operation, status int, description, schema string, headers ...string) *operation {
	r := &response{Description: description, Headers: map[string]header{}}
	if schema != "" {
		r.Content = map[string]mediaType{"application/json": {Schema: ref(schema)}}
	}
	if op.method == http.MethodGet && !slices.Contains(headers, "ETag") {
		headers = append(headers, "ETag")
	}
	for _, h := range headers {
		r.Headers[h] = header{Description: headerMeanings[h], Schema: text()}
	}
	op.Responses[strconv.Itoa(status)] = r
	return op
}

var headerMeanings = map[string]string{
	"ETag":                 "Names this answer, for If-None-Match; that of a record is its version, for If-Match too.",
	"Location":             "The address of the new record.",
	"Idempotency-Replayed": "true if the record was created by an earlier request with the same key.",
	"Link":                 "The address of the records after these, with rel=\"next\"; absent at the end.",
}

func takes(op *operation, schema string) *operation {
	op.RequestBody = &requestBody{Required: true, Content: map[string]mediaType{"application/json": {Schema: ref(schema)}}}
	return op
}

func (k *kindAPI) listOperation() *operation {
	op := k.operation(http.MethodGet, k.path(), "list-"+k.Plural, "List "+k.words(k.Plural),
		"Records that this token may see, in a fixed order, some at a time.", http.StatusBadRequest)
	filter := func(name, description string, schema *schema) {
		op.Parameters = append(op.Parameters, parameter{Name: name, In: "query", Description: description, Schema: schema})
	}
	if k.About() {
		filter("child", "Only of the child with this id.", text())
	}
	if _, ok := k.Field("school"); ok {
		filter("school", "Only of the school with this id.", text())
	}
	_, dated := k.Field("date")
	if dated || k.Ends() {
		filter("from", "Only those that hold on this day or later.", &schema{Type: "string", Format: "date"})
		filter("to", "Only those that hold before this day.", &schema{Type: "string", Format: "date"})
	}
	filter("since", "Only those recorded or corrected at this instant or later.", &schema{Type: "string", Format: "date-time"})
	filter("after", "Where the list before ended: next holds the whole address.", text())
	filter("limit", "At most so many; 100 if it is not given.", &schema{Type: "integer", Minimum: new(1), Maximum: new(1000)})
	return answers(op, http.StatusOK, "The records.", k.entity()+"List", "Link")
}

func (k *kindAPI) createOperation() *operation {
	op := k.operation(http.MethodPost, k.path(), "create-"+k.Name, "Create a record: "+k.words(k.Name), k.Doc,
		http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	op.Parameters = append(op.Parameters, reasonParam(false), parameter{
		Name: keyHeader, In: "header", Schema: &schema{Type: "string", Pattern: keyShape.String()},
		Description: "A key of the caller's own for this record, a UUID for instance. The same request sent again with it within a week creates nothing, and is answered with the record as it then stands.",
	})
	return answers(takes(op, k.entity()), http.StatusCreated, "The record as it is stored.", k.entity(), "ETag", "Location", "Idempotency-Replayed")
}

func (k *kindAPI) readOperation() *operation {
	op := k.operation(http.MethodGet, k.path()+"/{id}", "read-"+k.Name, "Read a record: "+k.words(k.Name), k.Doc)
	return answers(op, http.StatusOK, "The record.", k.entity(), "ETag")
}

// change is what operations on a record that stands have in common.
func (k *kindAPI) change(method, path, verb, description string, reasonNeeded bool, errors ...int) *operation {
	op := k.operation(method, path, strings.ToLower(verb)+"-"+k.Name, verb+" a record: "+k.words(k.Name), description,
		append(errors, http.StatusBadRequest, http.StatusForbidden, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity)...)
	op.Parameters = append(op.Parameters,
		parameter{Name: "If-Match", In: "header", Required: true, Description: "The ETag with which the record was read.", Schema: &schema{Type: "string", Pattern: oneVersion.String()}},
		reasonParam(reasonNeeded))
	return op
}

func (k *kindAPI) correctOperation() *operation {
	op := k.change(http.MethodPut, k.path()+"/{id}", "Correct",
		"The whole record as it should have been: a field that is left out is emptied. What stood is kept in its history.", false,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	return answers(takes(op, k.entity()), http.StatusOK, "The record as it now stands.", k.entity(), "ETag")
}

func (k *kindAPI) endOperation() *operation {
	op := k.change(http.MethodPost, k.path()+"/{id}/end", "End",
		"The record holds until the day before to_date and no longer.", false,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	return answers(takes(op, k.entity()+"Ending"), http.StatusOK, "The record as it now stands.", k.entity(), "ETag")
}

func (k *kindAPI) deleteOperation() *operation {
	op := k.change(http.MethodDelete, k.path()+"/{id}", "Delete",
		"Deletes a record that should never have been made. Its history is kept.", true)
	return answers(op, http.StatusNoContent, "The record is deleted.", "")
}

func (k *kindAPI) historyOperation() *operation {
	op := k.operation(http.MethodGet, k.path()+"/{id}/history", "read-"+k.Name+"-history", "Read the history of a record: "+k.words(k.Name),
		"Every version, the newest first; of a deleted record too.")
	return answers(op, http.StatusOK, "The versions.", k.entity()+"History")
}

func (k *kindAPI) words(name string) string { return strings.ReplaceAll(name, "-", " ") }

func reasonParam(required bool) parameter {
	return parameter{Name: reasonHeader, In: "header", Required: required, Description: "Why, for the history and the audit.", Schema: &schema{Type: "string", MaxLength: longestReason}}
}

// describeProblem adds the schemas that are of no kind.
func describeProblem(schemas map[string]*schema) {
	schemas["Problem"] = &schema{
		Type: "object", Title: "Problem", Description: "What went wrong (RFC 9457). No value that was sent is repeated.",
		Properties: map[string]*schema{
			"title":   {Type: "string", Description: "The status in words."},
			"status":  {Type: "integer", Description: "The HTTP status."},
			"detail":  {Type: "string", Description: "What to do about it."},
			"request": {Type: "string", Description: "The request's id, as in X-Request-Id; the log and the audit have it too."},
			"errors":  ref("Problems"),
		},
		Required: []string{"title", "status", "detail", "request"},
	}
	schemas["Problems"] = &schema{Type: "array", Description: "What is wrong, field by field.", Items: &schema{
		Type: "object",
		Properties: map[string]*schema{
			"field":   {Type: "string", Description: "The field of the record, the filter or the header; of many records with its row, records[3].am."},
			"code":    {Type: "string", Description: "For programs.", Enum: problemCodes()},
			"message": {Type: "string", Description: "For people."},
		},
		Required: []string{"field", "code", "message"},
	}}
	schemas["Code"] = &schema{
		Type: "object", Title: "Code", Properties: map[string]*schema{
			"code":       {Type: "string", Description: "What stands in a record."},
			"label":      {Type: "string", Description: "What it means."},
			"valid_from": {Type: "string", Format: "date", Description: "The first day on which it could be used."},
			"valid_to":   {Type: "string", Format: "date", Description: "The day after the last; absent while it is in use."},
		},
		Required: []string{"code", "label", "valid_from"},
	}
	schemas["CodeList"] = &schema{
		Type: "object", Title: "Codes", Properties: map[string]*schema{"codes": {Type: "array", Items: ref("Code")}}, Required: []string{"codes"},
	}
}

func problemCodes() []string {
	return []string{
		records.Required, records.Format, records.UnknownCode, records.CodeNotInUse, records.NoSuchRecord, records.OutOfRange, records.DateOrder,
		records.InFuture, records.Overlaps, records.Outside, records.InUse, records.NotEnrolled, records.Fixed, records.Contradicts, records.NotPossible,
		unknownField, twice,
	}
}
