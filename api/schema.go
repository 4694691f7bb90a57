package api

import (
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"onevision/records"
)

// describe adds the schemas of the kind: a record, a list and a history.
func (k *kindAPI) describe(schemas map[string]*huma.Schema) {
	record := &huma.Schema{
		Type: "object", Title: k.Title, Description: k.Doc,
		Properties: map[string]*huma.Schema{}, AdditionalProperties: false,
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
		property.Extensions = map[string]any{}
		if f.Codes != "" {
			property.Description += " A code of the table " + f.Codes + "; " + codesPath + "/" + f.Codes + " lists them."
			property.Extensions["x-codes"] = f.Codes
		}
		if f.Ref != "" {
			property.Description += " The id of a record of the kind " + f.Ref + "."
			property.Extensions["x-kind"] = f.Ref
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
		ending := &huma.Schema{
			Type: "object", Title: k.Title + " ending", Properties: map[string]*huma.Schema{},
			Required: []string{"to_date"}, AdditionalProperties: false,
		}
		for field := range k.ending {
			ending.Properties[field] = record.Properties[field]
		}
		schemas[name+"Ending"] = ending
	}
	schemas[name+"List"] = &huma.Schema{
		Type: "object", Title: k.Title + " list",
		Properties: map[string]*huma.Schema{
			"records": {Type: "array", Items: ref(name)},
			"next":    {Type: "string", Format: "uri-reference", Description: "The address of the records after these; absent at the end."},
		},
		Required: []string{"records"},
	}
	schemas[name+"History"] = &huma.Schema{
		Type: "object", Title: k.Title + " history",
		Properties: map[string]*huma.Schema{"versions": {Type: "array", Items: &huma.Schema{
			Type: "object",
			Properties: map[string]*huma.Schema{
				"record":        ref(name),
				"superseded_at": {Type: "string", Format: "date-time", Description: "When this version ceased to stand; absent while it stands."},
				"superseded_by": {Type: "integer", Format: "int64", Description: "The account that changed it; absent for the program itself."},
				"operation":     {Type: "string", Enum: []any{"update", "delete"}, Description: "What ended it."},
				"reason":        {Type: "string", Description: "Why."},
			},
			Required: []string{"record"},
		}}},
		Required: []string{"versions"},
	}
}

// schemaOf is the JSON of a Go type that a record may hold.
func schemaOf(t reflect.Type) *huma.Schema {
	switch {
	case t == typeDate:
		return &huma.Schema{Type: "string", Format: "date"}
	case t == typeDecimal:
		// As text, so that no reader makes a binary fraction of it; a number
		// is taken too.
		return &huma.Schema{Type: "string", Pattern: number.String()}
	case t == typeTime:
		return &huma.Schema{Type: "string", Format: "date-time"}
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Bool:
		return &huma.Schema{Type: "boolean"}
	case reflect.Int16, reflect.Int32, reflect.Int:
		return &huma.Schema{Type: "integer", Format: "int32"}
	case reflect.Int64:
		return &huma.Schema{Type: "integer", Format: "int64"}
	case reflect.String:
		return text()
	}
	panic("api: no schema for a field of type " + t.String()) // programmer error at start-up
}
