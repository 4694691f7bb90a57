package records

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// WorkingDays tells working days: Monday to Friday, bank holidays left out. It
// knows the years that have bank holidays on record.
type WorkingDays struct {
	holidays map[Date]bool
	years    map[int]bool
}

// WorkingDays reads the bank holidays that are on record.
func (s *Store) WorkingDays(ctx context.Context, v access.Viewer) (w WorkingDays, err error) {
	err = s.InTx(ctx, v, func(t *Tx) error {
		w, err = t.workingDays(ctx)
		return err
	})
	return w, err
}

func (t *Tx) workingDays(ctx context.Context) (WorkingDays, error) {
	w := WorkingDays{holidays: map[Date]bool{}, years: map[int]bool{}}
	if err := t.reads(bankHolidayKind); err != nil {
		return w, err
	}
	rows, err := t.tx.Query(ctx, `/* records.Tx.workingDays */ SELECT day FROM bank_holiday`)
	if err != nil {
		return w, fmt.Errorf("read the bank holidays: %w", err)
	}
	var day Date
	if _, err = pgx.ForEachRow(rows, []any{&day}, func() error {
		w.holidays[day], w.years[day.Time().Year()] = true, true
		return nil
	}); err != nil {
		return w, fmt.Errorf("read the bank holidays: %w", err)
	}
	return w, nil
}

// Is reports whether the day is a working day, and whether that is known: the
// bank holidays of its year are on record.
func (w WorkingDays) Is(d Date) (working, known bool) {
	weekday := d.Weekday()
	return weekday != time.Saturday && weekday != time.Sunday && !w.holidays[d], w.years[d.Time().Year()]
}

// After is the nth working day after the day, which itself does not count: within
// 45 working days of d is until After(d, 45). n is 1 or more. It is not known
// where a day on the way lies in a year without bank holidays on record.
func (w WorkingDays) After(d Date, n int) (Date, bool) {
	for n > 0 {
		d = d.Add(1)
		working, known := w.Is(d)
		if !known {
			return Date{}, false
		}
		if working {
			n--
		}
	}
	return d, true
}

// weekdayAfter is the nth day from Monday to Friday after the day that is no bank
// holiday on record: the earliest that After can be, where it is not known.
func (w WorkingDays) weekdayAfter(d Date, n int) Date {
	for n > 0 {
		d = d.Add(1)
		if working, _ := w.Is(d); working {
			n--
		}
	}
	return d
}

// Between is how many working days lie after from, up to and with to: the
// working days that something took which began on from and ended on to.
func (w WorkingDays) Between(from, to Date) (n int, ok bool) {
	for d := from.Add(1); !d.After(to); d = d.Add(1) {
		working, known := w.Is(d)
		if !known {
			return 0, false
		}
		if working {
			n++
		}
	}
	return n, true
}
