package access_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"onevision/access"
	"onevision/access/accesstest"
)

func on(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func TestResponsibilities(t *testing.T) {
	p, c := pool(t, 4), newClock()
	a := access.NewAccounts(p, c.now)
	r := access.NewResponsibilities(p)
	ctx := t.Context()
	director := add(t, a, "director", access.Director)
	jane, joe, left := add(t, a, "jane", access.Manager), add(t, a, "joe", access.Manager), add(t, a, "left", access.Manager)
	mute, err := a.Add(ctx, operator, access.NewAccount{Username: "mute", DisplayName: "No mail", Role: access.Manager})
	if err != nil {
		t.Fatal(err)
	}
	const school, team = 12, 12
	assign := func(n access.Responsibility) int64 {
		t.Helper()
		id, err := r.Assign(ctx, operator, n)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	assign(access.Responsibility{Account: director.ID, Subject: access.WholeAuthority, From: on(1, 1)})
	assign(access.Responsibility{Account: joe.ID, Subject: access.OneSchool, Member: school, Part: access.Deputy, From: on(1, 1)})
	lead := assign(access.Responsibility{Account: jane.ID, Subject: access.OneSchool, Member: school, From: on(3, 1)})
	assign(access.Responsibility{Account: jane.ID, Subject: access.OneSchool, Member: school, Part: access.Deputy, From: on(3, 1)})
	assign(access.Responsibility{Account: left.ID, Subject: access.OneSchool, Member: school, From: on(1, 1)})
	assign(access.Responsibility{Account: mute.ID, Subject: access.OneSchool, Member: school, From: on(1, 1)})
	assign(access.Responsibility{Account: joe.ID, Subject: access.OneTeam, Member: team, From: on(5, 1), To: on(6, 1)})
	if err := a.Disable(ctx, operator, left.ID); err != nil {
		t.Fatal(err)
	}

	check := func(subject access.Subject, member int64, day time.Time, want string) {
		t.Helper()
		found, err := r.For(ctx, subject, member, day)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range found {
			s := fmt.Sprintf("%s %s", f.Email, f.Part)
			if f.Instead {
				s += " instead"
			}
			got = append(got, s)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s %d on %s: %s, not %s", subject, member, day.Format(time.DateOnly), strings.Join(got, ", "), want)
		}
	}
	check(access.OneSchool, school, on(3, 1), "jane@example.org lead, joe@example.org deputy")
	check(access.OneSchool, school, on(2, 28), "joe@example.org deputy")
	check(access.OneSchool, school+1, on(3, 1), "director@example.org lead instead")
	check(access.OneTeam, team, on(4, 30), "director@example.org lead instead")
	check(access.OneTeam, team, on(5, 1), "joe@example.org lead")
	check(access.OneTeam, team, on(5, 31), "joe@example.org lead")
	check(access.OneTeam, team, on(6, 1), "director@example.org lead instead")
	check(access.WholeAuthority, 0, on(3, 1), "director@example.org lead")
	check(access.WholeAuthority, 0, time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "")
	check(access.OneSchool, school, time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC), "")

	if err := r.End(ctx, operator, lead, on(9, 1)); err != nil {
		t.Fatal(err)
	}
	of, err := r.Of(ctx, jane.ID, on(8, 31))
	if err != nil || len(of) != 2 || of[0].Member != school || of[0].Subject != access.OneSchool {
		t.Errorf("jane answers for %+v (%v)", of, err)
	}
	if of, _ = r.Of(ctx, jane.ID, on(9, 1)); len(of) != 1 || of[0].Part != access.Deputy {
		t.Errorf("jane answers for %+v afterwards", of)
	}
	if of, _ = r.Of(ctx, director.ID, on(9, 1)); len(of) != 1 || of[0].Member != 0 || !of[0].To.IsZero() {
		t.Errorf("the director answers for %+v", of)
	}

	fine := access.Responsibility{Account: jane.ID, Subject: access.OneSchool, Member: 1, From: on(1, 1)}
	if _, err := r.Assign(ctx, accesstest.Viewer(access.Director), fine); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("a director assigned: %v", err)
	}
	if err := r.End(ctx, accesstest.Viewer(access.Director), lead, on(12, 1)); !errors.Is(err, access.ErrNotAllowed) {
		t.Errorf("a director ended: %v", err)
	}
	if err := r.End(ctx, operator, lead, on(2, 1)); err == nil {
		t.Error("a responsibility ended before it began")
	}
	for what, spoil := range map[string]func(*access.Responsibility){
		"no account":              func(n *access.Responsibility) { n.Account = 1 },
		"an unknown subject":      func(n *access.Responsibility) { n.Subject = "ward" },
		"an unknown part":         func(n *access.Responsibility) { n.Part = "chief" },
		"no member":               func(n *access.Responsibility) { n.Member = 0 },
		"a member of the whole":   func(n *access.Responsibility) { n.Subject = access.WholeAuthority },
		"no beginning":            func(n *access.Responsibility) { n.From = time.Time{} },
		"an end on its first day": func(n *access.Responsibility) { n.To = n.From },
	} {
		bad := fine
		spoil(&bad)
		if _, err := r.Assign(ctx, operator, bad); err == nil {
			t.Errorf("a responsibility with %s was assigned", what)
		}
	}
}
