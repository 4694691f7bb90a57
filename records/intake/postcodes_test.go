package intake_test

import (
	"errors"
	"strings"
	"testing"

	"onevision/records"
	"onevision/records/intake"
)

// The directory's districts reach the addresses that are there, and those that
// come later.
func TestPostcodesOfTheDirectory(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	const directory = "pcd7,pcd8,pcds,dointr,doterm,cty25cd,lad25cd,wd25cd,lat,long\r\n" +
		"\"CB7 4AA\",\"CB7  4AA\",\"CB7 4AA\",198001,,E10000003,E07000009,E05008651,52.39,0.26\r\n" +
		"\"CB7 4AB\",\"CB7  4AB\",\"CB7 4AB\",198001,201512,E10000003,E07000009,E05008651,52.39,0.26\r\n" +
		"\"AB1 0AA\",\"AB1  0AA\",\"AB1 0AA\",198001,199606,S99999999,S12000033,S13002843,57.10,-2.24\r\n"
	var refused *intake.Refusal
	if _, _, err := h.importing("postcodes", directory); !errors.As(err, &refused) || !strings.Contains(refused.Why, "import the register of schools first") {
		t.Errorf("before there are schools: %v", err)
	}
	h.put(&records.School{LAESTAB: "8734002", Name: "Other", Phase: "primary", District: "E07000009", FromDate: records.NewDate(1990, 9, 1)})
	pupils := func(serial int, postcode string) string {
		return pupilLines + upn(serial) + ",Smith,Tom,2013-01-31,M,8734001,9,2024-09-03,,,,1 High Street," + postcode + "\n"
	}
	first, _ := h.imported("pupils", pupils(1, "CB7 4AA"))
	if n := h.count(`SELECT count(*) FROM address WHERE district IS NULL`); n != 1 {
		t.Fatalf("%d addresses without a district", n)
	}
	report, _ := h.imported("postcodes", directory)
	want(t, report, 2, 2, 0, 0, 0, 0)
	if n := h.count(`SELECT count(*) FROM address WHERE district = 'E07000009' AND version = 2 AND batch_id = $1`, first.File); n != 1 {
		t.Error("the address that was there has no district, or came by another import now")
	}
	twice, _ := h.imported("postcodes", directory)
	want(t, twice, 2, 0, 0, 2, 0, 0)
	if n := h.count(`SELECT count(*) FROM address WHERE version = 2`); n != 1 {
		t.Error("the same directory again changed an address")
	}
	h.imported("pupils", strings.Replace(pupils(2, "cb74ab"), "Smith,Tom,2013", "Brown,Al,2012", 1))
	if n := h.count(`SELECT count(*) FROM address WHERE district = 'E07000009'`); n != 2 {
		t.Error("an address that came later has no district")
	}
	again, _ := h.imported("pupils", pupils(1, "CB7 4AA"))
	want(t, again, 1, 0, 0, 1, 0, 0)
	// A boundary moved.
	h.put(&records.School{LAESTAB: "8734003", Name: "Third", Phase: "primary", District: "E07000008", FromDate: records.NewDate(1990, 9, 1)})
	moved, _ := h.imported("postcodes", strings.Replace(directory, "E07000009", "E07000008", 1))
	want(t, moved, 2, 0, 1, 1, 0, 0)
}
