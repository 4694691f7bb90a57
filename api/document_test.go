package api_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

func TestDocument(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	r := h.askWith(t, "", "GET", "/api/openapi.json", nil)
	if r.status != 200 || r.header.Get("Content-Type") != "application/openapi+json" {
		t.Fatalf("%d %v", r.status, r.header)
	}
	d := r.object(t)
	if d["openapi"] != "3.1.0" || d["info"].(map[string]any)["version"] != "test" {
		t.Errorf("openapi %v, info %v", d["openapi"], d["info"])
	}
	for _, elsewhere := range []string{"http://", "https://", "unpkg", "$schema"} {
		if strings.Contains(r.body, elsewhere) {
			t.Errorf("the document names %s", elsewhere)
		}
	}
	schemas := d["components"].(map[string]any)["schemas"].(map[string]any)
	used := map[string]bool{}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				if to, ok := inner.(string); ok && name == "$ref" {
					schema := strings.TrimPrefix(to, "#/components/schemas/")
					if _, ok := schemas[schema]; !ok {
						t.Errorf("%s leads nowhere", to)
					}
					used[schema] = true
				}
				walk(inner)
			}
		case []any:
			for _, inner := range v {
				walk(inner)
			}
		}
	}
	walk(d)
	for schema := range schemas {
		if !used[schema] {
			t.Errorf("schema %s is used nowhere", schema)
		}
	}
	ids := map[string]bool{}
	for path, item := range d["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			op := op.(map[string]any)
			id, _ := op["operationId"].(string)
			if id == "" || ids[id] {
				t.Errorf("%s %s: operation id %q", method, path, id)
			}
			ids[id] = true
			if s, _ := json.Marshal(op["security"]); string(s) != `[{"token":[]}]` {
				t.Errorf("%s: security %s", id, s)
			}
			if op["summary"] == "" || op["tags"] == nil || op["responses"].(map[string]any)["401"] == nil {
				t.Errorf("%s is not described", id)
			}
		}
	}
	for _, k := range records.Kinds() {
		operations := []string{"list-" + k.Plural, "create-" + k.Name, "read-" + k.Name, "correct-" + k.Name, "delete-" + k.Name, "read-" + k.Name + "-history"}
		if k.Ends() {
			operations = append(operations, "end-"+k.Name)
		}
		for _, id := range operations {
			if !ids[id] {
				t.Errorf("there is no operation %s", id)
			}
		}
		properties := schemas[k.Type.Name()].(map[string]any)["properties"].(map[string]any)
		for _, f := range k.Fields {
			p, ok := properties[f.Name].(map[string]any)
			if !ok || p["description"] == "" || p["type"] == nil || f.Codes != "" && p["x-codes"] != f.Codes {
				t.Errorf("%s.%s is described as %v", k.Name, f.Name, p)
			}
			if f.Codes != "" {
				if r := h.ask(t, access.Director, "GET", "/api/v1/codes/"+f.Codes, nil); r.status != 200 {
					t.Errorf("codes of %s: %d", f.Codes, r.status)
				}
			}
		}
	}
}

// Each record that the API gives is as the document says: no member more, and
// all that it promises.
func TestRecordsAreAsDocumented(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	schemas := h.askWith(t, "", "GET", "/api/openapi.json", nil).object(t)["components"].(map[string]any)["schemas"].(map[string]any)
	for _, k := range records.Kinds() {
		id := h.put(t, k, h.fixture(t, k))
		var r reply
		for _, role := range append([]access.Role{access.SocialWorker, access.WelfareOfficer}, access.Roles()...) { // the first see whole records
			if r = h.ask(t, role, "GET", "/api/v1/"+k.Plural+"/"+id, nil); r.status == 200 {
				break
			}
		}
		schema := schemas[k.Type.Name()].(map[string]any)
		properties := schema["properties"].(map[string]any)
		got := r.object(t)
		for name, value := range got {
			p, ok := properties[name].(map[string]any)
			if !ok {
				t.Errorf("%s has a member %s that is not documented", k.Name, name)
				continue
			}
			want := map[string]string{"string": "string", "boolean": "bool", "integer": "float64"}[p["type"].(string)]
			if typeOf(value) != want {
				t.Errorf("%s.%s is %s and not %s", k.Name, name, typeOf(value), want)
			}
		}
		required := schema["required"].([]any)
		for _, name := range required {
			if _, ok := got[name.(string)]; !ok {
				t.Errorf("%s lacks %s", k.Name, name)
			}
		}
		if !slices.Contains(required, any("id")) {
			t.Errorf("%s does not promise an id", k.Name)
		}
	}
}

func typeOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case bool:
		return "bool"
	case float64:
		return "float64"
	}
	return "something else"
}
