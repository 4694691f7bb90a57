package intake_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"onevision/access"
	"onevision/records/intake"
)

// everything is what an import may change.
const everything = `SELECT (SELECT count(*) FROM child) + (SELECT count(*) FROM enrolment) + (SELECT count(*) FROM school) + (SELECT count(*) FROM district) + (SELECT count(*) FROM attendance) +
	(SELECT count(*) FROM batch) + (SELECT count(*) FROM intake_unmatched) + (SELECT count(*) FROM audit) + (SELECT count(*) FROM change_pending) + (SELECT count(*) FROM looked_after_period)`

// A trial says what the import then does, and leaves nothing: not a record, not a
// waiting row, not a line in the list of imports.
func TestATrialSaysWhatTheImportDoes(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	v := access.System(access.Importing)
	pupil := func(n int) string {
		return upn(n) + ",Smith,Tom" + fmt.Sprint(n) + ",2013-01-31,M,8734001,9,2024-09-03,,,,1 High Street,CB1 1AA\n"
	}
	for _, c := range []struct{ format, text string }{
		{"schools", "URN,LA (code),EstablishmentNumber,EstablishmentName,EstablishmentStatus (name),TypeOfEstablishment (name),PhaseOfEducation (name),OpenDate,CloseDate,DistrictAdministrative (code),DistrictAdministrative (name)\n" +
			"119001,873,4009,A New School,Open,Community school,Secondary,01-09-1990,,E07000999,Newly\n"},
		{"pupils", pupilLines + pupil(20) + pupil(21) + strings.Replace(pupil(22), "8734001,9", "8739999,9", 1) + strings.Replace(pupil(23), "2013-01-31", "x", 1)},
		{"attendance", marksHeader + "8734001," + h.upns[0] + ",2026-11-02,AM,/,\n8734001," + upn(600) + ",2026-11-02,AM,/,\n8734001," + h.upns[0] + ",2026-11-02,PM,ZZ,\n"},
		{"ssda903-header", headerHeader + "1,1,02/03/2012,WBRI,UN3,,\n2,x,02/03/2012,WBRI,UN3,,\n"},
	} {
		before := h.count(everything)
		var tried, rejects bytes.Buffer
		said, err := h.Try(t.Context(), v, c.format, "file.csv", strings.NewReader(c.text), intake.Options{Rejects: &tried})
		if err != nil {
			t.Fatalf("%s: %v", c.format, err)
		}
		if after := h.count(everything); after != before || said.File != 0 {
			t.Errorf("a trial of %s left %d records and lines", c.format, after-before)
		}
		did, err := h.Import(t.Context(), v, c.format, "file.csv", strings.NewReader(c.text), intake.Options{Rejects: &rejects})
		if err != nil {
			t.Fatal(err)
		}
		if counts(said) != counts(did) || tried.String() != rejects.String() || wrote(said) != wrote(did) || did.Added == 0 {
			t.Errorf("%s: tried %v %s, did %v %s", c.format, counts(said), wrote(said), counts(did), wrote(did))
		}
	}
	if _, err := h.Try(t.Context(), access.Viewer{}, "attendance", "file.csv", strings.NewReader(marksHeader+"8734001,x,2026-11-02,AM,/,\n"), intake.Options{}); err == nil {
		t.Error("nobody tries a file")
	}
}

// A trial of a long file takes its beginning.
func TestATrialOfALongFileEnds(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 1)
	var b strings.Builder
	b.WriteString(marksHeader)
	for n := range 20_400 {
		fmt.Fprintf(&b, "8734001,%s,2026-11-02,AM,/,\n", fmt.Sprintf("X%012d", n))
	}
	said, err := h.Try(context.Background(), access.System(access.Importing), "attendance", "file.csv", strings.NewReader(b.String()), intake.Options{})
	if err != nil || said.Rows != 20_000 || !strings.Contains(strings.Join(said.Notes, " "), "the first 20000 rows were tried, of 20400") {
		t.Errorf("%v, %v, %v", counts(said), said.Notes, err)
	}
}
