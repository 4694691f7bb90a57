// Package alerts decides when to tell somebody, tells them once, and remembers
// it. A rule watches an indicator; Step is the decision; state and message are
// written in one transaction; delivery is a durable job.
package alerts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"onevision/access"
	"onevision/indicators"
)

// Engine is what alerts need of the indicators: *indicators.Engine.
type Engine interface {
	Ask(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.Answer, error)
}

// Responsibilities say who answers for what on a day: *access.Responsibilities.
type Responsibilities interface {
	On(ctx context.Context, day time.Time) (access.Roster, error)
}

// Members say which members of a breakdown have ended by that day, by their ids:
// schools that closed, teams that are no more.
type Members interface {
	Ended(ctx context.Context, breakdown string, day time.Time) (map[string]time.Time, error)
}

// Viewers makes the viewer of an account, so that who may not see alerts on a page
// gets no letter of them. An account that is disabled or not there is an error.
type Viewers interface {
	Viewer(ctx context.Context, account int64) (access.Viewer, error)
}

// Options are what alerts stand on.
type Options struct {
	Pool             *pgxpool.Pool // the program's own role, with at least four connections
	Engine           Engine
	Responsibilities Responsibilities
	Viewers          Viewers
	Members          Members // nil: none ever ends
	Mail             Mail
	Webhooks         []Webhook
	// Unsettled reports whether facts as at that instant lie within an import or a
	// stream of changes, so that figures of them were perhaps never true. nil: never.
	Unsettled func(ctx context.Context, asAt time.Time) (bool, error)
	// Settle is how long, by the clock of the data, a change must stand before
	// anybody is told; 0: a minute; below 0: not at all.
	Settle    time.Duration
	PublicURL string // what links in letters begin with: "https://onevision.example.gov.uk"
	// Page is the path of the page about one member of an indicator; nil is
	// /indicators/<id>?period=<kind>&breakdown=<breakdown>&member=<member>.
	Page func(indicator string, period indicators.PeriodKind, breakdown, member string) string
	Now  func() time.Time
	Log  *slog.Logger
}

// Alerts evaluates the rules and delivers what they have to say.
type Alerts struct {
	pool      *pgxpool.Pool
	figures   figures
	who       Responsibilities
	viewers   Viewers
	members   Members
	unsettled func(ctx context.Context, asAt time.Time) (bool, error)
	settle    time.Duration
	notifiers map[string]notifier // by channel
	webhooks  []Webhook
	mailbag   *mailWorker
	public    *url.URL
	replyTo   string
	page      func(indicator string, period indicators.PeriodKind, breakdown, member string) string
	now       func() time.Time
	log       *slog.Logger

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
	post, err := newMailer(o.Mail, public.Hostname())
	if err != nil {
		return nil, err
	}
	a := &Alerts{pool: o.Pool, figures: asked{o.Engine}, who: o.Responsibilities, viewers: o.Viewers, members: o.Members, unsettled: o.Unsettled,
		settle: max(0, cmp.Or(o.Settle, time.Minute)), notifiers: map[string]notifier{"mail": post}, webhooks: o.Webhooks,
		public: public, replyTo: o.Mail.ReplyTo, page: o.Page, now: o.Now, log: o.Log}
	if a.members == nil {
		a.members = forEver{}
	}
	if a.unsettled == nil {
		a.unsettled = func(context.Context, time.Time) (bool, error) { return false, nil }
	}
	for _, h := range o.Webhooks {
		if err := h.check(); err != nil {
			return nil, err
		}
		a.notifiers["webhook:"+h.Name] = h
	}
	a.mailbag = &mailWorker{alerts: a, wake: make(chan struct{}, 1), hands: map[int64]bool{}, afterDoubt: 2 * time.Minute}
	return a, nil
}

// forEver are members none of which ends.
type forEver struct{}

func (forEver) Ended(context.Context, string, time.Time) (map[string]time.Time, error) {
	return nil, nil
}

// address is a page's address as a letter links to it.
func (a *Alerts) address(path string) string {
	return strings.TrimSuffix(a.public.String(), "/") + path
}

func pageOf(indicator string, period indicators.PeriodKind, breakdown, member string) string {
	q := url.Values{"period": {string(period)}}
	if member != "" {
		q.Set("breakdown", breakdown)
		q.Set("member", member)
	}
	return "/indicators/" + url.PathEscape(indicator) + "?" + q.Encode()
}
