package api

// The whole record of a child in one read.

import (
	"net/http"

	"onevision/records"
)

func (s *server) mountChildRecord() {
	op := newOperation(http.MethodGet, base+"/children/{id}/record", "read-child-record", "Read the whole record of a child",
		"The child and all current records about them, of every kind that this token may read. A kind that it may not read is absent; one without records is an empty list.", "Child")
	s.document.Components.Schemas["ChildRecord"] = childRecordSchema()
	s.handle(answers(op, http.StatusOK, "The record.", "ChildRecord", "ETag"), s.childRecord)
}

func childRecordSchema() *schema {
	child, _ := records.KindOf("child")
	whole := &schema{Type: "object", Title: "Whole record of a child", Required: []string{"child"}, AdditionalProperties: new(bool),
		Properties: map[string]*schema{"child": ref(child.Type.Name())}}
	for _, k := range records.Kinds() {
		if k.About() && k != child {
			whole.Properties[k.Plural] = listOf(ref(k.Type.Name()))
		}
	}
	return whole
}

func (s *server) childRecord(c call) (answer, error) {
	whole, err := s.Store.ChildRecord(c.ctx, c.viewer, c.Param("id"))
	if err != nil {
		return answer{}, err
	}
	body := map[string]any{"child": whole.Child}
	for _, of := range whole.Kinds {
		body[of.Kind.Plural] = of.Records
	}
	return answer{status: http.StatusOK, body: body}, nil
}
