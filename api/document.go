package api

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"onevision/records"
)

// bearer is the name of the one way in.
const bearer = "token"

// newDocument is the OpenAPI before the kinds are in it.
func newDocument(version string) *huma.OpenAPI {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	describeProblem(schemas.Map())
	return &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:       "OneVision",
			Version:     version,
			Description: "The record of an authority's children. Every read of a child's record and every change is kept in the audit, with the account of the token. What a token may not see does not exist for it.",
		},
		Servers: []*huma.Server{{URL: "/", Description: "This server."}},
		Components: &huma.Components{
			Schemas: schemas,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				bearer: {Type: "http", Scheme: "bearer", Description: "A token of an account, as the administrator issues it. Cookies are not looked at."},
			},
		},
	}
}

// operation is what the operations of a kind have in common.
func (k *kindAPI) operation(method, path, id, summary, description string, errors ...int) *huma.Operation {
	op := &huma.Operation{
		Method: method, Path: path, OperationID: id, Summary: summary, Description: description,
		Tags: []string{k.Title}, Responses: map[string]*huma.Response{},
	}
	if strings.Contains(path, "{id}") {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "id", In: "path", Required: true, Description: "The record's id.", Schema: text()})
		errors = append(errors, http.StatusNotFound)
	}
	for _, status := range append(errors, http.StatusUnauthorized, http.StatusNotFound, http.StatusServiceUnavailable) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{problemType: {Schema: ref("Problem")}},
		}
	}
	return op
}

func answers(op *huma.Operation, status int, description, schema string, headers ...string) *huma.Operation {
	r := &huma.Response{Description: description, Headers: map[string]*huma.Param{}}
	if schema != "" {
		r.Content = map[string]*huma.MediaType{"application/json": {Schema: ref(schema)}}
	}
	for _, h := range headers {
		r.Headers[h] = &huma.Param{Description: headerMeanings[h], Schema: text()}
	}
	op.Responses[strconv.Itoa(status)] = r
	return op
}

var headerMeanings = map[string]string{
	"ETag":                 "The version of the record, for If-Match.",
	"Location":             "The address of the new record.",
	"Idempotency-Replayed": "true if the record was created by an earlier request with the same key.",
	"Link":                 "The address of the records after these, with rel=\"next\"; absent at the end.",
}

func takes(op *huma.Operation, schema string) *huma.Operation {
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: ref(schema)}}}
	return op
}

func (k *kindAPI) listOperation() *huma.Operation {
	op := k.operation(http.MethodGet, k.path(), "list-"+k.Plural, "List "+k.words(k.Plural),
		"Records that this token may see, in a fixed order, some at a time.", http.StatusBadRequest)
	filter := func(name, description string, schema *huma.Schema) {
		op.Parameters = append(op.Parameters, &huma.Param{Name: name, In: "query", Description: description, Schema: schema})
	}
	if k.About() {
		filter("child", "Only of the child with this id.", text())
	}
	if _, ok := k.Field("school"); ok {
		filter("school", "Only of the school with this id.", text())
	}
	_, dated := k.Field("date")
	if dated || k.Ends() {
		filter("from", "Only those that hold on this day or later.", &huma.Schema{Type: "string", Format: "date"})
		filter("to", "Only those that hold before this day.", &huma.Schema{Type: "string", Format: "date"})
	}
	filter("since", "Only those recorded or corrected at this instant or later.", &huma.Schema{Type: "string", Format: "date-time"})
	filter("after", "Where the list before ended: next holds the whole address.", text())
	filter("limit", "At most so many; 100 if it is not given.", &huma.Schema{Type: "integer", Minimum: bound(1), Maximum: bound(1000)})
	return answers(op, http.StatusOK, "The records.", k.entity()+"List", "Link")
}

func (k *kindAPI) createOperation() *huma.Operation {
	op := k.operation(http.MethodPost, k.path(), "create-"+k.Name, "Create a record: "+k.words(k.Name), k.Doc,
		http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity)
	op.Parameters = append(op.Parameters, reasonParam(false), &huma.Param{
		Name: keyHeader, In: "header", Schema: &huma.Schema{Type: "string", Pattern: keyShape.String()},
		Description: "A key of the caller's own for this record, a UUID for instance. The same request sent again with it within a week creates nothing, and is answered with the record as it then stands.",
	})
	return answers(takes(op, k.entity()), http.StatusCreated, "The record as it is stored.", k.entity(), "ETag", "Location", "Idempotency-Replayed")
}

func (k *kindAPI) readOperation() *huma.Operation {
	op := k.operation(http.MethodGet, k.path()+"/{id}", "read-"+k.Name, "Read a record: "+k.words(k.Name), k.Doc)
	return answers(op, http.StatusOK, "The record.", k.entity(), "ETag")
}

// change is what operations on a record that stands have in common.
func (k *kindAPI) change(method, path, verb, description string, reasonNeeded bool, errors ...int) *huma.Operation {
	op := k.operation(method, path, strings.ToLower(verb)+"-"+k.Name, verb+" a record: "+k.words(k.Name), description,
		append(errors, http.StatusBadRequest, http.StatusForbidden, http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusUnprocessableEntity)...)
	op.Parameters = append(op.Parameters,
		&huma.Param{Name: "If-Match", In: "header", Required: true, Description: "The ETag with which the record was read.", Schema: &huma.Schema{Type: "string", Pattern: oneVersion.String()}},
		reasonParam(reasonNeeded))
	return op
}

func (k *kindAPI) correctOperation() *huma.Operation {
	op := k.change(http.MethodPut, k.path()+"/{id}", "Correct",
		"The whole record as it should have been: a field that is left out is emptied. What stood is kept in its history.", false,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	return answers(takes(op, k.entity()), http.StatusOK, "The record as it now stands.", k.entity(), "ETag")
}

func (k *kindAPI) endOperation() *huma.Operation {
	op := k.change(http.MethodPost, k.path()+"/{id}/end", "End",
		"The record holds until the day before to_date and no longer.", false,
		http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	return answers(takes(op, k.entity()+"Ending"), http.StatusOK, "The record as it now stands.", k.entity(), "ETag")
}

func (k *kindAPI) deleteOperation() *huma.Operation {
	op := k.change(http.MethodDelete, k.path()+"/{id}", "Delete",
		"Deletes a record that should never have been made. Its history is kept.", true)
	return answers(op, http.StatusNoContent, "The record is deleted.", "")
}

func (k *kindAPI) historyOperation() *huma.Operation {
	op := k.operation(http.MethodGet, k.path()+"/{id}/history", "read-"+k.Name+"-history", "Read the history of a record: "+k.words(k.Name),
		"Every version, the newest first; of a deleted record too.")
	return answers(op, http.StatusOK, "The versions.", k.entity()+"History")
}

func (k *kindAPI) words(name string) string { return strings.ReplaceAll(name, "-", " ") }

func reasonParam(required bool) *huma.Param {
	longest := 500
	return &huma.Param{Name: reasonHeader, In: "header", Required: required, Description: "Why, for the history and the audit.", Schema: &huma.Schema{Type: "string", MaxLength: &longest}}
}

func ref(schema string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + schema} }

func text() *huma.Schema { return &huma.Schema{Type: "string"} }

func bound(n float64) *float64 { return &n }

// describeProblem adds the schemas that are of no kind.
func describeProblem(schemas map[string]*huma.Schema) {
	schemas["Problem"] = &huma.Schema{
		Type: "object", Title: "Problem", Description: "What went wrong (RFC 9457). No value that was sent is repeated.",
		Properties: map[string]*huma.Schema{
			"title":   {Type: "string", Description: "The status in words."},
			"status":  {Type: "integer", Description: "The HTTP status."},
			"detail":  {Type: "string", Description: "What to do about it."},
			"request": {Type: "string", Description: "The request's id, as in X-Request-Id; the log and the audit have it too."},
			"errors": {Type: "array", Description: "What is wrong, field by field.", Items: &huma.Schema{
				Type: "object",
				Properties: map[string]*huma.Schema{
					"field":   {Type: "string", Description: "The field of the record, the filter or the header."},
					"code":    {Type: "string", Description: "For programs.", Enum: problemCodes()},
					"message": {Type: "string", Description: "For people."},
				},
				Required: []string{"field", "code", "message"},
			}},
		},
		Required: []string{"title", "status", "detail", "request"},
	}
	schemas["Code"] = &huma.Schema{
		Type: "object", Title: "Code", Properties: map[string]*huma.Schema{
			"code":       {Type: "string", Description: "What stands in a record."},
			"label":      {Type: "string", Description: "What it means."},
			"valid_from": {Type: "string", Format: "date", Description: "The first day on which it could be used."},
			"valid_to":   {Type: "string", Format: "date", Description: "The day after the last; absent while it is in use."},
		},
		Required: []string{"code", "label", "valid_from"},
	}
	schemas["CodeList"] = &huma.Schema{
		Type: "object", Title: "Codes", Properties: map[string]*huma.Schema{"codes": {Type: "array", Items: ref("Code")}}, Required: []string{"codes"},
	}
}

func problemCodes() (codes []any) {
	for _, c := range []string{
		records.Required, records.Format, records.UnknownCode, records.CodeNotInUse, records.NoSuchRecord, records.OutOfRange, records.DateOrder,
		records.InFuture, records.Overlaps, records.Outside, records.InUse, records.NotEnrolled, records.Fixed, records.Contradicts, records.NotPossible,
		unknownField, twice,
	} {
		codes = append(codes, c)
	}
	return codes
}
