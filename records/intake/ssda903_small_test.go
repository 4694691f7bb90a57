package intake_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// TestTheReturnsOtherFiles: each becomes the records that there are for it, says what
// cannot be right by the rule's number, and changes nothing the second time.
func TestTheReturnsOtherFiles(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	h.imported("", headerHeader+"1,1,14/02/2011,WBRI,,,\n2,2,15/02/2006,AOTH,,,\n")
	h.imported("", episodesHeader+"1,01/05/2023,S,C2,N1,U4,PR1,,,,,,\n2,01/06/2022,S,V2,N8,U4,PR1,15/02/2024,E17,,,,\n")
	team := &records.Team{Name: "Care", Service: "looked-after", FromDate: records.NewDate(2020, 1, 1)}
	h.put(team)
	h.put(&records.Worker{Team: team.ID, Name: "Ada Made-Up", Registration: "SW1001", FromDate: records.NewDate(2020, 1, 1)})
	h.put(&records.DentalCheck{Child: one(t, h, `SELECT public_id::text FROM child WHERE sex = 'M'`), Period: one(t, h, `SELECT id::text FROM looked_after_period WHERE to_date IS NULL`), Date: records.NewDate(2024, 1, 9), Status: "completed"})
	in := func(name, text string) (intake.Report, string) {
		t.Helper()
		var rejects bytes.Buffer
		report, err := h.Import(t.Context(), access.System(access.Importing), "ssda903", name, strings.NewReader(text), intake.Options{Rejects: &rejects})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		return report, rejects.String()
	}
	for _, c := range []struct {
		name, text string
		added      int64
		rejected   string // what the rejects say, parts apart by |
		stands     string // a query that gives 1
	}{
		{"uasc.csv", "CHILD,SEX,DOB,DUC\n2,2,15/02/2006,\n1,1,14/02/2011,01/03/2029\n", 1, "rule 304",
			`SELECT count(*) FROM immigration_status WHERE unaccompanied AND from_date = '2022-06-01' AND to_date = '2024-02-15'`},
		{"oc2-2024.csv", "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED\n1,14/02/2011,14,,0,,1,1,1,0,,\n", 1, "",
			`SELECT count(*) FROM sdq s JOIN immunisation_status i USING (child_id) JOIN health_assessment a USING (child_id) JOIN dental_check d USING (child_id) WHERE s.score = 14 AND i.up_to_date AND a.date = '2024-03-31' AND d.date = '2024-01-09'`},
		{"oc3_2024.csv", "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n2,15/02/2006,YES,F2,U1\n1,14/02/2011,YES,F2,U1\n", 1, "rule 391",
			`SELECT count(*) FROM care_leaver_contact WHERE birthday = 18 AND date = '2024-02-15' AND accommodation = 'U' AND suitable`},
		{"missing.csv", "CHILD,DOB,MISSING,MIS_START,MIS_END\n1,14/02/2011,M,13/11/2023,25/11/2023\n1,14/02/2011,M,13/12/2023,12/12/2023\n1,14/02/2011,X,13/01/2024,14/01/2024\n", 1, "rule 570|MISSING",
			`SELECT count(*) FROM missing_episode WHERE from_date = '2023-11-13' AND to_date = '2023-11-26'`},
		{"previous_permanence.csv", "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n1,14/02/2011,P1,E10000003,zz/zz/2015\n2,15/02/2006,Z1,,2015\n", 1, "there was no order before",
			`SELECT count(*) FROM previous_permanence WHERE previous = 'P1' AND order_year = 2015`},
		{"sw_episodes.csv", "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n1,14/02/2011,SW1001,02/05/2023,01/09/2023,LEFTRL\n", 1, "",
			`SELECT count(*) FROM involvement WHERE allocated AND from_date = '2023-05-02' AND to_date = '2023-09-01'`},
	} {
		report, rejects := in(c.name, c.text)
		if report.Added != c.added || report.Unmatched != 0 {
			t.Errorf("%s: %v %+v %+v", c.name, counts(report), report.RejectedRows, report.UnmatchedRows)
		}
		for said := range strings.SplitSeq(c.rejected, "|") {
			if !strings.Contains(rejects, said) {
				t.Errorf("%s: the rejects do not say %q: %s", c.name, said, rejects)
			}
		}
		if n := h.count(c.stands); n != 1 {
			t.Errorf("%s: %d records stand as the file says, not 1", c.name, n)
		}
		if again, _ := in(c.name, c.text); again.Added+again.Changed != 0 || again.Unchanged != c.added {
			t.Errorf("%s again: %v", c.name, counts(again))
		}
	}
	// An OC2 that is corrected to 0 withdraws what it had made, and nothing else: the dental
	// check of January is a person's.
	oc2 := "CHILD,DOB,SDQ_SCORE,SDQ_REASON,CONVICTED,HEALTH_CHECK,IMMUNISATIONS,TEETH_CHECK,HEALTH_ASSESSMENT,SUBSTANCE_MISUSE,INTERVENTION_RECEIVED,INTERVENTION_OFFERED\n1,14/02/2011,14,,0,,1,0,0,0,,\n"
	if report, rejects := in("oc2-2024.csv", oc2); report.Changed != 1 || report.Added != 0 || h.count(`SELECT count(*) FROM health_assessment`) != 0 || h.count(`SELECT count(*) FROM dental_check`) != 1 {
		t.Errorf("an OC2 corrected to 0: %v %s", counts(report), rejects)
	}
	if report, _ := in("oc2-2024.csv", oc2); report.Unchanged != 1 {
		t.Errorf("the same again: %v", counts(report))
	}
	// Of a child under 5 its 1 stands for both assessments of the year.
	h.imported("", headerHeader+"7,1,14/02/2021,WBRI,,,\n")
	h.imported("", episodesHeader+"7,01/05/2022,S,C2,N1,U4,PR1,,,,,,\n")
	if in("oc2-2024.csv", strings.Replace(oc2, "1,14/02/2011,14,,0,,1,0,0,0,,", "7,14/02/2021,,,,,1,1,1,,,", 1)); h.count(`SELECT count(*) FROM health_assessment WHERE type = 'year' AND date = '2024-03-31'`) != 1 {
		t.Error("the assessments of a child under 5 are not both made")
	}
	// Whom nobody knows, who was not in care then, and a worker of no number wait.
	for column, text := range map[string]string{
		"CHILD": "CHILD,DOB,MISSING,MIS_START,MIS_END\n9,14/02/2011,M,13/11/2023,\n", "MIS_START": "CHILD,DOB,MISSING,MIS_START,MIS_END\n1,14/02/2011,M,13/11/2022,14/11/2022\n",
		"DOB": "CHILD,DOB,PREV_PERM,LA_PERM,DATE_PERM\n1,15/02/2011,Z1,,\n", "SW_ID": "CHILD,DOB,SW_ID,SW_DECOM,SW_DEC,SW_REASON\n1,14/02/2011,SW9,02/10/2023,,\n",
	} {
		if report, _ := in("file.csv", text); report.Unmatched != 1 || report.UnmatchedRows[0].Column != column {
			t.Errorf("%s: %v %+v", column, counts(report), report.UnmatchedRows)
		}
	}
	for name, text := range map[string]string{"oc3.csv": "CHILD,DOB,IN_TOUCH,ACTIV,ACCOM\n2,15/02/2006,YES,F2,U1\n", "ad1.csv": "CHILD,DOB,DATE_INT,DATE_MATCH,FOSTER_CARE,NB_ADOPTR,SEX_ADOPTR,LS_ADOPTR\n1,14/02/2011,,,,,,\n"} {
		if _, err := h.Import(t.Context(), access.System(access.Importing), "", name, strings.NewReader(text), intake.Options{}); !refused(err) {
			t.Errorf("%s is not refused: %v", name, err)
		}
	}
}

func refused(err error) bool {
	var why *intake.Refusal
	return errors.As(err, &why)
}

// one is a text of the record store.
func one(t testing.TB, h *fixture, sql string) (text string) {
	t.Helper()
	if err := h.admin.QueryRow(t.Context(), sql).Scan(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
