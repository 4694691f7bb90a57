package dashboards

import (
	"archive/zip"
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/records"
	_ "onevision/records/intake/ssd"
)

// upload sends a file as a browser does.
func (s *somebody) upload(fields map[string]string, name, text string) reply {
	s.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for field, value := range fields {
		if err := w.WriteField(field, value); err != nil {
			s.t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = part.Write([]byte(text))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.fixture.url+uploadPath, &body)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var said bytes.Buffer
	if _, err := said.ReadFrom(res.Body); err != nil {
		s.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, said.String()}
}

// facts are what a page lists, by name.
func (s *somebody) facts(path string) (map[string]string, string) {
	s.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		r := s.get(path)
		page := document(s.t, r.body)
		if r.status != http.StatusOK {
			s.t.Fatalf("%s: %d %s", path, r.status, page.Find("main").Text())
		}
		text := page.Find("main").Text()
		if strings.Contains(text, "Look again") && time.Now().Before(deadline) {
			continue
		}
		facts := map[string]string{}
		for _, row := range page.Find(".govuk-summary-list__row").EachIter() {
			facts[row.Find("dt").Text()] = row.Find("dd").Text()
		}
		return facts, text
	}
}

// A welfare officer uploads a file, sees what would become of it while nothing has
// gone in, imports it, and undoes it with a reason; nobody else sees their file.
func TestAFileIsUploadedTriedImportedAndUndone(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	store := records.NewStore(h.pool, time.Now)
	generator := access.System(access.Generating)
	upn, _ := records.UPN("873400121001")
	stranger, _ := records.UPN("873400121999")
	school := &records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	child := &records.Child{DateOfBirth: records.NewDate(2010, 5, 4), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	for _, rec := range []records.Record{school, child} {
		if err := store.Put(t.Context(), generator, rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Put(t.Context(), generator, &records.Enrolment{Child: child.ID, School: school.ID, Status: "C", FromDate: records.NewDate(2021, 9, 1)}, ""); err != nil {
		t.Fatal(err)
	}
	text := "laestab,upn,date,session,code\n8734001," + upn + ",2025-11-10,AM,/\n8734001," + upn + ",2025-11-10,PM,ZZ\n8734001," + stranger + ",2025-11-11,AM,/\n"
	officer := h.as(t, access.WelfareOfficer)

	for name, r := range map[string]reply{
		"Choose a file":                officer.upload(nil, "", ""),
		"Choose what the file holds":   officer.upload(map[string]string{"format": "registers"}, "marks.csv", text),
		"Give the last day as yyyy-mm": officer.upload(map[string]string{"covers_to": "soon"}, "marks.csv", text),
	} {
		if page := document(t, r.body); r.status != http.StatusUnprocessableEntity || !strings.Contains(page.Find(".govuk-error-summary").Text(), name) {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
	wrong := officer.upload(nil, "letter.csv", "Dear all,\n")
	if _, said := officer.facts(wrong.header.Get("Location")); !strings.Contains(said, "The file was not imported") || !strings.Contains(said, "another format") {
		t.Errorf("a letter: %s", said)
	}

	sent := officer.upload(map[string]string{"format": "attendance", "covers_to": "2025-11-14"}, "marks.csv", text)
	address := sent.header.Get("Location")
	if sent.status != http.StatusSeeOther || !strings.HasPrefix(address, uploadPath+"/") {
		t.Fatalf("uploaded: %d %s", sent.status, sent.body)
	}
	tried, said := officer.facts(address)
	if tried["Added"] != "1" || tried["Rejected"] != "1" || tried["Match nobody"] != "1" || !strings.Contains(said, "Nothing has gone in yet") || strings.Contains(said, upn) {
		t.Errorf("tried: %v %s", tried, said)
	}
	if r := officer.get(address + "/rejects"); r.status != http.StatusOK || !strings.Contains(r.body, ",PM,ZZ,") || !strings.Contains(r.header.Get("Content-Disposition"), "marks.rejects.csv") {
		t.Errorf("rejects: %d %s", r.status, r.body)
	}
	if page := document(t, officer.get("/imports").body); !strings.Contains(page.Find("main").Text(), "No file has been imported yet") {
		t.Error("a trial is listed as an import")
	}
	for _, path := range []string{address, address + "/rejects"} {
		if r := h.as(t, access.SocialWorker).get(path); r.status != http.StatusNotFound {
			t.Errorf("somebody else's %s: %d", path, r.status)
		}
	}
	if r := officer.post(address+"/run", url.Values{}); r.status != http.StatusSeeOther {
		t.Fatalf("run: %d", r.status)
	}
	did, said := officer.facts(address)
	if did["Added"] != "1" || did["Rejected"] != "1" || !strings.Contains(said, "This is what became of the rows") {
		t.Errorf("imported: %v %s", did, said)
	}
	officer.post(address+"/run", url.Values{}) // asked twice
	list := document(t, officer.get("/imports").body).Find("main tbody tr")
	link := list.Find("a").AttrOr("href", "")
	if list.Length() != 1 || !strings.Contains(list.Text(), "you") {
		t.Fatalf("%s", list.Text())
	}
	if facts, _ := officer.facts(link); facts["Goes up to"] != "14 November 2025" || facts["Rows"] != "3" || facts["State"] != "Done" {
		t.Errorf("the import: %v", facts)
	}
	if r := h.as(t, access.SocialWorker).post(link+"/undo", url.Values{"why": {"mine"}}); r.status != http.StatusNotFound {
		t.Errorf("a social worker undoes marks: %d", r.status)
	}
	if r := officer.post(link+"/undo", url.Values{"why": {" "}}); r.status != http.StatusUnprocessableEntity || document(t, r.body).Find("#why-error").Length() != 1 {
		t.Errorf("without a reason: %d", r.status)
	}
	if r := officer.post(link+"/undo", url.Values{"why": {"last year's file"}}); r.status != http.StatusSeeOther {
		t.Errorf("undo: %d %s", r.status, r.body)
	}
	facts, said := officer.facts(link)
	if !strings.HasPrefix(facts["State"], "Undone on") || !strings.Contains(said, "Attendance: 1 deleted, 0 put back") {
		t.Errorf("undone: %v %s", facts, said)
	}
	// An extract tells of children whom no role sees all of: whoever operates the system hands it in.
	var extract bytes.Buffer
	z := zip.NewWriter(&extract)
	table, err := z.Create("ssd_person.csv")
	if err == nil {
		_, err = table.Write([]byte("pers_person_id,pers_surname,pers_forename,pers_sex,pers_ethnicity,pers_dob\nA1,Alder,Ann,F,WBRI,2015-03-04\n"))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	form := map[string]string{"format": "ssd", "extent": "full", "covers_to": "2025-11-14"}
	if _, said := officer.facts(officer.upload(form, "extract.zip", extract.String()).header.Get("Location")); !strings.Contains(said, "may not import files of this kind") {
		t.Errorf("a welfare officer hands an extract in: %s", said)
	}
	administrator := h.as(t, access.Administrator)
	address = administrator.upload(form, "extract.zip", extract.String()).header.Get("Location")
	if tried, said := administrator.facts(address); tried["Child"] != "1 made, 0 corrected, 0 deleted" {
		t.Errorf("the extract is tried: %v %s", tried, said)
	}
	administrator.post(address+"/run", url.Values{})
	if did, said := administrator.facts(address); did["Child"] != "1 made, 0 corrected, 0 deleted" || did["Rejected"] != "0" {
		t.Errorf("the extract is imported: %v %s", did, said)
	}
	if r := officer.get("/imports/999"); r.status != http.StatusNotFound {
		t.Errorf("an import that is not there: %d", r.status)
	}
}

// A file of no known format: somebody says on a page without script what its columns
// and values are, sees what ten rows become, and the mapping serves for the next file.
func TestAnUnknownFileIsMappedTriedAndKept(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	store := records.NewStore(h.pool, time.Now)
	upn, _ := records.UPN("873400121001")
	child := &records.Child{DateOfBirth: records.NewDate(2009, 5, 4), Sex: "F", Ethnicity: "WBRI", UPN: upn}
	school := &records.School{LAESTAB: "8734001", Name: "Madeup Academy", Phase: "secondary", FromDate: records.NewDate(1990, 9, 1)}
	put := func(rec records.Record) {
		if err := store.Put(t.Context(), access.System(access.Generating), rec, ""); err != nil {
			t.Fatal(err)
		}
	}
	put(school)
	put(child)
	put(&records.Enrolment{Child: child.ID, School: school.ID, Status: "C", FromDate: records.NewDate(2021, 9, 1)})
	officer := h.as(t, access.WelfareOfficer)
	text := "UPN,Reason Out,From,To,Note\n" + upn + ",philosophy,01/09/2020,01/07/2021,x\n" + upn + ",nonsense,01/02/2019,,y\n"
	if r := officer.upload(map[string]string{"format": "another"}, "ehe.csv", text); r.status != http.StatusUnprocessableEntity || !strings.Contains(r.body, "Choose what a row of the file is") {
		t.Errorf("another file of no kind: %d", r.status)
	}
	sent := officer.upload(map[string]string{"format": "another", "kind": "elective-home-education"}, "ehe.csv", text)
	address := sent.header.Get("Location")
	page := document(t, officer.get(address).body)
	if got := page.Find("#column-0 option[selected]").Text(); !strings.Contains(got, "UPN") || page.Find("#always-main_reason option").Length() < 3 {
		t.Fatalf("the columns are shown as %q: %s", got, page.Find("main").Text())
	}
	form := url.Values{"name": {"EHE"}, "source": {"authority"}, "column-0": {"child:upn"}, "column-1": {"field:main_reason"}, "do": {"try"}}
	wrong := officer.post(address, form)
	if said := document(t, wrong.body).Find(".govuk-error-summary").Text(); wrong.status != http.StatusUnprocessableEntity || !strings.Contains(said, "small letters") || !strings.Contains(said, "From date: must be given") {
		t.Errorf("a mapping that is wrong: %d %s", wrong.status, said)
	}
	form.Set("name", "ehe-list")
	form.Set("column-2", "field:from_date")
	form.Set("column-3", "field:to_date")
	form.Set("do", "look")
	page = document(t, officer.post(address, form).body)
	code, _ := page.Find("#value-main_reason-0 option").Eq(1).Attr("value")
	if page.Find("input[name=of-main_reason-1]").Length() != 1 || code == "" {
		t.Fatalf("the values are not asked: %s", page.Find("main").Text())
	}
	form.Set("of-main_reason-0", "philosophy")
	form.Set("value-main_reason-0", code)
	form.Set("of-main_reason-1", "nonsense")
	form.Set("value-main_reason-1", "")
	form.Set("do", "try")
	tried := officer.post(address, form).header.Get("Location")
	facts, said := officer.facts(tried)
	if facts["Added"] != "1" || facts["Rejected"] != "1" || !strings.Contains(said, "What the first rows become") || !strings.Contains(said, "First day: 2020-09-01") || strings.Contains(said, upn) {
		t.Fatalf("tried: %v %s", facts, said)
	}
	if text := document(t, officer.get("/imports/mappings").body).Find("main").Text(); !strings.Contains(text, "None is kept yet") {
		t.Error("a trial keeps the mapping")
	}
	if r := officer.post(tried+"/run", nil); r.status != http.StatusSeeOther {
		t.Fatalf("run: %d", r.status)
	}
	if facts, said = officer.facts(tried); facts["Added"] != "1" {
		t.Errorf("imported: %v %s", facts, said)
	}
	if text := document(t, officer.get("/imports/mappings").body).Find("main").Text(); !strings.Contains(text, "ehe-list") || !strings.Contains(text, "philosophy") {
		t.Errorf("kept: %s", text)
	}
	again := officer.upload(map[string]string{"format": "ehe-list"}, "ehe.csv", text)
	if facts, said = officer.facts(again.header.Get("Location")); facts["Already there"] != "1" {
		t.Errorf("the next file: %v %s", facts, said)
	}
	if r := h.as(t, access.SocialWorker).post("/imports/mappings/ehe-list/forget", nil); r.status == http.StatusSeeOther && strings.Contains(document(t, officer.get("/imports/mappings").body).Find("main").Text(), "None is kept yet") {
		t.Error("whoever writes no education takes its mapping away")
	}
	if r := officer.post("/imports/mappings/ehe-list/forget", nil); r.status != http.StatusSeeOther {
		t.Errorf("forget: %d", r.status)
	}
}
