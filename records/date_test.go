package records_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"onevision/records"
)

func TestDate(t *testing.T) {
	var zero records.Date
	if !zero.IsZero() || zero.String() != "" || !zero.Add(3).IsZero() || !zero.Time().IsZero() {
		t.Error("the zero Date is not nothing")
	}
	for _, bad := range []string{"2026-02-29", "26-01-01", "2026-1-1", "01/02/2026", "2026-01-01T00:00:00Z", "0000-01-01"} {
		if _, err := records.ParseDate(bad); err == nil {
			t.Errorf("ParseDate(%q) gives a day", bad)
		}
	}
	if d := day("2026-08-31"); d.AcademicYear() != 2025 || d.Add(1).AcademicYear() != 2026 || d.Weekday() != time.Monday {
		t.Errorf("%s is in %d, on a %s", d, d.AcademicYear(), d.Weekday())
	}
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	// Half past midnight in summer is still yesterday in UTC.
	if d := records.DateOf(time.Date(2026, 6, 30, 23, 30, 0, 0, time.UTC).In(london)); d != day("2026-07-01") {
		t.Errorf("the day in London is %s", d)
	}
}

func TestDateAgreesWithTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-62_135_596_800, 253_402_300_799).Draw(t, "second"), 0).UTC()
		d := records.DateOf(at)
		days := rapid.IntRange(-1000, 1000).Draw(t, "days")
		if d.String() != at.Format(time.DateOnly) || d.Time() != at.Truncate(24*time.Hour) {
			t.Fatalf("%s is the day of %s", d, at)
		}
		if later := d.Add(days); !later.IsZero() && (later.Sub(d) != days || later.After(d) != (days > 0) || later.Time() != d.Time().AddDate(0, 0, days)) {
			t.Fatalf("%s and %d days is %s", d, days, later)
		}
		text, err := json.Marshal(d)
		var back records.Date
		if err != nil || json.Unmarshal(text, &back) != nil || back != d {
			t.Fatalf("%s comes back from %s as %s", d, text, back)
		}
	})
}
