package intake_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/records/intake"
)

// TestFilesThatStopComing: an extract that came each night is late in the morning, and
// it is told once to those who operate the system; one that comes now and then never is.
func TestFilesThatStopComing(t *testing.T) {
	t.Parallel()
	h := newFixture(t, 0)
	at := noon()
	h.Importer.Now = func() time.Time { return at }
	came := func(format, source string, days int, covers any) {
		t.Helper()
		began := noon().AddDate(0, 0, -days).Add(-10 * time.Hour) // two in the morning
		if _, err := h.admin.Exec(t.Context(), `INSERT INTO batch (format, category, name, sha256, account_id, source, started_at, finished_at, covers_to) VALUES ($1, 'social_care', 'x', '', 0, $2, $3, $3, $4)`,
			format, source, began, covers); err != nil {
			t.Fatal(err)
		}
	}
	for days := range 6 {
		came("ssd", "social-care", days, noon().AddDate(0, 0, -days-1))
		came("attendance", "school", days*7, nil)
	}
	for _, days := range []int{1, 3, 40, 41, 120} {
		came("schools", "gias", days, nil)
	}
	if _, err := h.admin.Exec(t.Context(), `INSERT INTO account (username, display_name, email, role) VALUES ('ops', 'Ops', 'ops@example.org', 'administrator'), ('dir', 'Dir', 'dir@example.org', 'director')`); err != nil {
		t.Fatal(err)
	}
	told := func() (formats []string, accounts int) {
		t.Helper()
		_, err := h.TellOfFeeds(t.Context(), func(_ context.Context, _ pgx.Tx, to []int64, late []intake.Feed) error {
			for _, f := range late {
				formats = append(formats, f.Format)
			}
			accounts = len(to)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return formats, accounts
	}
	for _, step := range []struct {
		after time.Duration
		want  string
	}{
		{0, ""},                  // last night's came
		{19 * time.Hour, ""},     // seven in the morning: it is two hours since the next might have come
		{21 * time.Hour, "ssd"},  // nine: it has not
		{22 * time.Hour, ""},     // once
		{6 * 24 * time.Hour, ""}, // a week between two: not late yet
		{8 * 24 * time.Hour, "attendance"},
		{300 * 24 * time.Hour, ""}, // schools come now and then
	} {
		at = noon().Add(step.after)
		formats, accounts := told()
		got := ""
		if len(formats) == 1 {
			got = formats[0]
		}
		if len(formats) > 1 || got != step.want || step.want != "" && accounts != 1 {
			t.Errorf("after %v: %v is told to %d, not %q", step.after, formats, accounts, step.want)
		}
	}
	at = noon().Add(21 * time.Hour)
	feeds, err := h.Feeds(t.Context())
	if err != nil || len(feeds) != 3 {
		t.Fatalf("%d feeds, %v", len(feeds), err)
	}
	if _, err := h.admin.Exec(t.Context(), `INSERT INTO extract_number (source, tbl, number, kind, record_id, category, child_id) VALUES ('social-care', 'ssd_cin_visits', '1', 'visit', 1, 'social_care', 1), ('social-care', 'child in sen', '1', 'child', 1, 'sen', 1)`); err != nil {
		t.Fatal(err)
	}
	if covered, err := h.Covered(t.Context()); err != nil || len(covered) != 1 || covered[0].Kind.Name != "visit" || covered[0].To.String() != "2026-11-21" {
		t.Errorf("what is covered: %v, %v", covered, err)
	}
	for _, f := range feeds {
		if f.Format == "ssd" && (!f.Late(at) || f.CoversTo.String() != "2026-11-21" || f.Title == "ssd") {
			t.Errorf("the extract is %+v", f)
		}
	}
}
