package records

import (
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// Date is a day of the calendar, without a time or a zone. The zero Date is
// "not given": NULL in the record store, "" in JSON. Dates compare with == and
// with Before and After.
type Date struct {
	n int32 // days since 31 December of year 0, so that the zero value is no day
}

// beforeUnix is how many days 1 January 1970 comes after day 0.
const beforeUnix = 719163

// NewDate is the day of that year, month and day of the month; like time.Date
// it carries what is out of range over (32 January is 1 February).
func NewDate(year int, month time.Month, day int) Date {
	return DateOf(time.Date(year, month, day, 0, 0, 0, 0, time.UTC))
}

// DateOf is the day that t shows in its own location.
func DateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{int32(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix()/86400) + beforeUnix}
}

// ParseDate reads "2006-01-02". The error does not repeat the text.
func ParseDate(s string) (Date, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1 {
		return Date{}, errors.New("not a day written as yyyy-mm-dd")
	}
	return DateOf(t), nil
}

// IsZero reports that no day is given.
func (d Date) IsZero() bool { return d.n == 0 }

// Time is midnight UTC of the day; the zero Date gives the zero Time.
func (d Date) Time() time.Time {
	if d.IsZero() {
		return time.Time{}
	}
	return time.Unix(int64(d.n-beforeUnix)*86400, 0).UTC()
}

// Add is the day so many days later; the zero Date stays zero.
func (d Date) Add(days int) Date {
	if d.IsZero() {
		return d
	}
	return Date{d.n + int32(days)}
}

// AddMonths is the same day of the month so many months later, or that month's last.
func (d Date) AddMonths(n int) Date {
	t := d.Time()
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return NewDate(first.Year(), first.Month(), min(t.Day(), last))
}

// AddYears is the same day so many years later: a birthday. Of 29 February it is 1 March
// in a year that has none. The zero Date stays zero.
func (d Date) AddYears(n int) Date {
	if d.IsZero() {
		return d
	}
	return DateOf(d.Time().AddDate(n, 0, 0))
}

// Sub is how many days d comes after other.
func (d Date) Sub(other Date) int { return int(d.n - other.n) }

// Before reports that d comes before other.
func (d Date) Before(other Date) bool { return d.n < other.n }

// After reports that d comes after other.
func (d Date) After(other Date) bool { return d.n > other.n }

// Weekday is the day of the week.
func (d Date) Weekday() time.Weekday { return d.Time().Weekday() }

// AcademicYear is the year in which the day's academic year began: 2025 from
// 1 September 2025 to 31 August 2026.
func (d Date) AcademicYear() int {
	t := d.Time()
	if t.Month() < time.September {
		return t.Year() - 1
	}
	return t.Year()
}

// String is "2006-01-02", "" for the zero Date.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// Words is the day as a sentence gives it, "2 January 2006"; "" for the zero Date.
func (d Date) Words() string {
	if d.IsZero() {
		return ""
	}
	return d.Time().Format("2 January 2006")
}

// MarshalText writes the day for JSON.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (d *Date) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Date{}
		return nil
	}
	parsed, err := ParseDate(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// ScanDate takes a day from PostgreSQL.
func (d *Date) ScanDate(v pgtype.Date) error {
	if !v.Valid {
		*d = Date{}
		return nil
	}
	if v.InfinityModifier != pgtype.Finite {
		return errors.New("an infinite date is not a day")
	}
	*d = DateOf(v.Time)
	return nil
}

// DateValue gives the day to PostgreSQL.
func (d Date) DateValue() (pgtype.Date, error) {
	return pgtype.Date{Time: d.Time(), Valid: !d.IsZero()}, nil
}
