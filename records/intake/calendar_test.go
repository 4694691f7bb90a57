package intake_test

import (
	"errors"
	"strings"
	"testing"

	"onevision/records/intake"
)

func TestHalfTermsOfAnAuthority(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	text := "Academic Year,Term,Start Date,End Date,Notes\r\n" +
		"2026/27,Autumn 1,01/09/2026,23/10/2026,\r\n2026/27,Autumn 2,02/11/2026,18/12/2026,\r\n2026/27,Spring 1,04/01/2027,12/02/2027,\r\n" +
		"2026/27,Spring 2,22/02/2027,25/03/2027\r\n2026/27,Summer 1,12/04/2027,28/05/2027,\r\n2026/27,6,07/06/2027,21/07/2027,\r\n" +
		"2027,Autumn 3,01/09/2027,22/10/2027,\r\n2025/26,1,01/09/2026,22/10/2026,\r\n,,,,\r\n"
	report, rejects := h.imported("half-terms", text)
	want(t, report, 8, 6, 0, 0, 0, 2)
	if !strings.Contains(rejects, ",number,Autumn 3,") || !strings.Contains(rejects, "is not within the academic year") {
		t.Error(rejects)
	}
	twice, _ := h.imported("", text)
	want(t, twice, 8, 0, 0, 6, 0, 2)
	moved, _ := h.imported("half-terms", strings.Replace(text, "18/12/2026", "17/12/2026", 1))
	want(t, moved, 8, 0, 1, 5, 0, 2)
}

const holidaysJSON = `{"england-and-wales":{"division":"england-and-wales","events":[
 {"title":"New Year’s Day","date":"2026-01-01","notes":"","bunting":true},
 {"title":"Boxing Day","date":"2026-12-28","notes":"Substitute day","bunting":true},
 {"title":"A new holiday","date":"2031-06-03","notes":"","bunting":true}]},
 "scotland":{"division":"scotland","events":[{"title":"2nd January","date":"2026-01-02","notes":"","bunting":true}]}}`

func TestBankHolidaysAsTheyArePublished(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	report, _ := h.imported("bank-holidays", holidaysJSON)
	want(t, report, 3, 1, 0, 2, 0, 0)
	twice, _ := h.imported("", holidaysJSON)
	want(t, twice, 3, 0, 0, 3, 0, 0)
	csv, _ := h.imported("bank-holidays", "Name,Date\nKing’s Day,02/06/2031\nWeekend,07/06/2031\n")
	want(t, csv, 2, 1, 0, 0, 0, 1)
	var refused *intake.Refusal
	if _, _, err := h.importing("bank-holidays", holidaysJSON[:200]); !errors.As(err, &refused) {
		t.Errorf("a file that was cut off: %v", err)
	}
}

func TestDaysOfASchool(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	text := "DfE number,Date,Reason\n873/4001,04/09/2026,INSET\n8734001,12/11/2026,Snow\n,07/05/2026,Polling station\n8739999,04/09/2026,inset\n8734001,05/09/2026,Open\n8734001,06/11/2026,party\n"
	report, rejects := h.imported("school-days", text)
	want(t, report, 6, 4, 0, 0, 1, 1)
	if !strings.Contains(rejects, ",reason,party,") {
		t.Error(rejects)
	}
	twice, _ := h.imported("school-days", text)
	want(t, twice, 6, 0, 0, 4, 1, 1)
	if n := h.count(`SELECT count(*) FROM school_day_exception WHERE open = (reason_code = 'extra')`); n != 4 {
		t.Errorf("%d days", n)
	}
}
