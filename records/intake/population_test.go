package intake_test

import (
	"errors"
	"strings"
	"testing"

	"onevision/records"
	"onevision/records/intake"
)

// The estimates of the whole country come in for this authority and its districts
// alone, whatever the columns are called.
func TestPopulationOfTheCountry(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	const bare = "Year,Age,Population\n2024,0,9\n2024,90+,4\n"
	var refused *intake.Refusal
	if _, _, err := h.importing("population", bare); !errors.As(err, &refused) || !strings.Contains(refused.Why, "onevision start --code") {
		t.Errorf("nobody has said which authority this is: %v", err)
	}
	if _, err := h.admin.Exec(t.Context(), `UPDATE installation SET authority_code = 'E10000003'`); err != nil {
		t.Fatal(err)
	}
	h.put(&records.School{LAESTAB: "8734002", Name: "Other", Phase: "primary", District: "E07000009", FromDate: records.NewDate(1990, 9, 1)})
	const country = "Area code,Area name,Sex,Age,Year,Count,\r\n" +
		"E07000009,East Cambridgeshire,Persons,Aged 7 years,Mid-2024,\"1,050\",\r\n" +
		"E07000009,East Cambridgeshire,Persons,Aged 8 years,30/06/2024,990\r\n" +
		"E10000003,Cambridgeshire,Females,7,2024,3600,\r\n" +
		"E10000003,Cambridgeshire,Females,All ages,2024,340000,\r\n" +
		"E10000003,Cambridgeshire,Females,90+,2024,3000,\r\n" +
		"E10000003,Cambridgeshire,Females,0-4,2024,20000,\r\n" +
		"E10000003,Cambridgeshire,Boys,7,2024,3600,\r\n" +
		"E10000003,Cambridgeshire,Males,9,2024,a lot,\r\n" +
		"E06000031,Peterborough,Males,9,2024,1500,\r\n,,,,,,\r\n"
	report, rejects := h.imported("population", country)
	want(t, report, 6, 3, 0, 0, 0, 3)
	for _, reason := range []string{",age,0-4,", ",sex,Boys,", ",people,a lot,"} {
		if !strings.Contains(rejects, reason) {
			t.Errorf("%q is not in %s", reason, rejects)
		}
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "1 row was passed over: of other areas") || !strings.Contains(notes, "older than 25") || !strings.Contains(notes, "of all ages together") {
		t.Error(report.Notes)
	}
	twice, _ := h.imported("", country)
	want(t, twice, 6, 0, 0, 3, 0, 3)
	revised, _ := h.imported("population", strings.Replace(country, "990", "985", 1))
	want(t, revised, 6, 0, 1, 2, 0, 3)
	if n := h.count(`SELECT count(*) FROM population_history WHERE people = 990`); n != 1 {
		t.Error("what stood is not in history")
	}
	own, _ := h.imported("population", bare)
	want(t, own, 1, 1, 0, 0, 0, 0)
	if n := h.count(`SELECT count(*) FROM population WHERE area = 'E10000003' AND age = 0 AND sex = 'P' AND people = 9`); n != 1 {
		t.Error("a file without areas is not of the whole authority")
	}
}
