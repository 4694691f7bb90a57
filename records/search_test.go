package records_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/records"
)

// named is a child with names, each "type forename|middle names|surname".
func (h *fixture) named(born, upn, nhs string, names ...string) *records.Child {
	h.t.Helper()
	c := &records.Child{DateOfBirth: day(born), Sex: "F", Ethnicity: "WBRI", UPN: upn, NHSNumber: nhs}
	h.put(c)
	for _, n := range names {
		kind, rest, _ := strings.Cut(n, " ")
		parts := strings.Split(rest, "|")
		h.put(&records.ChildName{Child: c.ID, Type: kind, Forename: parts[0], MiddleNames: parts[1], Surname: parts[2], FromDate: day(born)})
	}
	return c
}

func TestSearch(t *testing.T) {
	t.Parallel()
	h := open(t)
	nhs, _ := records.NHSNumber("943476591")
	types := value[[]string](h, `SELECT array_agg(code ORDER BY position) FROM name_type`)
	legal, former := types[0], types[2]
	children := map[string]*records.Child{
		"Siobhán":   h.named("2012-03-04", upn("123456789012"), "", legal+" Siobhán||O’Brien"),
		"Anne":      h.named("2012-03-05", "", nhs, legal+" Anne-Marie|Grace|Smith Jones", former+" Anne-Marie||Whitfield"),
		"Catherine": h.named("2011-07-01", "", "", legal+" Catherine||Smyth"),
		"Zofia":     h.named("2013-01-31", "", "", legal+" Zofia||Łukaszewicz"),
		"Jürgen":    h.named("2013-01-31", "", "", legal+" Jürgen||de la Croix"),
	}
	who := map[string]string{}
	for name, c := range children {
		who[c.ID] = name
	}
	s := h.school("8731234")
	h.enrolment(children["Zofia"], s, "2024-09-01", "")
	h.put(&records.ChildIdentifier{Child: children["Catherine"].ID, Scheme: "ssda903", Value: "0012345", FromDate: day("2020-01-01")})

	for text, want := range map[string]string{
		upn("123456789012"):           "Siobhán upn",
		"siobhan obrien":              "Siobhán name",
		"O'Brien, Siobhan":            "Siobhán name",
		"OBRIEN SIOBHÁN 2012":         "Siobhán name",
		"obrien 2011":                 "",
		"obrien 03/2012":              "Siobhán name",
		"obrien 4/3/2012":             "Siobhán name",
		"obrien 2012-03-05":           "",
		"943 476 591" + nhs[9:]:       "Anne nhs-number",
		nhs:                           "Anne nhs-number",
		"annemarie smith":             "Anne name",
		"Smith-Jones Anne Marie":      "Anne name",
		"jones grace":                 "Anne name",
		"whitfield":                   "Anne name", // as she was called
		"kathryn smith":               "Catherine name",
		"catherin smyth":              "Catherine name",
		"cath":                        "Catherine name",
		"lukaszewicz":                 "Zofia name",
		"lukaszewitz zofia":           "Zofia name",
		"delacroix":                   "Jürgen name",
		"jurgen croix":                "Jürgen name",
		"31/01/2013":                  "Jürgen date-of-birth, Zofia date-of-birth",
		"31/01/2013 873/1234":         "Zofia date-of-birth",
		"8731234":                     "Zofia school",
		"12345":                       "Catherine identifier", // its leading zeros lost
		"0012345":                     "Catherine identifier",
		"nobody of this name at all":  "",
		"' or 1=1 --":                 "",
		"%":                           "invalid",
		"":                            "invalid",
		"s":                           "invalid",
		"2012":                        "invalid",
		"5/2012":                      "invalid",
		strings.Repeat("smith ", 100): "invalid",
	} {
		found, err := h.store.Search(t.Context(), social, text)
		var got []string
		for _, f := range found {
			if f.Score < found[0].Score-0.2 {
				continue // far less likely
			}
			got = append(got, who[f.Child.ID]+" "+f.Matched)
			if len(f.Names) == 0 {
				t.Errorf("%q: a child without a name", text)
			}
		}
		slices.Sort(got)
		said := strings.Join(got, ", ")
		if err != nil {
			said = "invalid"
			wants(t, err, strings.Fields("text required")[0]+" "+map[bool]string{true: records.OutOfRange, false: records.Required}[len(text) > 200])
		}
		if said != want {
			t.Errorf("%q finds %q, want %q: %v", text, said, want, found)
		}
	}

	// Rights: a number of social care finds nobody for who may not see it; who
	// may not read who children are finds nothing, in words that say nothing.
	for role, want := range map[access.Role]string{access.WelfareOfficer: "0 <nil>", access.SocialWorker: "1 <nil>", access.Director: "0 no such record", access.Administrator: "0 no such record"} {
		found, err := h.store.Search(t.Context(), accesstest.Viewer(role), "0012345")
		if got := fmt.Sprintf("%d %v", len(found), err); got != want && !(err != nil && strings.HasPrefix(want, "0 no")) {
			t.Errorf("%s: %s, want %s", role, got, want)
		}
	}
	if n := value[int](h, `SELECT count(*) FROM audit WHERE action = 'search' AND (child_id IS NOT NULL OR cardinality(children) <> cardinality(records))`); n != 0 {
		t.Errorf("%d audit lines of no child", n)
	}
	if n := value[int](h, `SELECT sum(cardinality(children)) FROM audit WHERE action = 'search'`); n < 20 {
		t.Errorf("%d audit lines of searches", n)
	}

	// A name that is corrected or deleted is found no more.
	names, err := h.store.List(t.Context(), social, kind("child-name"), records.ListQuery{Child: children["Catherine"].ID})
	if err != nil {
		t.Fatal(err)
	}
	name := names.Records[0].(*records.ChildName)
	name.Surname = "Featherstone"
	h.put(name)
	for text, want := range map[string]int{"catherine smyth": 0, "featherstone": 1} {
		if found, err := h.store.Search(t.Context(), social, text); err != nil || len(found) != want {
			t.Errorf("%q after the correction: %v %v", text, found, err)
		}
	}
	if err := h.store.Delete(t.Context(), everything, kind("child-name"), name.ID, name.Version, "another child's"); err != nil {
		t.Fatal(err)
	}
	if found, err := h.store.Search(t.Context(), social, "featherstone"); err != nil || len(found) != 0 {
		t.Errorf("after the deletion: %v %v", found, err)
	}
}

// The whole record is what the lists of each kind say, for each role, with one
// line of audit that names the kinds.
func TestChildRecord(t *testing.T) {
	t.Parallel()
	h := open(t)
	c := h.named("2010-03-04", upn("123456789012"), "", "legal Jamie||Invented")
	other := h.named("2010-03-04", "", "", "legal Alex||Another")
	s := h.school("8731234")
	for _, child := range []*records.Child{c, other} {
		h.enrolment(child, s, "2024-09-01", "")
		h.put(&records.Attendance{Child: child.ID, School: s.ID, Date: day("2026-11-09"), AM: "/"})
		h.put(&records.SocialCareCase{Child: child.ID, FromDate: day("2026-01-05"), ReferralSource: value[string](h, `SELECT min(code) FROM referral_source`)})
	}
	for _, role := range access.Roles() {
		v := accesstest.Viewer(role).WithRequest("whole-" + string(role))
		whole, err := h.store.ChildRecord(t.Context(), v, c.ID)
		if !v.Reads(access.Identity) {
			if err != records.ErrNotFound {
				t.Errorf("%s: %v", role, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", role, err)
		}
		seen := []string{"child"}
		for _, of := range whole.Kinds {
			seen = append(seen, of.Kind.Name)
			list, err := h.store.List(t.Context(), accesstest.Viewer(role), of.Kind, records.ListQuery{Child: c.ID, Limit: 1000})
			if err != nil || fmt.Sprintf("%+v", list.Records) == "" || len(list.Records) != len(of.Records) {
				t.Errorf("%s: %d of %s, the list has %d (%v)", role, len(of.Records), of.Kind.Name, len(list.Records), err)
			}
		}
		for _, k := range records.Kinds() {
			if k.About() && v.Reads(k.Category) != slices.Contains(seen, k.Name) {
				t.Errorf("%s may read %s: %v", role, k.Name, v.Reads(k.Category))
			}
		}
		lines := value[[]string](h, `SELECT array_agg(action || ' ' || kind || ' ' || array_to_string(fields, ',')) FROM audit WHERE request = $1`, "whole-"+string(role))
		if want := "read child-record " + strings.Join(seen, ","); len(lines) != 1 || lines[0] != want {
			t.Errorf("%s: audit %q, want %q", role, lines, want)
		}
	}
	for _, id := range []string{"", "7", "00000000-0000-4000-8000-000000000000"} {
		if _, err := h.store.ChildRecord(t.Context(), social, id); err != records.ErrNotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
}
