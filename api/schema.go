package api

// The JSON Schemas of a kind of record, made from its fields.

import (
	"encoding/json"
	"reflect"
	"strings"

	"onevision/records"
)

// describe adds the schemas of the kind: a record, a list and a history.
func (k *kindAPI) describe(schemas map[string]*schema) {
	record := &schema{
		Type: "object", Title: k.Title, Description: k.Doc,
		Properties: map[string]*schema{}, AdditionalProperties: new(bool),
	}
	for _, sf := range reflect.VisibleFields(reflect.TypeFor[records.Meta]()) {
		name, options, _ := strings.Cut(sf.Tag.Get("json"), ",")
		if name == "" || name == "-" || !sf.IsExported() {
			continue
		}
		property := schemaOf(sf.Type)
		property.Description, property.ReadOnly = sf.Tag.Get("doc"), sf.Tag.Get("readOnly") == "true"
		record.Properties[name] = property
		if !strings.Contains(options, "omit") {
			record.Required = append(record.Required, name)
		}
	}
	for _, f := range k.Fields {
		property := schemaOf(f.Go)
		property.Title, property.Description, property.ReadOnly = f.Title, f.Doc, f.Derived
		if f.Example != "" && property.Type == "string" {
			property.Examples = []any{f.Example}
		} else if f.Example != "" {
			property.Examples = []any{json.RawMessage(f.Example)}
		}
		if f.Codes != "" {
			property.Description += " A code of the table " + f.Codes + "; " + codesPath + "/" + f.Codes + " lists them."
			property.Codes = f.Codes
		}
		if f.Ref != "" {
			property.Description += " The id of a record of the kind " + f.Ref + "."
			property.Kind = f.Ref
		}
		if f.As != "" {
			property.Format = f.As
		}
		if f.Fixed {
			property.Description += " It cannot be corrected."
		}
		if f.Ref == "child" {
			property.Format = "uuid"
		}
		record.Properties[f.Name] = property
		if f.Required && !f.Derived && f.Go.Kind() != reflect.Bool {
			record.Required = append(record.Required, f.Name)
		}
	}
	name := k.entity()
	schemas[name] = record
	if k.Ends() {
		ending := &schema{
			Type: "object", Title: k.Title + " ending", Properties: map[string]*schema{},
			Required: []string{"to_date"}, AdditionalProperties: new(bool),
		}
		for field := range k.ending {
			ending.Properties[field] = record.Properties[field]
		}
		schemas[name+"Ending"] = ending
	}
	schemas[name+"List"] = &schema{
		Type: "object", Title: k.Title + " list",
		Properties: map[string]*schema{
			"records": listOf(ref(name)),
			"next":    {Type: "string", Format: "uri-reference", Description: "The address of the records after these; absent at the end."},
		},
		Required: []string{"records"},
	}
	schemas[name+"History"] = &schema{
		Type: "object", Title: k.Title + " history",
		Properties: map[string]*schema{"versions": {Type: "array", Items: &schema{
			Type: "object",
			Properties: map[string]*schema{
				"record":        ref(name),
				"superseded_at": {Type: "string", Format: "date-time", Description: "When this version ceased to stand; absent while it stands."},
				"superseded_by": {Type: "integer", Format: "int64", Description: "The account that changed it; absent for the program itself."},
				"operation":     {Type: "string", Enum: []string{"update", "delete"}, Description: "What ended it."},
				"reason":        {Type: "string", Description: "Why."},
			},
			Required: []string{"record"},
		}}},
		Required: []string{"versions"},
	}
}

// schemaOf is the JSON of a Go type that a record may hold.
func schemaOf(t reflect.Type) *schema {
	switch {
	case t == typeDate:
		return &schema{Type: "string", Format: "date"}
	case t == typeDecimal:
		// As text, so that no reader makes a binary fraction of it; a number
		// is taken too.
		return &schema{Type: "string", Pattern: number.String()}
	case t == typeTime:
		return &schema{Type: "string", Format: "date-time"}
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int16, reflect.Int32, reflect.Int:
		return &schema{Type: "integer", Format: "int32"}
	case reflect.Int64:
		return &schema{Type: "integer", Format: "int64"}
	case reflect.String:
		return text()
	}
	panic("api: no schema for a field of type " + t.String()) // programmer error at start-up
}
