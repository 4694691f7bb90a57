package intake_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

const pupilLines = "UPN,Legal Surname,Legal Forename,DOB,Gender,DfE Number,Year Group,Date of Entry,Leaving Date,Ethnicity,Enrolment Status,Home Address,Post Code\r\n"

func (h *fixture) text(sql string, args ...any) (s string) {
	h.t.Helper()
	if err := h.admin.QueryRow(context.Background(), sql, args...).Scan(&s); err != nil {
		h.t.Fatal(err)
	}
	return s
}

const pupilStands = `SELECT string_agg(concat_ws(' ', c.upn, c.sex, c.ethnicity, n.forename, n.surname, n.from_date, coalesce(n.to_date::text, '-'), s.laestab, e.status, e.from_date, coalesce(e.to_date::text, '-'), a.postcode, a.from_date), '; ' ORDER BY c.id, n.from_date, e.from_date)
	FROM child c LEFT JOIN child_name n ON n.child_id = c.id LEFT JOIN enrolment e ON e.child_id = c.id LEFT JOIN school s ON s.id = e.school_id LEFT JOIN address a ON a.child_id = c.id WHERE c.date_of_birth = $1`

func TestPupilsFromAnEmptyStore(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	h.put(&records.School{LAESTAB: "8734002", Name: "Other", Phase: "primary", FromDate: records.NewDate(1990, 9, 1)})
	text := pupilLines +
		upn(1) + `,O'Neill,Zoë,03/05/2012,F,873/4001,10,01/09/2023,,WBRI,C,"1 High Street` + "\r\n" + `Ely",cb74aa` + "\r\n" +
		upn(2) + ",Smith,Tom,2013-01-31,Male,8734001,9,2024-09-03,,,,,\r\n" +
		// A mover: the leaver's row, and that of the new school.
		upn(3) + ",Jones,Ann,01/02/2015,F,8734002,5,01/09/2019,20/12/2024,BAFR,C,,\r\n" +
		upn(3) + ",Jones,Ann,01/02/2015,F,8734001,5,06/01/2025,,BAFR,C,,\r\n" +
		",Novak,Jan,07/08/2014,M,8734001,7,01/09/2025,,,C,,\r\n" +
		upn(5) + ",Lost,Boy,07/08/2014,M,8739999,7,01/09/2025,,,C,,\r\n" +
		"A" + upn(6)[1:] + "x,Bad,Number,07/08/2014,M,8734001,7,01/09/2025,,,C,,\r\n" +
		upn(7) + ",Bad,Day,31/02/2014,M,8734001,7,01/09/2025,,,C,,\r\n" +
		upn(8) + ",Bad,Code,01/03/2014,M,8734001,7,01/09/2025,,ZZZZ,C,,\r\n" +
		",,,,,,,,,,,,\r\n"
	report, rejects := h.imported("pupils", text)
	want(t, report, 9, 5, 0, 0, 1, 3)
	for _, says := range []string{",upn,", ",date_of_birth,31/02/2014,", ",ethnicity,ZZZZ,"} {
		if !strings.Contains(rejects, says) {
			t.Errorf("rejects do not say %q: %s", says, rejects)
		}
	}
	for day, stands := range map[string]string{
		"2012-05-03": upn(1) + " F WBRI Zoë O'Neill 2012-05-03 - 8734001 C 2023-09-01 - CB7 4AA 2023-09-01",
		"2013-01-31": upn(2) + " M NOBT Tom Smith 2013-01-31 - 8734001 C 2024-09-03 -",
		"2015-02-01": upn(3) + " F BAFR Ann Jones 2015-02-01 - 8734002 C 2019-09-01 2024-12-21; " + upn(3) + " F BAFR Ann Jones 2015-02-01 - 8734001 C 2025-01-06 -",
		"2014-08-07": "M NOBT Jan Novak 2014-08-07 - 8734001 C 2025-09-01 -",
	} {
		if got := h.text(pupilStands, day); got != stands {
			t.Errorf("born %s: %q, not %q", day, got, stands)
		}
	}
	versions := `SELECT (SELECT sum(version) FROM child) + (SELECT sum(version) FROM child_name) + (SELECT sum(version) FROM enrolment) + (SELECT sum(version) FROM address)`
	before := h.count(versions)
	twice, _ := h.imported("pupils", text)
	want(t, twice, 9, 0, 0, 5, 1, 3)
	if h.count(versions) != before {
		t.Error("the same file again changed something")
	}

	// Next year: a name changed, an address too, a leaver, and capitals only.
	text = pupilLines +
		upn(1) + `,O'NEILL,ZOE,03/05/2012,F,8734001,11,01/09/2023,,WBRI,C,2 Low Street,CB7 4AB` + "\n" +
		upn(2) + ",Brown,Tom,31/01/2013,M,8734001,10,03/09/2024,23/10/2026,WBRI,C,,\n"
	report, _ = h.imported("pupils", text)
	want(t, report, 2, 0, 2, 0, 0, 0)
	if got, stands := h.text(`SELECT string_agg(concat_ws(' ', lines, postcode, from_date, coalesce(to_date::text, '-')), '; ' ORDER BY from_date) FROM address`),
		"1 High Street\nEly CB7 4AA 2023-09-01 2026-11-22; 2 Low Street CB7 4AB 2026-11-22 -"; got != stands {
		t.Errorf("addresses %q, not %q", got, stands)
	}
	if got, stands := h.text(pupilStands, "2013-01-31"), upn(2)+" M WBRI Tom Smith 2013-01-31 2026-11-22 8734001 C 2024-09-03 2026-10-24; "+upn(2)+" M WBRI Tom Brown 2026-11-22 - 8734001 C 2024-09-03 2026-10-24"; got != stands {
		t.Errorf("%q, not %q", got, stands)
	}
	if _, err := h.store.Undo(context.Background(), access.System(access.Importing), report.File, "the wrong file"); err != nil {
		t.Fatal(err)
	}
	if got, stands := h.text(pupilStands, "2013-01-31"), upn(2)+" M NOBT Tom Smith 2013-01-31 - 8734001 C 2024-09-03 -"; got != stands {
		t.Errorf("undone: %q, not %q", got, stands)
	}
	// The import touched several categories: why it was undone is told with none of them.
	if got := h.text(`SELECT string_agg(DISTINCT reason, '; ') FROM (SELECT reason FROM enrolment_history UNION ALL SELECT reason FROM address_history UNION ALL SELECT reason FROM audit WHERE action <> 'undo') r`); strings.Contains(got, "the wrong file") || !strings.Contains(got, "undone") {
		t.Errorf("reasons in history: %s", got)
	}
}

// Whom a row is about is certain, or the row waits.
func TestPupilsAreNotGuessed(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	child := func(upn, forename, surname, sex string, born records.Date) {
		c := &records.Child{DateOfBirth: born, Sex: sex, Ethnicity: "WBRI", UPN: upn}
		h.put(c)
		if forename != "" {
			h.put(&records.ChildName{Child: c.ID, Type: "legal", Forename: forename, Surname: surname, FromDate: born})
		}
	}
	born := func(year int) records.Date { return records.NewDate(year, 3, 4) }
	child(upn(1), "Ann", "Known", "F", born(2010))
	child("", "Ben", "Numberless", "M", born(2011))
	child("", "Cat", "Twice", "F", born(2012))
	child("", "Cat", "Twice", "F", born(2012))
	child(upn(5), "Dan", "Renumbered", "M", born(2013))
	child("", "Tim", "Twin", "M", born(2014))
	child(upn(7), "", "", "M", born(2015)) // of a return, without a name
	before := h.count(`SELECT count(*) FROM child`)
	for _, c := range []struct {
		name, upn, former, surname, forename, sex, born string
		result                                          string // "", or what the row waits for
	}{
		{"UPN and day agree, the name changed", upn(1), "", "Married", "Annie", "F", "2010-03-04", ""},
		{"UPN and name agree, the day was wrong", upn(1), "", "Known", "Ann", "F", "2010-04-03", ""},
		{"a sibling's UPN", upn(1), "", "Known", "Eve", "F", "2008-01-01", "another date of birth and another name"},
		{"a name, day and sex that is one child's", upn(2), "", "NUMBERLESS", "Ben", "M", "2011-03-04", ""},
		{"that of two", upn(3), "", "Twice", "Cat", "F", "2012-03-04", "several children"},
		{"another UPN", upn(4), "", "Renumbered", "Dan", "M", "2013-03-04", "has another UPN"},
		{"another UPN, and the former one", upn(4), upn(5), "Renumbered", "Dan", "M", "2013-03-04", ""},
		{"a twin whose name begins alike", upn(6), "", "Twin", "Tom", "M", "2014-03-04", "nearly the same"},
		{"another sex", upn(6), "", "Twin", "Tim", "F", "2014-03-04", "nearly the same"},
		{"nobody's name on record", upn(7), "", "New", "Name", "M", "2015-03-04", ""},
	} {
		report, _, err := h.importing("pupils", "laestab,upn,former_upn,surname,forename,sex,date_of_birth,entry_date\n"+strings.Join([]string{"8734001", c.upn, c.former, c.surname, c.forename, c.sex, c.born, "2021-09-01"}, ",")+"\n")
		switch {
		case err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.result == "" && report.Added+report.Changed+report.Unchanged != 1, c.result != "" && (report.Unmatched != 1 || !strings.Contains(report.UnmatchedRows[0].Reason, c.result)):
			t.Errorf("%s: %v %v %v", c.name, counts(report), report.UnmatchedRows, report.RejectedRows)
		}
	}
	if n := h.count(`SELECT count(*) FROM child`); n != before {
		t.Errorf("%d children were made", n-before)
	}
	// Of one file too.
	report, _ := h.imported("pupils", "laestab,upn,surname,forename,sex,date_of_birth,entry_date\n"+
		"8734001,"+upn(20)+",Same,Name,F,2016-03-04,2021-09-01\n8734001,"+upn(21)+",Same,Name,F,2016-03-04,2021-09-01\n8734001,"+upn(20)+",Other,Child,F,2017-03-04,2022-09-01\n")
	want(t, report, 3, 1, 0, 0, 2, 0)
}

const censusHead = `<?xml version="1.0" encoding="windows-1252"?>
<Message>
 <Header>
  <CollectionDetails><Collection>SC</Collection><Term>AUT</Term><Year>2026</Year><ReferenceDate>2026-10-01</ReferenceDate></CollectionDetails>
  <Source><SourceLevel>S</SourceLevel><LEA>873</LEA><Estab>4001</Estab><SoftwareCode>SIMS</SoftwareCode></Source>
 </Header>
 <School><SchoolName>Madeup Academy</SchoolName></School>
 <Pupils><PupilsOnRoll>
`

func censusPupil(upn, surname, sex, extra string) string {
	return fmt.Sprintf(`  <PupilOnRoll>
   <PupilIdentifiers><UPN>%s</UPN><Surname>%s</Surname><Forename>Ana&amp;Lu</Forename><DOB>2012-05-03</DOB><Sex>%s</Sex></PupilIdentifiers>
   <PupilCharacteristics><Ethnicity>WBRI</Ethnicity><FSMeligibility><FSMeligible>false</FSMeligible></FSMeligibility></PupilCharacteristics>
   <PupilStatus><EnrolStatus>C</EnrolStatus><EntryDate>2023-09-01</EntryDate><NCyearActual>10</NCyearActual></PupilStatus>
   <HomeInformation><Address><PAON>12</PAON><Street>Mill Lane</Street><Town>Ely</Town><PostCode>CB7 4AA</PostCode></Address></HomeInformation>%s
  </PupilOnRoll>
`, upn, surname, sex, extra)
}

func TestTheSchoolCensus(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	text := censusHead + censusPupil(upn(1), "Garc\xeda", "F", "") + censusPupil(upn(2), "Wrong", "X", "") + ` </PupilsOnRoll>
 <PupilsNoLongerOnRoll><PupilNoLongerOnRoll><PupilIdentifiers><UPN>` + upn(3) + `</UPN><Surname>Gone</Surname><Forename>Al</Forename><DOB>2011-01-02</DOB><Gender>1</Gender></PupilIdentifiers>
  <PupilStatus><EntryDate>2022-09-05</EntryDate><LeavingDate>2026-07-17</LeavingDate></PupilStatus></PupilNoLongerOnRoll></PupilsNoLongerOnRoll></Pupils>
</Message>
`
	report, rejects := h.imported("", text)
	if report.Format != "school-census" {
		t.Errorf("it was taken for %s", report.Format)
	}
	want(t, report, 3, 2, 0, 0, 0, 1)
	if got, stands := h.text(pupilStands, "2012-05-03"), upn(1)+" F WBRI Ana&Lu García 2012-05-03 - 8734001 C 2023-09-01 - CB7 4AA 2023-09-01"; got != stands {
		t.Errorf("%q, not %q", got, stands)
	}
	if got, stands := h.text(pupilStands, "2011-01-02"), upn(3)+" M NOBT Al Gone 2011-01-02 - 8734001 C 2022-09-05 2026-07-18"; got != stands {
		t.Errorf("%q, not %q", got, stands)
	}
	twice, _ := h.imported("school-census", text)
	want(t, twice, 3, 0, 0, 2, 0, 1)
	fixed, _ := h.imported("school-census", strings.Replace(rejects, ",X,", ",M,", 1))
	if fixed.Added != 1 {
		t.Errorf("the rejects, put right: %v, %s", counts(fixed), rejects)
	}
	var refused *intake.Refusal
	if _, _, err := h.importing("school-census", text[:len(text)-60]); !errors.As(err, &refused) {
		t.Errorf("a census that was cut off: %v", err)
	}
}
