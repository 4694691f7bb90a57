package records_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

// sequencer writes the feed of the fixture's store when it is told to; what the
// schema came with is in it.
func (h *fixture) sequencer() *records.Sequencer {
	h.t.Helper()
	s := &records.Sequencer{Pool: h.pool, Mark: filepath.Join(h.t.TempDir(), "changes.json")}
	if err := s.Begin(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	h.step(s)
	return s
}

// step writes all that has been committed.
func (h *fixture) step(s *records.Sequencer) {
	h.t.Helper()
	for {
		switch lines, err := s.Step(h.t.Context()); {
		case err != nil && !access.Transient(err):
			h.t.Fatal(err)
		case err == nil && lines == 0:
			return
		}
	}
}

// since reads the feed to its end, some at a time.
func (h *fixture) since(v access.Viewer, since string, limit int) (all []records.Change, end string) {
	h.t.Helper()
	for {
		part, err := h.store.Changes(h.t.Context(), v, since, limit)
		if err != nil {
			h.t.Fatal(err)
		}
		all, since = append(all, part.Changes...), part.Since
		if !part.More {
			return all, since
		}
	}
}

func said(list []records.Change) string {
	var words []string
	for _, c := range list {
		words = append(words, c.Operation+" "+c.Kind)
	}
	return strings.Join(words, ", ")
}

// The feed tells of every kind that its reader may read, whoever changed it: what
// is gone is a deletion.
func TestChanges(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.sequencer()
	_, began := h.since(everything, "", 10)
	child := h.child("")
	name := &records.ChildName{Child: child.ID, Type: "legal", Forename: "Ada", Surname: "Lovelace", FromDate: child.DateOfBirth}
	h.put(name)
	school := h.school("8731001")
	care := &records.LookedAfterPeriod{Child: child.ID, Need: "N1", FromDate: day("2024-01-01"), BeginsWith: "S"}
	h.put(care)
	if all, _ := h.since(everything, began, 10); len(all) != 0 {
		t.Errorf("before it is written the feed says %s", said(all))
	}
	h.step(s)
	all, after := h.since(everything, began, 1)
	if want := "create child, create child-name, create school, create looked-after-period"; said(all) != want {
		t.Fatalf("%s; want %s", said(all), want)
	}
	for i, c := range all {
		if want := all[0].Position + int64(i); c.Position != want {
			t.Errorf("position %d; want %d", c.Position, want)
		}
	}
	if all[0].ID != child.ID || all[0].Child != child.ID || all[1].ID != name.ID || all[1].Child != child.ID || all[2].ID != school.ID || all[2].Child != "" {
		t.Errorf("the ids are %+v", all)
	}
	if seen, _ := h.since(welfare, began, 10); said(seen) != "create child, create child-name, create school" {
		t.Errorf("a welfare officer is told %s", said(seen))
	}
	if _, err := h.store.Changes(t.Context(), nobody, began, 10); !errors.Is(err, records.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}

	name.Surname = "King"
	h.put(name)
	if err := h.store.Delete(t.Context(), everything, kind("looked-after-period"), care.ID, care.Version, "another child's"); err != nil {
		t.Fatal(err)
	}
	h.step(s)
	if all, _ := h.since(everything, after, 10); said(all) != "correct child-name, delete looked-after-period" || all[1].Child != child.ID {
		t.Errorf("afterwards %s", said(all))
	}
	if all, _ := h.since(everything, began, 10); said(all) != "create child, create child-name, create school, delete looked-after-period, correct child-name, delete looked-after-period" {
		t.Errorf("from the beginning %s", said(all))
	}
	if n := value[int](h, `SELECT count(*) FROM audit WHERE 'changes' = ANY (fields) AND children IS NOT NULL AND kind = 'looked-after-period'`); n == 0 {
		t.Error("that somebody was told of a child's changes is not in the audit")
	}

	// A rolled-back change is none.
	boom := errors.New("boom")
	err := h.store.InTx(t.Context(), everything, func(tx *records.Tx) error {
		return errors.Join(tx.Put(t.Context(), &records.Team{Name: "None", Service: "assessment", FromDate: day("2020-01-01")}, ""), boom)
	})
	if !errors.Is(err, boom) {
		t.Fatal(err)
	}
	h.step(s)
	_, end := h.since(everything, after, 10)
	if all, _ := h.since(everything, end, 10); len(all) != 0 {
		t.Errorf("a rolled-back change is told: %s", said(all))
	}
	for _, bad := range []string{"nonsense", end + "0", "x" + end, "0"} {
		_, err := h.store.Changes(t.Context(), everything, bad, 10)
		var invalid *records.Invalid
		if !errors.Is(err, records.ErrGeneration) && !errors.As(err, &invalid) {
			t.Errorf("since %q: %v", bad, err)
		}
	}
}

// A store that does not go as far as its feed's mark was restored: another
// generation begins. One that merely starts again goes on.
func TestChangesOfARestoredStore(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.sequencer()
	_, began := h.since(everything, "", 10)
	h.school("8731001")
	h.step(s)
	again := &records.Sequencer{Pool: h.pool, Mark: s.Mark}
	if err := again.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all, _ := h.since(everything, began, 10); said(all) != "create school" {
		t.Errorf("after a new start: %s", said(all))
	}
	body, err := os.ReadFile(s.Mark)
	if err != nil {
		t.Fatal(err)
	}
	ahead := strings.Replace(string(body), `"position":`, `"position":9`, 1)
	if err := os.WriteFile(s.Mark, []byte(ahead), 0o600); err != nil || ahead == string(body) {
		t.Fatal(string(body), err)
	}
	restored := &records.Sequencer{Pool: h.pool, Mark: s.Mark}
	if err := restored.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Changes(t.Context(), everything, began, 10); !errors.Is(err, records.ErrGeneration) {
		t.Errorf("a position of before: %v", err)
	}
	_, now := h.since(everything, "", 10)
	h.school("8731002")
	h.step(restored)
	if all, _ := h.since(everything, now, 10); said(all) != "create school" {
		t.Errorf("in the new generation: %s", said(all))
	}
}

// Eight write at once, some roll back, one transaction stays open from the
// beginning to the end, and two sequencers are killed again and again: each
// committed change is told once, in an order that never changes.
func TestNoChangeIsMissed(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := h.sequencer()
	_, began := h.since(everything, "", 10)
	_, number, _ := strings.Cut(began, ".")
	first, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()

	var mu sync.Mutex
	var committed []string // operation and id of each change
	note := func(did []string) { mu.Lock(); committed = append(committed, did...); mu.Unlock() }

	// The long one writes before everybody else and commits after them.
	wrote, finish, ended := make(chan string), make(chan bool), make(chan error)
	go func() {
		ended <- h.store.InTx(ctx, everything, func(tx *records.Tx) error {
			team := &records.Team{Name: "The slow one", Service: "assessment", FromDate: day("2020-01-01")}
			err := tx.Put(ctx, team, "")
			wrote <- team.ID
			<-finish
			return err
		})
	}()
	slow := <-wrote

	var background sync.WaitGroup
	var kills, steps int
	kill := make(chan bool)
	apart := pool(t, h.admin, schema.App, postgrestest.Passwords.App) // so that nobody else's session is killed
	for range 2 {
		background.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				if n%3 == 0 {
					select {
					case kill <- true:
					default: // it is at one already
					}
				}
				if lines, err := (&records.Sequencer{Pool: apart}).Step(ctx); err == nil && lines > 0 {
					mu.Lock()
					steps++
					mu.Unlock()
				}
			}
		})
	}
	background.Go(func() {
		conn, err := pgx.Connect(t.Context(), h.admin)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close(t.Context())
		for ctx.Err() == nil {
			select {
			case <-kill:
			case <-ctx.Done():
				return
			}
			for n := 0; n == 0 && ctx.Err() == nil; kills += n {
				if err := conn.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE '/* records.Sequencer.Step%'`).Scan(&n); err != nil {
					t.Error(err)
					return
				}
			}
		}
	})
	var follower []records.Change
	background.Go(func() {
		for at := began; ctx.Err() == nil; {
			part, err := h.store.Changes(ctx, everything, at, 7)
			if err != nil {
				if ctx.Err() == nil && !access.Transient(err) {
					t.Error(err)
				}
				continue
			}
			follower, at = append(follower, part.Changes...), part.Since
		}
	})

	rollback := errors.New("roll back")
	var writers sync.WaitGroup
	for w := range 8 {
		writers.Go(func() {
			for n := range 12 {
				var did []string
				err := h.store.InTx(ctx, everything, func(tx *records.Tx) error {
					did = nil
					for i := range 1 + n%3 {
						team := &records.Team{Name: fmt.Sprintf("Team %d %d %d", w, n, i), Service: "assessment", FromDate: day("2020-01-01")}
						if err := tx.Put(ctx, team, ""); err != nil {
							return err
						}
						did = append(did, "create "+team.ID)
						if n%2 == 0 {
							team.Name += " again"
							if err := tx.Put(ctx, team, ""); err != nil {
								return err
							}
							did = append(did, "correct "+team.ID)
						}
						if n%4 == 0 {
							if err := tx.Delete(ctx, kind("team"), team.ID, team.Version, "not one"); err != nil {
								return err
							}
							did = append(did, "delete "+team.ID)
						}
					}
					if n%5 == 4 {
						return rollback
					}
					return nil
				})
				if err == nil {
					note(did)
				} else if !errors.Is(err, rollback) {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	h.step(s)
	close(finish)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	note([]string{"create " + slow})
	cancel()
	background.Wait()
	h.step(s)

	stored := value[string](h, `SELECT string_agg(c.operation || ' ' || e.record, E'\n' ORDER BY c.last_position, e.n) FROM change c CROSS JOIN unnest(c.records) WITH ORDINALITY e (record, n) WHERE c.last_position > $1`, first)
	told := strings.Split(stored, "\n")
	if want, got := slices.Sorted(slices.Values(committed)), slices.Sorted(slices.Values(told)); !slices.Equal(want, got) {
		t.Errorf("%d changes were committed, %d are in the feed", len(want), len(got))
	}
	if told[len(told)-1] != "create "+slow {
		t.Errorf("what was committed last stands before %q", told[len(told)-1])
	}
	stage := map[string]int{}
	for _, one := range told {
		operation, id, _ := strings.Cut(one, " ")
		order := slices.Index([]string{"create", "correct", "delete"}, operation) + 1
		if stage[id] >= order {
			t.Errorf("%s comes after a later change", one)
		}
		stage[id] = order
	}
	all, end := h.since(everything, began, 13)
	for i, c := range all {
		if c.Position != first+int64(i+1) || c.ID != strings.Fields(told[i])[1] {
			t.Fatalf("entry %d is %+v; want that of %s", i, c, told[i])
		}
	}
	if len(all) != len(told) || !strings.HasSuffix(end, "."+strconv.FormatInt(first+int64(len(told)), 10)) {
		t.Errorf("%d entries up to %s; want %d", len(all), end, len(told))
	}
	for i, c := range follower {
		if c.Position != all[i].Position || c.ID != all[i].ID {
			t.Fatalf("who followed was told %+v; want %+v", c, all[i])
		}
	}
	if kills == 0 || steps == 0 || len(follower) == 0 {
		t.Errorf("%d kills, %d steps, %d entries followed: this shows nothing", kills, steps, len(follower))
	}
	t.Logf("%d changes, %d kills, %d steps, %d followed", len(told), kills, steps, len(follower))
}
