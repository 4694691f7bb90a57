package indicators

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

// NextTime is the first time after an instant that a cron expression names, in
// Europe/London.
func NextTime(schedule string, after time.Time) (time.Time, error) {
	s, err := cron.ParseStandard(schedule)
	if err != nil {
		return time.Time{}, fmt.Errorf("the schedule %q: %w", schedule, err)
	}
	next := s.Next(after.In(London()))
	if next.IsZero() {
		return time.Time{}, fmt.Errorf("the schedule %q never comes", schedule)
	}
	return next, nil
}
