package alerts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/indicators"
)

// Calendar knows the days on which offices work: Monday to Friday but for bank
// holidays, from 09:00 to 17:00, in London's time.
type Calendar struct{ holidays map[time.Time]bool }

// NewCalendar has these bank holidays, as midnights in UTC.
func NewCalendar(holidays ...time.Time) Calendar {
	c := Calendar{holidays: map[time.Time]bool{}}
	for _, d := range holidays {
		c.holidays[d] = true
	}
	return c
}

func readCalendar(ctx context.Context, tx pgx.Tx) (Calendar, error) {
	rows, _ := tx.Query(ctx, `/* alerts.readCalendar */ SELECT day FROM bank_holiday`)
	days, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return Calendar{}, fmt.Errorf("read the bank holidays: %w", err)
	}
	return NewCalendar(days...), nil
}

func (c Calendar) working(day time.Time) bool {
	return day.Weekday() != time.Saturday && day.Weekday() != time.Sunday && !c.holidays[day]
}

// nextDigest is when the next digest goes: on Monday at 07:30, or on the first
// working day after a Monday that is a bank holiday.
func (c Calendar) nextDigest(now time.Time) time.Time {
	day := indicators.DayOf(now)
	monday := day.AddDate(0, 0, -((int(day.Weekday()) + 6) % 7))
	for {
		send := monday
		for !c.working(send) {
			send = send.AddDate(0, 0, 1)
		}
		if at := clock(send, 7, 30); at.After(now) {
			return at
		}
		monday = monday.AddDate(0, 0, 7)
	}
}

// workingTime is how much of the time between the two instants was office hours.
func (c Calendar) workingTime(from, to time.Time) time.Duration {
	var sum time.Duration
	for day := indicators.DayOf(from); !day.After(indicators.DayOf(to)); day = day.AddDate(0, 0, 1) {
		if !c.working(day) {
			continue
		}
		begin, end := clock(day, 9, 0), clock(day, 17, 0)
		if from.After(begin) {
			begin = from
		}
		if to.Before(end) {
			end = to
		}
		if end.After(begin) {
			sum += end.Sub(begin)
		}
	}
	return sum
}

// clock is a time of that day in London.
func clock(day time.Time, hour, minute int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), hour, minute, 0, 0, indicators.London())
}

// afterQuiet is the first instant from now on that lies outside the hours between
// from and to, "19:00" and "07:00" say; now itself where there are none.
func afterQuiet(now time.Time, from, to string) time.Time {
	if from == "" {
		return now
	}
	local := now.In(indicators.London())
	at := local.Format("15:04")
	within := from <= at && at < to
	if to <= from { // over midnight
		within = at >= from || at < to
	}
	if !within {
		return now
	}
	end, err := time.Parse("15:04", to)
	if err != nil {
		return now
	}
	day := indicators.DayOf(now)
	if until := clock(day, end.Hour(), end.Minute()); until.After(now) {
		return until
	}
	return clock(day.AddDate(0, 0, 1), end.Hour(), end.Minute())
}
