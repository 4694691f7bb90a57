package api

// The code tables, which a program needs to fill in a record.

import (
	"net/http"
	"strings"

	"onevision/records"
)

// codesPath is where the code tables are.
const codesPath = base + "/codes"

// mountCodes makes the one operation that is of no kind: the codes of a table,
// which a program needs to send a record.
func (s *server) mountCodes() {
	k := &kindAPI{Kind: &records.Kind{Title: "Codes"}, server: s}
	op := k.operation(http.MethodGet, codesPath+"/{table}", "list-codes", "List the codes of a table",
		"Every code, those no longer in use included, with the days on which it could be used.")
	op.Parameters = append(op.Parameters, parameter{Name: "table", In: "path", Required: true, Description: "The code table, as the fields of the records name it.", Schema: text()})
	s.handle(answers(op, http.StatusOK, "The codes.", "CodeList"), s.codes)
}

// codes is the body of an answer about a code table.
type codes struct {
	Codes []records.CodeValue `json:"codes"`
}

func (s *server) codes(c call) (answer, error) {
	list, err := s.Store.Codes(c.ctx, c.viewer, strings.ToLower(c.Param("table")))
	if err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusOK, body: codes{list}}, nil
}
