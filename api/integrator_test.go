package api_test

import (
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
)

// The whole record is a child and a list for each kind that the token may read.
func TestWholeRecord(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	name := h.kind(t, "child-name")
	id := h.put(t, name, h.fixture(t, name))
	child := h.ask(t, access.SocialWorker, "GET", "/api/v1/child-names/"+id, nil).object(t)["child"].(string)
	for role, absent := range map[access.Role]string{access.SocialWorker: "", access.WelfareOfficer: "social-care-cases"} {
		whole := h.ask(t, role, "GET", "/api/v1/children/"+child+"/record", nil).object(t)
		if whole["child"].(map[string]any)["id"] != child || len(whole["child-names"].([]any)) != 1 || len(whole["attendances"].([]any)) != 0 {
			t.Errorf("%s: %v", role, whole)
		}
		if absent != "" && whole[absent] != nil {
			t.Errorf("%s sees %s", role, absent)
		}
	}
	for role, address := range map[access.Role]string{access.Director: child, access.SocialWorker: "00000000-0000-4000-8000-000000000000"} {
		if r := h.ask(t, role, "GET", "/api/v1/children/"+address+"/record", nil); r.status != 404 {
			t.Errorf("%s: %d", role, r.status)
		}
	}
}

func TestSearchChildren(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	name := h.kind(t, "child-name")
	members := h.fixture(t, name)
	members["forename"], members["surname"] = "Siobhán", "O’Brien"
	h.put(t, name, members)
	r := h.ask(t, access.SocialWorker, "POST", "/api/v1/search", map[string]any{"text": "obrien siobhan"})
	found := r.object(t)["found"].([]any)
	if r.status != 200 || len(found) != 1 || found[0].(map[string]any)["child"].(map[string]any)["id"] != members["child"] || !strings.Contains(r.body, "Siobhán O’Brien") {
		t.Errorf("%d %s", r.status, r.body)
	}
	for body, want := range map[string]string{
		`{"text":"nobody at all"}`: `200 {"found":[]}`,
		`{"text":""}`:              "422", `{"text":7}`: "422", `{"name":"x"}`: "422", `x`: "400",
	} {
		r := h.ask(t, access.SocialWorker, "POST", "/api/v1/search", body)
		if got := fmt.Sprintf("%d %s", r.status, r.body); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", body, got)
		}
	}
	if r := h.ask(t, access.Administrator, "POST", "/api/v1/search", "not JSON"); r.status != 404 {
		t.Errorf("an administrator: %d", r.status)
	}
}

// Whoever has an answer is not sent it again; what changed is.
func TestIfNoneMatch(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	child := h.kind(t, "child")
	id := h.put(t, child, h.fixture(t, child))
	const who = access.SocialWorker
	addresses := []string{"/api/v1/children/" + id, "/api/v1/children/" + id + "/record", "/api/v1/children?child=" + id, "/api/v1/children/" + id + "/history", "/api/v1/codes", "/api/v1/codes/sex"}
	tags := map[string]string{}
	for _, address := range addresses {
		first := h.ask(t, who, "GET", address, nil)
		tags[address] = first.header.Get("ETag")
		again := h.ask(t, who, "GET", address, nil, "If-None-Match", `"other", W/`+tags[address])
		if first.status != 200 || tags[address] == "" || again.status != 304 || again.body != "" || again.header.Get("ETag") != tags[address] {
			t.Errorf("%s: %d with %q, then %d %q", address, first.status, tags[address], again.status, again.body)
		}
	}
	record := h.ask(t, who, "GET", addresses[0], nil).object(t)
	record["date_of_birth"] = "2011-11-11"
	if r := h.ask(t, who, "PUT", addresses[0], record, "If-Match", tags[addresses[0]]); r.status != 200 {
		t.Fatalf("%d %s", r.status, r.body)
	}
	for _, address := range addresses[:4] {
		if r := h.ask(t, who, "GET", address, nil, "If-None-Match", tags[address]); r.status != 200 || r.header.Get("ETag") == tags[address] {
			t.Errorf("%s after a correction: %d", address, r.status)
		}
	}
}

// Every code table that a record takes a value from is listed, with labels and
// days.
func TestCodeTables(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	tables := map[string]bool{}
	for _, one := range h.ask(t, access.Director, "GET", "/api/v1/codes", nil).object(t)["tables"].([]any) {
		table := one.(map[string]any)
		tables[table["table"].(string)] = true
		code := table["codes"].([]any)[0].(map[string]any)
		if code["label"] == "" || code["valid_from"] == nil {
			t.Errorf("%v", table)
		}
	}
	for _, k := range records.Kinds() {
		for _, f := range k.Fields {
			if f.Codes != "" && !tables[f.Codes] {
				t.Errorf("%s is not listed", f.Codes)
			}
		}
	}
}

func TestImportAFile(t *testing.T) {
	t.Parallel()
	h := newServer(t)
	const path = "/api/v1/imports/attendance"
	child, school := h.kind(t, "child"), h.kind(t, "school")
	upn, _ := records.UPN("873001100001")
	pupil := h.fixture(t, child)
	pupil["upn"] = upn
	pupilID := h.put(t, child, pupil)
	building := h.fixture(t, school)
	schoolID := h.put(t, school, building)
	h.put(t, h.kind(t, "enrolment"), map[string]any{"child": pupilID, "school": schoolID, "status": "C", "from_date": "2024-09-01"})
	file := "laestab,upn,date,session,code,minutes_late\n" +
		fmt.Sprintf("%v,%s,2026-11-09,am,/,\n", building["laestab"], upn) +
		fmt.Sprintf("%v,%s,2026-11-09,pm,?,\n", building["laestab"], upn) +
		fmt.Sprintf("8739999,%s,2026-11-09,am,/,\n", upn)
	r := h.ask(t, access.WelfareOfficer, "POST", path, file, "Content-Type", "text/csv")
	report := r.object(t)
	if r.status != 200 || report["rows"] != 3.0 || report["added"] != 1.0 || report["unmatched"] != 1.0 || report["rejected"] != 1.0 {
		t.Errorf("%d %s", r.status, r.body)
	}
	if strings.Contains(r.body, upn) {
		t.Error("the report repeats a value")
	}
	if again := h.ask(t, access.WelfareOfficer, "POST", path, file, "Content-Type", "text/csv").object(t); again["added"] != 0.0 || again["unchanged"] != 1.0 {
		t.Errorf("again: %v", again)
	}
	for _, tried := range []struct {
		role   access.Role
		path   string
		body   string
		status int
	}{
		{access.WelfareOfficer, path, "a,b\n1,2\n", 422},
		{access.WelfareOfficer, path, "", 422},
		{access.WelfareOfficer, "/api/v1/imports/nothing", file, 404},
		{access.SocialWorker, path, file, 403},
		{access.Director, path, file, 404},
	} {
		if r := h.ask(t, tried.role, "POST", tried.path, tried.body, "Content-Type", "text/csv"); r.status != tried.status {
			t.Errorf("%s as %s: %d %s", tried.path, tried.role, r.status, r.body)
		}
	}
}
