package app

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"onevision/dashboards"
)

// jobs runs what works in the background. A panic of a job ends neither the
// program nor the job: it is logged with its stack, counted, shown on the status
// page, and the job begins again after a pause that doubles up to a minute.
type jobs struct {
	log    *slog.Logger
	now    func() time.Time
	pause  time.Duration // before the first new beginning
	panics *prometheus.CounterVec

	mu     sync.Mutex
	failed map[string]*jobFailure // by job
}

// jobFailure is what is known of a job's panics.
type jobFailure struct {
	job   string
	count int
	at    time.Time // of the last
	what  string
}

func newJobs(log *slog.Logger, now func() time.Time) *jobs {
	return &jobs{log: log, now: now, pause: time.Second, failed: map[string]*jobFailure{},
		panics: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "onevision_job_panics_total", Help: "Panics of jobs in the background, which were begun again."}, []string{"job"})}
}

// run calls fn until it returns, or ctx ends after a panic of it. Its error is
// fn's own.
func (j *jobs) run(ctx context.Context, job string, fn func(context.Context) error) error {
	for pause := j.pause; ; pause = min(2*pause, time.Minute) {
		began := time.Now()
		panicked, err := j.once(ctx, job, fn)
		if !panicked {
			return err
		}
		if time.Since(began) > 10*time.Minute {
			pause = j.pause // it went well for long
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (j *jobs) once(ctx context.Context, job string, fn func(context.Context) error) (panicked bool, err error) {
	defer func() {
		if v := recover(); v != nil {
			panicked = true
			j.log.ErrorContext(ctx, "a background job panicked and is begun again", "job", job, "panic", fmt.Sprint(v), "stack", string(debug.Stack()))
			j.note(job, v)
		}
	}()
	return false, fn(ctx)
}

// note counts a panic that was logged.
func (j *jobs) note(job string, v any) {
	j.panics.WithLabelValues(job).Inc()
	j.mu.Lock()
	defer j.mu.Unlock()
	f := j.failed[job]
	if f == nil {
		f = &jobFailure{job: job}
		j.failed[job] = f
	}
	f.count++
	f.at, f.what = j.now(), fmt.Sprint(v)
}

// part is the jobs on the status page.
func (j *jobs) part() dashboards.SystemPart {
	p := dashboards.SystemPart{Title: "Background jobs"}
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, f := range j.failed {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: f.job, Text: fmt.Sprintf("ended by a fault of the program %s, the last time on %s; begun again each time", times(f.count), moment(f.at))})
		if j.now().Sub(f.at) < time.Hour {
			p.Warning = "A job in the background fails by a fault of the program: please report it, with the log's lines that say panicked."
		}
	}
	slices.SortFunc(p.Facts, func(a, b dashboards.SystemFact) int { return strings.Compare(a.Name, b.Name) })
	if len(p.Facts) == 0 {
		p.Facts = []dashboards.SystemFact{{Name: "Faults", Text: "none since the program started"}}
	}
	return p
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}
