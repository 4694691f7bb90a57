package access_test

import (
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
)

func TestAnAddressThatNeedsSMTPUTF8(t *testing.T) {
	t.Parallel()
	for email, want := range map[string]bool{"zoe@example.gov.uk": false, "zoë@example.gov.uk": true, "zoe@exämple.gov.uk": true, "": false} {
		if got := (access.Account{Email: email}).NeedsSMTPUTF8(); got != want {
			t.Errorf("%q: %v", email, got)
		}
	}
}

// Whoever is on leave is told only where nobody else answers; and who does not
// manage accounts notes their own leave and nobody else's.
func TestLeave(t *testing.T) {
	t.Parallel()
	pool := pool(t, 4)
	accounts, who := access.NewAccounts(pool, time.Now), access.NewResponsibilities(pool)
	by := accesstest.Viewer(access.Administrator)
	day := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	var ids []int64
	for i, part := range []access.Part{access.Lead, access.Deputy} {
		a, err := accounts.Add(t.Context(), by, access.NewAccount{Username: string(part), DisplayName: string(part), Email: string(part) + "@example.gov.uk", Role: access.Manager})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, a.ID)
		if _, err := who.Assign(t.Context(), by, access.Responsibility{Account: a.ID, Subject: access.OneSchool, Member: 1, Part: part, From: day.AddDate(0, -1, i)}); err != nil {
			t.Fatal(err)
		}
	}
	told := func(on time.Time) (out []int64) {
		t.Helper()
		roster, err := who.On(t.Context(), on)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range roster.For(access.OneSchool, 1) {
			out = append(out, p.Account)
		}
		return out
	}
	if got := told(day); len(got) != 2 || got[0] != ids[0] {
		t.Errorf("told %v, want the lead, then the deputy", got)
	}
	lead := accesstest.ViewerOf(ids[0], access.Manager)
	if err := who.TakeLeave(t.Context(), lead, ids[1], day, day.AddDate(0, 0, 7)); err == nil {
		t.Error("a manager notes another's leave")
	}
	if err := who.TakeLeave(t.Context(), lead, ids[0], day, day.AddDate(0, 0, 7)); err != nil {
		t.Fatal(err)
	}
	if got := told(day); len(got) != 1 || got[0] != ids[1] {
		t.Errorf("while the lead is away: %v", got)
	}
	if got := told(day.AddDate(0, 0, 7)); len(got) != 2 {
		t.Errorf("on the first day back: %v", got)
	}
	if err := who.TakeLeave(t.Context(), by, ids[1], day, day.AddDate(0, 0, 1)); err != nil {
		t.Fatal(err)
	}
	if got := told(day); len(got) != 2 {
		t.Errorf("while both are away: %v", got)
	}
}
