// Package dashboards is every page that a person sees: sign-in, dashboards, the
// page of one measure, alerts; the headers that guard them; and the one place
// where an error becomes a page.
package dashboards

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"onevision/access"
	"onevision/alerts"
	"onevision/dashboards/layout"
	"onevision/indicators"
	"onevision/indicators/comparators"
)

// Options are what the pages stand on.
type Options struct {
	Authority string // "Exampleshire County Council"
	Contact   string // whom to tell of a barrier to access: an address or a telephone number; "" says that it is not set
	PublicURL string // where people reach this server; https makes the browser insist on it

	Accounts Accounts
	Sessions Sessions
	Engine   Engine
	Alerts   Alerts
	Layouts  Layouts
	Inbox    Inbox // the demo's received mail; nil: no such page

	// Organisation is the organisation's own sign-in, beside passwords. nil: there is none.
	Organisation Organisation

	// System tells whoever operates the program how it fares. nil: no such page.
	System System

	// Start lists what a new authority still lacks; Responsibilities is who answers
	// for what. nil: no such page.
	Start            Start
	Responsibilities Responsibilities

	// Children are the records of children. nil: no such pages.
	Children Children

	// Restrictions are the children who exist for a named few, and Glass shows one
	// child for a time to somebody whose they are not. nil: no such pages.
	Restrictions Restrictions
	Glass        Glass

	// Credentials are people's passwords, sessions and tokens. nil: no such pages.
	Credentials Credentials

	// Looks is the audit as people read it. nil: no such pages.
	Looks Looks

	// Waiting is the rows of files that match nobody yet. nil: no such pages.
	Waiting Waiting

	// Batches are the files that came in, and Files takes more in. nil: no such pages.
	Batches Batches
	Files   Files

	// Workbook writes the viewer's dashboard as an Excel workbook, and the audit
	// line that says so. nil: no such page.
	Workbook func(ctx context.Context, v access.Viewer, w io.Writer) error

	// Figures writes every figure that the viewer may see in long form, as CSV, and its
	// audit line. nil: no such page.
	Figures func(ctx context.Context, v access.Viewer, w io.Writer) error

	// Publications publishes the authority's own figures. nil: no such pages.
	Publications Publications

	// Annotations are commentary, acts and events beside measures. nil: none are shown.
	Annotations Annotations

	// Comparators are the published figures of other areas. nil: no such pages.
	Comparators Comparators

	// Audit writes the line that says that the viewer looked at a dashboard or an
	// indicator, and at the figures of which ones: no line, no page.
	Audit func(ctx context.Context, v access.Viewer, kind string, ids []string) error

	// AsAt is the instant up to which the warehouse holds every change of the
	// record store, which goes on while nothing changes. nil: dashboards say when
	// the facts were read that their figures were computed from.
	AsAt func() time.Time

	Demo     bool      // the county is invented, and every page says so
	Personas []Persona // shown on the demo's sign-in page, and only there

	Now func() time.Time
	Log *slog.Logger
}

// Accounts lets people in.
type Accounts interface {
	// AuthenticateOn returns access.ErrSignIn for whatever is wrong, or
	// access.Throttled with how long to wait.
	AuthenticateOn(ctx context.Context, username, password, network, device string) (access.Viewer, error)
	// KnowDevice gives the secret by which this browser is known to the account.
	KnowDevice(ctx context.Context, v access.Viewer, device string) (string, error)
}

// Sessions are the browsers that somebody has signed in on.
type Sessions interface {
	Middleware(next http.Handler) http.Handler
	Viewer(ctx context.Context) (access.Viewer, bool)
	SignIn(ctx context.Context, v access.Viewer) error
	SignOut(ctx context.Context) error
	SignedIn(ctx context.Context, by access.Viewer, account int64) ([]access.SignedIn, error)
	PutFlash(ctx context.Context, message string)
	PopFlash(ctx context.Context) string
}

// Engine answers questions about indicators.
type Engine interface {
	// Ask returns indicators.ErrNotFound for what does not exist and for a
	// viewer who may not ask.
	Ask(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.Answer, error)
	List(v access.Viewer) []indicators.Definition
	// ChildrenBehind is whom a figure counts, by keys; indicators.ErrNotFound as above.
	ChildrenBehind(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.ChildrenBehind, error)
	// Cross answers a crossing, and CrossKinds says by what a measure may be crossed;
	// indicators.ErrPublishedOnly for a viewer without exact figures.
	Cross(ctx context.Context, v access.Viewer, q indicators.Crossing) (indicators.Crossed, error)
	CrossKinds(ctx context.Context, v access.Viewer, indicator string) (indicators.CrossKinds, error)
}

// Comparators gives the published figures in force.
type Comparators interface {
	// Set returns comparators.ErrNotFound for a viewer who may not ask.
	Set(ctx context.Context, v access.Viewer) (*comparators.Set, error)
}

// Alerts are what wants somebody's attention.
type Alerts interface {
	// CountOpen is how many alerts are open that the viewer may see.
	CountOpen(ctx context.Context, v access.Viewer) (int, error)
	// Open is those alerts, the newest first.
	Open(ctx context.Context, v access.Viewer) ([]alerts.Alert, error)
	// Ended is those that ended last.
	Ended(ctx context.Context, v access.Viewer) ([]alerts.Alert, error)
	// Alert is one of them with its history; alerts.ErrNotFound where there is none
	// that the viewer may see.
	Alert(ctx context.Context, v access.Viewer, id int64) (alerts.Detail, error)
	// Do does something about one; an alerts.Invalid says what is wrong with it.
	Do(ctx context.Context, v access.Viewer, id int64, d alerts.Deed) error
	// Messages are what was told, and Resend tells it again.
	Messages(ctx context.Context, v access.Viewer) ([]alerts.Message, error)
	Resend(ctx context.Context, v access.Viewer, id int64) error
	// Rules are what is watched, and StopMail stops a rule's letters to the viewer,
	// where the rule lets its readers.
	Rules(ctx context.Context, v access.Viewer) ([]alerts.Rule, error)
	StopMail(ctx context.Context, v access.Viewer, rule int64, stop bool) error
	// MayManage reports whether the viewer may change rules and silences. To whoever
	// may not, the methods below return alerts.ErrNotFound.
	MayManage(ctx context.Context, v access.Viewer) (bool, error)
	Backtest(ctx context.Context, v access.Viewer, r alerts.Rule) (alerts.Backtest, error)
	SaveRule(ctx context.Context, v access.Viewer, r alerts.Rule) (int64, error)
	SwitchRule(ctx context.Context, v access.Viewer, id int64, on bool) error
	Silences(ctx context.Context, v access.Viewer) ([]alerts.Silence, error)
	AddSilence(ctx context.Context, v access.Viewer, s alerts.Silence) error
	EndSilence(ctx context.Context, v access.Viewer, id int64) error
	// Subscriptions are the viewer's own; alerts.ErrTooMany where they have as many as
	// they may, alerts.ErrNotFound for what is not theirs.
	Subscriptions(ctx context.Context, v access.Viewer) ([]alerts.Subscription, error)
	Subscribe(ctx context.Context, v access.Viewer, s alerts.Subscription) error
	EndSubscription(ctx context.Context, v access.Viewer, id int64) error
	// Watched are the members that rules have seen.
	Watched(ctx context.Context, v access.Viewer) ([]alerts.Watched, error)
}

// Layouts are people's own dashboards, and what they saw there: *layout.Store.
type Layouts interface {
	Layout(ctx context.Context, v access.Viewer) (layout.Layout, error)
	// Save returns layout.ErrChanged where the layout is of another version by now.
	Save(ctx context.Context, v access.Viewer, version int, cards []layout.Card) (int, error)
	Look(ctx context.Context, v access.Viewer) (layout.Look, error)
	Looked(ctx context.Context, v access.Viewer, seen map[string]layout.Seen) (layout.Look, error)
	// Questions are those that the viewer keeps; SaveQuestion returns layout.ErrTooMany
	// where they keep as many as they may.
	Questions(ctx context.Context, v access.Viewer) ([]layout.Question, error)
	SaveQuestion(ctx context.Context, v access.Viewer, name, query string) error
	RemoveQuestion(ctx context.Context, v access.Viewer, id int64) error
}

// Inbox is the mail that the demo's own receiver took in.
type Inbox interface {
	Mails(ctx context.Context) ([]Mail, error) // the newest first
	// Mail returns ErrNoMail where there is none of that id.
	Mail(ctx context.Context, id string) (Mail, error)
}

// ErrNoMail says that the inbox holds no mail of the id.
var ErrNoMail = errors.New("no such mail")

// Mail is one received message.
type Mail struct {
	ID       string
	Received time.Time
	From, To string
	Subject  string
	Text     string // the text/plain part
	HTML     string // the text/html part, "" if it has none
}

// Persona is one of the demo's invented people, as whom a visitor may sign in.
type Persona struct{ Role, Username, Password string }

// check reports all that is missing at once.
func (o Options) check() (*url.URL, error) {
	var problems []error
	missing := func(is bool, what string) {
		if is {
			problems = append(problems, errors.New("dashboards: "+what))
		}
	}
	missing(o.Authority == "", "no authority is named")
	missing(o.Accounts == nil, "no accounts")
	missing(o.Sessions == nil, "no sessions")
	missing(o.Engine == nil, "no engine")
	missing(o.Alerts == nil, "no alerts")
	missing(o.Layouts == nil, "no layouts")
	missing(o.Audit == nil, "no audit")
	missing(o.Now == nil, "no clock")
	missing(o.Log == nil, "no log")
	missing(!o.Demo && (o.Inbox != nil || len(o.Personas) > 0), "an inbox or personas outside the demo")
	public, err := url.Parse(o.PublicURL)
	missing(err != nil || public.Host == "" || (public.Scheme != "http" && public.Scheme != "https"), "the public address is not one that begins http:// or https://")
	return public, errors.Join(problems...)
}
