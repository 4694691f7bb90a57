package access_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/access/accesstest"
)

func TestResponsibilitiesByName(t *testing.T) {
	t.Parallel()
	p, c := pool(t, 4), newClock()
	a, r, ctx := access.NewAccounts(p, c.now), access.NewResponsibilities(p), t.Context()
	add(t, a, "head", access.Manager)
	add(t, a, "director", access.Director)
	err := access.InTx(ctx, p, access.System(access.Generating), func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO school (laestab, name, phase, from_date, recorded_by) VALUES ('8731234', 'Invented Primary', (SELECT min(code) FROM school_phase), '2000-01-01', 0)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := "username,answers_for,part,from,to\ndirector,authority,,2026-09-01,\nhead,school 873/1234,lead,2026-09-01,2027-09-01\n"
	for round, want := range []string{"2 0", "0 2"} {
		added, same, err := r.AssignFile(ctx, operator, strings.NewReader(file))
		if err != nil || added != 2-2*round || same != 2*round {
			t.Errorf("round %d: %d %d %v, want %s", round, added, same, err, want)
		}
	}
	held, err := r.List(ctx, operator, on(11, 20))
	if err != nil || len(held) != 2 || held[0].AnswersFor != "authority" || held[1].AnswersFor != "school 8731234" || held[1].MemberName != "Invented Primary" || held[1].To.IsZero() {
		t.Errorf("%+v %v", held, err)
	}
	// One row that is wrong, and none goes in; each is told by its line.
	_, _, err = r.AssignFile(ctx, operator, strings.NewReader(file+"head,authority,,2026-01-01,\nnobody,authority,,2026-01-01,\nhead,school 1,,2026-01-01,\nhead,street,,2026-01-01,\nhead,authority,boss,2026-01-01,\nhead,authority,,1/1/2026,\nhead,authority,,2026-01-01,2025-01-01\n"))
	for _, want := range []string{"line 5, username", "line 6, answers_for", "line 7, answers_for", "line 8, part", "line 9, from", "line 10, to"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("lacks %q: %v", want, err)
		}
	}
	if held, err := r.List(ctx, operator, on(11, 20)); err != nil || len(held) != 2 {
		t.Errorf("%d after a file that was refused (%v)", len(held), err)
	}
	if _, _, err := r.AssignFile(ctx, operator, strings.NewReader("name,school\n")); err == nil || !strings.Contains(err.Error(), "username,answers_for") {
		t.Errorf("another file: %v", err)
	}
	for _, role := range []access.Role{access.Director, access.Manager} {
		v := accesstest.Viewer(role)
		if _, err := r.List(ctx, v, on(11, 20)); !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("%s lists: %v", role, err)
		}
		if _, err := r.AssignNamed(ctx, v, access.NamedResponsibility{}); !errors.Is(err, access.ErrNotAllowed) {
			t.Errorf("%s assigns: %v", role, err)
		}
	}
}
