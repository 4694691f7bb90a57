package records_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopspring/decimal"

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

// Nor where the records are about no child.
func TestOneWorkerHasOneEmploymentAtATime(t *testing.T) {
	t.Parallel()
	h := open(t)
	team := &records.Team{Name: "Team", Service: "assessment", FromDate: day("2020-01-01")}
	h.put(team)
	worker := &records.Worker{Team: team.ID, Name: "Worker", FromDate: day("2020-01-01")}
	h.put(worker)
	whole := decimal.NewFromInt(1)
	var stored atomic.Int64
	var wg sync.WaitGroup
	for n := range 16 {
		wg.Go(func() {
			err := h.store.Put(t.Context(), everything, &records.Employment{Worker: worker.ID, Role: "5", FullTime: &whole, FromDate: day("2026-01-01").Add(n)}, "")
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
		t.Errorf("%d employments at once", stored.Load())
	}
}

// While one transaction that passed its checks has not ended, another that
// would pass too must wait for it, and then sees what it did.
func TestChecksWaitForEachOther(t *testing.T) {
	t.Parallel()
	h := open(t)
	child := h.child("")
	period := &records.LookedAfterPeriod{Child: child.ID, FromDate: day("2024-01-01")}
	h.put(period)
	ending := *period
	ending.ToDate, ending.EndReason = day("2024-06-01"), "E4A"
	for name, test := range map[string]struct {
		first, second records.Record
		want          string
	}{
		"two names": {
			&records.ChildName{Child: child.ID, Type: "legal", Forename: "A", Surname: "B", FromDate: day("2020-01-01")},
			&records.ChildName{Child: child.ID, Type: "legal", Forename: "C", Surname: "D", FromDate: day("2021-01-01")}, "from_date overlaps",
		},
		"two cases": {
			&records.SocialCareCase{Child: child.ID, FromDate: day("2020-01-01"), ReferralSource: "6"},
			&records.SocialCareCase{Child: child.ID, FromDate: day("2021-01-01"), ReferralSource: "6"}, "from_date overlaps",
		},
		"a placement in a period that ends": {
			&ending,
			&records.Placement{Child: child.ID, Period: period.ID, Type: "U4", FromDate: day("2024-05-01")}, "to_date outside-period",
		},
	} {
		t.Run(name, func(t *testing.T) {
			done := make(chan error, 1)
			err := h.store.InTx(t.Context(), social, func(tx *records.Tx) error {
				if err := tx.Put(t.Context(), test.first, ""); err != nil {
					return err
				}
				go func() { done <- h.store.Put(t.Context(), social, test.second, "") }()
				for range 1000 {
					if value[bool](h, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))`) {
						return nil
					}
					select {
					case err := <-done:
						done <- err
						return fmt.Errorf("the second did not wait: %v", err)
					default:
					}
				}
				return errors.New("the second neither waits nor ends")
			})
			if err != nil {
				t.Fatal(err)
			}
			wants(t, <-done, test.want)
		})
	}
}
