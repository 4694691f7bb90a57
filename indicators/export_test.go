package indicators

import (
	"context"
	"database/sql"
	"io/fs"
	"slices"
	"time"
)

// RunRecent is the run that a change starts.
func (e *Engine) RunRecent(ctx context.Context, ids ...string) error {
	e.Changed([]string{"attendance"}, false)
	_, err := e.run(ctx, "change", ids, recent)
	return err
}

// ForgetAnswers makes the next question be answered afresh.
func (e *Engine) ForgetAnswers() { e.serving.Load().answers.given = map[answerKey]Answer{} }

// ForgetPublished makes the next question look whether anybody has published.
func (e *Engine) ForgetPublished() { e.published.forget() }

// RetrySoon has what failed or panicked be tried again at once.
func (e *Engine) RetrySoon() { e.retry = intervals{} }

// RunAfter is the run that a change of these tables starts, or the one over all
// periods that follows it.
func (e *Engine) RunAfter(ctx context.Context, tables []string, everyPeriod bool) error {
	changed := map[string]bool{}
	for _, t := range tables {
		changed[t] = true
	}
	e.Changed(tables, false)
	periods := recent
	if everyPeriod {
		periods = 0
	}
	_, err := e.run(ctx, "change", e.affected(ctx, changed), periods)
	return err
}

// CheckWithin is Check with other limits.
func CheckWithin(ctx context.Context, fsys fs.FS, sandbox Sandbox, time time.Duration, memory string) []Problem {
	return check(ctx, fsys, &bounded{Sandbox: sandbox, time: time, memory: memory})
}

// SandboxNeeds are the tables of facts beneath the relations, and the codes that
// breakdowns are labelled by.
func SandboxNeeds() (tables []string) {
	for _, r := range allRelations() {
		tables = append(tables, r.Facts...)
	}
	for _, b := range breakdowns {
		tables = append(tables, b.labels.codes)
	}
	return tables
}

// ReadsUnnamed reports whether a query may read circumstances that it does not name.
func ReadsUnnamed(ctx context.Context, c *sql.Conn, text string) (bool, error) {
	s, err := parseStatement(ctx, c, text)
	return slices.Contains(s.relations, everyCircumstance), err
}
