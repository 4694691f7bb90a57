package api

// The code tables, which a program needs to fill in a record.

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"onevision/records"
)

// codesPath is where the code tables are.
const codesPath = base + "/codes"

func (s *server) mountCodes() {
	op := newOperation(http.MethodGet, codesPath+"/{table}", "list-codes", "List the codes of a table",
		"Every code, those no longer in use included, with the days on which it could be used.", "Codes")
	op.Parameters = append(op.Parameters, parameter{Name: "table", In: "path", Required: true, Description: "The code table, as the fields of the records name it.", Schema: text()})
	s.handle(answers(op, http.StatusOK, "The codes.", "CodeList"), s.codes)

	s.document.Components.Schemas["CodeTables"] = &schema{Type: "object", Title: "Code tables", Required: []string{"tables"},
		Properties: map[string]*schema{"tables": listOf(&schema{Type: "object", Required: []string{"table", "codes"}, Properties: map[string]*schema{
			"table": text(), "codes": listOf(ref("Code")),
		}})}}
	all := newOperation(http.MethodGet, codesPath, "list-code-tables", "List every code table with its codes",
		"Every table that a field of a record takes its value from, in the order of their names.", "Codes")
	s.handle(answers(all, http.StatusOK, "The tables.", "CodeTables"), s.codeTables)
}

// codes is the body of an answer about a code table.
type codes struct {
	Table string              `json:"table,omitempty"`
	Codes []records.CodeValue `json:"codes"`
}

func (s *server) codes(c call) (answer, error) {
	list, err := s.Store.Codes(c.ctx, c.viewer, strings.ToLower(c.Param("table")))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: codes{Codes: list}}, nil
}

func (s *server) codeTables(c call) (answer, error) {
	names := map[string]bool{}
	for _, k := range records.Kinds() {
		for _, f := range k.Fields {
			if f.Codes != "" {
				names[f.Codes] = true
			}
		}
	}
	tables := []codes{}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		list, err := s.Store.Codes(c.ctx, c.viewer, name)
		if err != nil {
			return answer{}, err
		}
		tables = append(tables, codes{name, list})
	}
	return answer{status: http.StatusOK, body: map[string]any{"tables": tables}}, nil
}
