package records_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"onevision/records"
)

// 32 correct one record, each trying again until it has been the one: every
// success is one version, and nothing is lost.
func TestEachCorrectionIsOneVersion(t *testing.T) {
	t.Parallel()
	h := open(t)
	team := &records.Team{Name: "Team", Service: "assessment", FromDate: day("2020-01-01")}
	h.put(team)
	const writers = 32
	var conflicts atomic.Int64
	var wg sync.WaitGroup
	for n := range writers {
		wg.Go(func() {
			for {
				rec, err := h.store.Get(t.Context(), everything, kind("team"), team.ID)
				if err != nil {
					t.Error(err)
					return
				}
				mine := rec.(*records.Team)
				mine.Name = fmt.Sprintf("Team of %d", n)
				switch err := h.store.Put(t.Context(), everything, mine, ""); {
				case err == nil:
					return
				case errors.Is(err, records.ErrConflict):
					conflicts.Add(1)
				default:
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	history, err := h.store.History(t.Context(), everything, kind("team"), team.ID)
	if err != nil || len(history) != writers+1 {
		t.Fatalf("%d versions, %v; want %d", len(history), err, writers+1)
	}
	names := map[string]bool{}
	for i, v := range history {
		names[v.Record.(*records.Team).Name] = true
		if v.Record.Head().Version != writers+1-i {
			t.Errorf("version %d in place %d", v.Record.Head().Version, i)
		}
	}
	if len(names) != writers+1 {
		t.Errorf("%d different versions", len(names))
	}
	t.Logf("%d lost races", conflicts.Load())
}

// 32 correct the same version: one wins.
func TestOneOfManyCorrectionsWins(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := h.child("")
	var won atomic.Int64
	var wg sync.WaitGroup
	for n := range 32 {
		wg.Go(func() {
			mine := *child
			mine.DateOfBirth = day("2010-01-01").Add(n)
			switch err := h.store.Put(t.Context(), social, &mine, ""); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, records.ErrConflict):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 1 {
		t.Errorf("%d of them won", won.Load())
	}
}

// What may not overlap cannot come to, however many try at once, and neither
// can a part come to lie outside of its period.
func TestNoOverlapGetsThrough(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := h.child("")
	var stored, ended atomic.Int64
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			err := h.store.Put(t.Context(), social, &records.LookedAfterPeriod{Child: child.ID, FromDate: day("2026-01-01").Add(n)}, "")
			var invalid *records.Invalid
			if err == nil {
				stored.Add(1)
			} else if !errors.As(err, &invalid) || invalid.Problems[0].Code != records.Overlaps {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if stored.Load() != 1 {
		t.Fatalf("%d periods at once", stored.Load())
	}
	list, err := h.store.List(t.Context(), social, kind("looked-after-period"), records.ListQuery{Child: child.ID})
	if err != nil || len(list.Records) != 1 {
		t.Fatal(list, err)
	}
	period := list.Records[0].(*records.LookedAfterPeriod)
	stored.Store(0)
	for n := range 16 {
		wg.Go(func() {
			mine := *period
			mine.ToDate, mine.EndReason = day("2026-03-01"), "E4A"
			err := h.store.Put(t.Context(), social, &mine, "")
			if err == nil {
				ended.Add(1)
			}
			if n == 0 {
				return
			}
			err = h.store.Put(t.Context(), social, &records.Placement{Child: child.ID, Period: period.ID, Type: "U4", FromDate: day("2026-02-01").Add(n)}, "")
			if err == nil {
				stored.Add(1)
			}
		})
	}
	wg.Wait()
	if ended.Load() > 1 || stored.Load() > 1 || ended.Load() == 1 && stored.Load() == 1 {
		t.Errorf("the period ended %d times and %d placements that run on are in it", ended.Load(), stored.Load())
	}
}
