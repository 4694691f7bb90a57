package layout_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/dashboards/layout"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// people are two accounts of a record store, as viewers.
func people(t *testing.T) (*pgxpool.Pool, access.Viewer, access.Viewer) {
	t.Helper()
	app, err := schema.RoleURL(postgrestest.New(t), schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	accounts := access.NewAccounts(pool, time.Now)
	var viewers []access.Viewer
	for _, name := range []string{"one", "two"} {
		account, err := accounts.Add(t.Context(), accesstest.Viewer(access.Administrator), access.NewAccount{Username: name, DisplayName: name, Role: access.Director, Password: "a long enough sentence for one"})
		if err != nil {
			t.Fatal(err)
		}
		v, err := accounts.Viewer(t.Context(), account.ID)
		if err != nil {
			t.Fatal(err)
		}
		viewers = append(viewers, v)
	}
	return pool, viewers[0], viewers[1]
}

// A change is made of the version that its window showed; the other window's is
// refused, and nobody sees anybody else's.
func TestLayout(t *testing.T) {
	t.Parallel()
	pool, one, two := people(t)
	s := layout.NewStore(pool, time.Now)
	a, b := layout.Card{Indicator: "a"}, layout.Card{Indicator: "b", Breakdown: "school", Member: "12"}
	save := func(v access.Viewer, version int, want error, cards ...layout.Card) int {
		t.Helper()
		next, err := s.Save(t.Context(), v, version, cards)
		if !errors.Is(err, want) {
			t.Fatalf("save of version %d: %v, want %v", version, err, want)
		}
		return next
	}
	shows := func(v access.Viewer, own bool, cards ...layout.Card) {
		t.Helper()
		l, err := s.Layout(t.Context(), v)
		if err != nil || l.Own != own || !slices.Equal(l.Cards, cards) {
			t.Errorf("%+v %v, want own %v, %v", l, err, own, cards)
		}
	}
	shows(one, false)
	first := save(one, 0, nil, a, b, a)
	shows(one, true, a, b)
	shows(two, false)
	save(one, 0, layout.ErrChanged, b)
	second := save(one, first, nil, b, a)
	save(one, first, layout.ErrChanged, a)
	shows(one, true, b, a)
	third := save(one, second, nil)
	shows(one, false)
	save(one, 0, layout.ErrChanged, a)
	save(one, third, nil, a)
	save(one, third+1, layout.ErrFull, make([]layout.Card, layout.Most+1)...)
	shows(one, true, a)
	save(two, 0, nil, b)
	shows(one, true, a)
	var n int
	err := access.InTx(t.Context(), pool, two, func(tx pgx.Tx) error {
		return tx.QueryRow(context.WithoutCancel(t.Context()), `SELECT count(*) FROM dashboard_layout`).Scan(&n)
	})
	if err != nil || n != 1 {
		t.Errorf("somebody sees %d layouts: %v", n, err)
	}
	for _, c := range []layout.Card{a, b, {Indicator: "c", Breakdown: "district", Member: "a/b"}} {
		if got, ok := layout.ParseKey(c.Key()); !ok || got != c {
			t.Errorf("%q is read as %+v", c.Key(), got)
		}
	}
	for _, key := range []string{"", "a/b", "a/b/", "//c"} {
		if _, ok := layout.ParseKey(key); ok {
			t.Errorf("%q is a card", key)
		}
	}
}

// What is compared with is the last look of the sitting before, however often the
// page is opened in this one.
func TestLook(t *testing.T) {
	t.Parallel()
	pool, one, two := people(t)
	now := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	s := layout.NewStore(pool, func() time.Time { return now })
	look := func(v access.Viewer, status string) layout.Look {
		t.Helper()
		l, err := s.Looked(t.Context(), v, map[string]layout.Seen{"a": {Status: status}})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	if l := look(one, "red"); !l.Before.IsZero() || len(l.Seen) != 0 {
		t.Errorf("the first look: %+v", l)
	}
	monday := now.Add(10 * time.Minute)
	now = monday
	look(one, "amber")
	now = now.Add(24 * time.Hour)
	for _, shown := range []string{"green", "green", "red"} {
		now = now.Add(10 * time.Minute)
		if l := look(one, shown); !l.Before.Equal(monday) || l.Seen["a"].Status != "amber" {
			t.Errorf("on Tuesday: %+v", l)
		}
		if l, err := s.Look(t.Context(), one); err != nil || !l.Before.Equal(monday) {
			t.Errorf("on Tuesday, another page: %+v %v", l, err)
		}
	}
	if l := look(two, "red"); !l.Before.IsZero() {
		t.Errorf("somebody else's first look: %+v", l)
	}
}
