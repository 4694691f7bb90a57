// Package alerts decides when to tell somebody, tells them once, and remembers
// it. A rule watches an indicator; Step is the decision; state and message are
// written in one transaction; delivery is a durable job.
package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"onevision/access"
	"onevision/indicators"
)

// Engine is what alerts need of the indicators: *indicators.Engine.
type Engine interface {
	Ask(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.Answer, error)
}

// Responsibilities say who answers for a school, a team or the authority:
// *access.Responsibilities.
type Responsibilities interface {
	For(ctx context.Context, subject access.Subject, member int64, day time.Time) ([]access.Responsible, error)
	Of(ctx context.Context, account int64, day time.Time) ([]access.Responsibility, error)
}

// Viewers makes the viewer of an account, so that a letter shows its reader no
// more than a page would. An account that is disabled or not there is an error.
type Viewers interface {
	Viewer(ctx context.Context, account int64) (access.Viewer, error)
}

// Options are what alerts stand on.
type Options struct {
	Pool             *pgxpool.Pool // the program's own role, with at least four connections
	Engine           Engine
	Responsibilities Responsibilities
	Viewers          Viewers
	Mail             Mail
	PublicURL        string // what links in letters begin with: "https://onevision.example.gov.uk"
	// Page is the path of the page about one member of an indicator; nil is
	// /indicators/<id>?period=<kind>&breakdown=<breakdown>&member=<member>.
	Page func(indicator string, period indicators.PeriodKind, breakdown, member string) string
	Now  func() time.Time
	Log  *slog.Logger
}

// Alerts evaluates the rules and delivers what they have to say.
type Alerts struct {
	pool    *pgxpool.Pool
	figures figures
	who     Responsibilities
	viewers Viewers
	post    poster
	public  *url.URL
	page    func(indicator string, period indicators.PeriodKind, breakdown, member string) string
	now     func() time.Time
	log     *slog.Logger
	river   *river.Client[pgx.Tx]

	evaluating sync.Mutex // one evaluation at a time in this process
}

// New checks the options and makes ready; nothing runs before Start and
// Evaluate. Errors are about the mail settings and the public URL, in words.
func New(o Options) (*Alerts, error) {
	if o.Pool == nil || o.Engine == nil || o.Responsibilities == nil || o.Viewers == nil || o.Now == nil {
		return nil, errors.New("alerts need a pool, an engine, responsibilities, viewers and a clock")
	}
	public, err := url.Parse(o.PublicURL)
	if err != nil || public.Hostname() == "" || public.Scheme != "http" && public.Scheme != "https" {
		return nil, fmt.Errorf("the public URL %q is not an http or https address", o.PublicURL)
	}
	if o.Page == nil {
		o.Page = pageOf
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	post, err := newSMTP(o.Mail, public.Hostname())
	if err != nil {
		return nil, err
	}
	a := &Alerts{pool: o.Pool, figures: asked{o.Engine}, who: o.Responsibilities, viewers: o.Viewers, post: post,
		public: public, page: o.Page, now: o.Now, log: o.Log}
	if a.river, err = a.queue(); err != nil {
		return nil, err
	}
	return a, nil
}

func pageOf(indicator string, period indicators.PeriodKind, breakdown, member string) string {
	q := url.Values{"period": {string(period)}}
	if member != "" {
		q.Set("breakdown", breakdown)
		q.Set("member", member)
	}
	return "/indicators/" + url.PathEscape(indicator) + "?" + q.Encode()
}
