package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"onevision/access"
	"onevision/access/openid"
	"onevision/alerts"
	"onevision/alerts/receiver"
	"onevision/api"
	"onevision/dashboards"
	"onevision/dashboards/layout"
	"onevision/indicators"
	"onevision/indicators/comparators"
	"onevision/records"
	"onevision/records/intake"
	_ "onevision/records/intake/ssd"
	_ "onevision/records/intake/ssda903"
	"onevision/static"
	"onevision/warehouse"
)

// Options say how the app is run.
type Options struct {
	Place
	Listen       string // address of the web server: 127.0.0.1:8080; port 0 takes a free one
	PublicURL    string // where people reach it; "": http:// and the listening address
	Contact      string // whom to tell of a barrier to access
	Mail         alerts.Mail
	Webhooks     []alerts.Webhook // told of every alert's beginning and end
	Settle       time.Duration    // how long a figure stands before anybody is told of it; 0: a minute, below 0: not at all
	ImportFolder string           // whose files are imported as they come; "": none
	Metrics      string           // address of this machine that metrics are served on; "": they are not
	Organisation *openid.Config   // the organisation's own sign-in; nil: there is none
	Proxies      []string         // addresses or networks of reverse proxies that say whom a request is from
	Now          func() time.Time
	Log          *slog.Logger
	Demo         *Demo // nil outside the demo
	Library      fs.FS // of definitions and targets, in place of all others; nil: those of Place
}

// Demo is what only a demo county has.
type Demo struct {
	Personas []dashboards.Persona
}

// App is the whole program, wired and not yet running.
type App struct {
	Options
	Env         *Environment
	Store       *records.Store
	Accounts    *access.Accounts
	Warehouse   *warehouse.Warehouse
	Engine      *indicators.Engine
	Alerts      *alerts.Alerts
	subscribed  alerts.Subscribed  // what a subscription tells its owner
	Inbox       *receiver.Receiver // the demo's mailbox; nil outside it
	authority   string
	sessions    *access.Sessions
	openid      *openid.SignIn // nil: there is none
	web         *echo.Echo
	front       http.Handler // web, behind the proxies
	listener    net.Listener
	metrics     *metrics
	sequencer   *records.Sequencer // writes the changes feed
	chain       *access.Chain      // chains the audit
	files       *intake.Importer
	jobs        *jobs
	metricsAt   net.Listener
	controlAt   *controlSocket
	store       ping          // for health
	computed    chan struct{} // closed after the first run
	owned       ownState
	responsible *access.Responsibilities
}

// New wires the app on its environment and opens its listening socket, so that its
// address is known. Run runs it.
func New(ctx context.Context, env *Environment, o Options) (*App, error) {
	a := &App{Options: o, Env: env, computed: make(chan struct{}), metrics: newMetrics()}
	if a.Now == nil {
		a.Now = time.Now
	}
	if a.Log == nil {
		a.Log = slog.Default()
	}
	a.jobs = newJobs(a.Log, a.Now)
	if err := a.wire(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) wire(ctx context.Context) error {
	var err error
	var first sync.Once
	if a.authority, err = a.guard(ctx); err != nil {
		return err
	}
	if a.listener, err = net.Listen("tcp", a.Listen); err != nil {
		return fmt.Errorf("listen for browsers: %w; choose another address with --listen", err)
	}
	if a.Metrics != "" {
		if a.metricsAt, err = listenMetrics(a.Metrics); err != nil {
			return err
		}
	}
	if a.PublicURL == "" {
		a.PublicURL = "http://" + a.listener.Addr().String()
	}
	pool := a.Env.Pool
	a.Store = records.NewStore(pool, a.Now)
	a.sequencer = &records.Sequencer{Pool: pool, Mark: a.Env.path("changes.json"), Log: a.Log}
	a.chain = a.Env.Chain(a.Now, a.Log)
	if err = errors.Join(a.sequencer.Begin(ctx), a.chain.Begin(ctx)); err != nil {
		return err
	}
	a.Accounts = access.NewAccounts(pool, a.Now)
	a.responsible = access.NewResponsibilities(pool)
	if a.Warehouse, err = warehouse.Open(ctx, a.Env.WarehouseOptions(a.Now, a.Log)); err != nil {
		return err
	}
	defined, err := a.Env.Library()
	if a.Library != nil {
		defined, err = indicators.LoadLibrary(a.Library)
	}
	if err != nil {
		return err
	}
	if a.Engine, err = indicators.NewEngine(indicators.EngineOptions{Library: defined, Warehouse: counted{a.Warehouse}, Pool: pool, Now: a.Now, Log: a.Log, Pressure: a.Warehouse.Pressure, PublishDue: true,
		OnPanic: func(p *indicators.PanicError) { a.jobs.note(p.Job, p.Value) }}); err != nil {
		return err
	}
	a.Engine.OnRun(func(_ context.Context, r indicators.Run) { a.metrics.ran(r, a.Now()) })
	a.Engine.OnRun(func(context.Context, indicators.Run) { first.Do(func() { close(a.computed) }) })
	a.Warehouse.Subscribe(func(c warehouse.Change) { a.Engine.Changed(c.Tables, c.NewBuild) })
	if err := a.wireAlerts(); err != nil {
		return err
	}
	if err := errors.Join(a.metrics.registry.Register(gauges{a}), a.metrics.registry.Register(a.jobs.panics)); err != nil {
		return fmt.Errorf("register the metrics: %w", err)
	}
	if a.controlAt, err = listenControl(a.Env.Data); err != nil {
		return err
	}
	return a.wireWeb()
}

// guard refuses what must not be mixed: a demo's records or accounts with a
// real server. It returns the authority's name.
func (a *App) guard(ctx context.Context) (authority string, err error) {
	var demo bool
	if err := a.Env.Pool.QueryRow(ctx, `/* app.guard */ SELECT authority, demo FROM installation`).Scan(&authority, &demo); err != nil {
		return "", fmt.Errorf("read what the installation is: %w", err)
	}
	if a.Demo != nil {
		return authority, nil
	}
	if demo {
		return "", errors.New("this record store holds the demo county's invented children: serve needs another data folder (--data) or database")
	}
	has, err := access.NewAccounts(a.Env.Pool, a.Now).HasDemo(ctx)
	if err != nil {
		return "", err
	}
	if has {
		return "", errors.New("this record store holds demo accounts, whose password is printed for anybody: serve needs another data folder (--data) or database")
	}
	return authority, nil
}

func (a *App) wireWeb() error {
	a.sessions = access.NewSessions(a.Env.Pool, secure(a.PublicURL), a.Now)
	a.web = echo.New()
	a.web.HideBanner, a.web.HidePort = true, true
	a.web.Use(a.metrics.count)
	a.web.GET("/health", a.health)
	static.Mount(a.web)
	a.files = &intake.Importer{Store: a.Store, Pool: a.Env.Pool, Now: a.Now}
	published := comparators.NewStore(a.Env.Pool)
	api.Mount(a.web, api.Options{Store: a.Store, Tokens: a.Accounts, Files: a.files, Comparators: published, Responsibilities: a.responsible, Indicators: a.Engine, PublicURL: a.PublicURL, Version: Version(), Log: a.Log})
	o := dashboards.Options{
		Authority: a.authority, Contact: a.Contact, PublicURL: a.PublicURL,
		Accounts: a.Accounts, Sessions: a.sessions, Engine: a.Engine, Alerts: a.Alerts, Layouts: layout.NewStore(a.Env.Pool, a.Now),
		Start: func(ctx context.Context) ([]dashboards.StartStep, error) {
			return StartSteps(ctx, a.Env.Pool, a.Mail, a.Now())
		},
		Responsibilities: a.responsible, Waiting: a.files, Batches: a.Store, Files: a.files, Children: a.Store,
		Restrictions: access.NewRestrictions(a.Env.Pool), Looks: access.NewLooks(a.Env.Pool, records.KindsByCategory()), Credentials: a.Accounts, Glass: &access.Glass{Pool: a.Env.Pool, Accounts: a.Accounts, Tell: a.Alerts.TellOfGlass},
		System: a.system, Workbook: a.workbook, Figures: a.figures, Comparators: published, Publications: a.Engine, Annotations: a.Engine, Audit: a.auditView, Now: a.Now, Log: a.Log,
	}
	if a.Demo != nil {
		o.Demo, o.Personas, o.Inbox = true, a.Demo.Personas, inbox{a.Inbox}
	}
	if a.Organisation != nil {
		config := *a.Organisation
		config.PublicURL = a.PublicURL
		var err error
		if a.openid, err = openid.New(config, a.Accounts, a.Now, a.Log); err != nil {
			return fmt.Errorf("the organisation's sign-in: %w", err)
		}
		o.Organisation = a.openid
	}
	a.subscribed = dashboards.Subscribed(o)
	if err := dashboards.Mount(a.web, o); err != nil {
		return err
	}
	var err error
	a.front, err = behind(a.Proxies, a.web)
	return err
}

func secure(public string) bool { return strings.HasPrefix(public, "https:") }

// Address is where the web server listens.
func (a *App) Address() string { return a.listener.Addr().String() }

// Run runs everything until ctx ends or a part fails.
func (a *App) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	// First what can fail: nothing runs yet that would outlive the error.
	if err := a.Alerts.EnsureRule(ctx, alerts.UnauthorisedAbsence()); err != nil {
		return quietly(err)
	}
	if err := a.Alerts.Start(ctx); err != nil {
		return quietly(err)
	}
	job := func(name string, fn func(context.Context) error) {
		group.Go(func() error { return quietly(a.jobs.run(ctx, name, fn)) })
	}
	job("lease", a.Env.keepLease)
	job("follower", a.Warehouse.Follow)
	job("changes", a.sequencer.Run)
	job("audit", a.chain.Run)
	job("waiting rows", func(ctx context.Context) error { return a.files.Follow(ctx, a.Log) })
	if a.ImportFolder != "" {
		folder := &intake.Folder{Importer: a.files, Path: a.ImportFolder, Look: 10 * time.Second, Settle: 10 * time.Second, Log: a.Log}
		if err := folder.Prepare(); err != nil {
			return err
		}
		job("import folder", folder.Run)
	}
	job("files that come regularly", a.watchFiles)
	job("the last day that files tell of", func(ctx context.Context) error { return a.Engine.FollowCoverage(ctx, coveredLook, a.covered) })
	if _, ok := a.Env.own(); ok {
		job("own definitions", a.followOwn)
	}
	if a.openid != nil {
		job("the organisation's sign-in", a.openid.Keep)
	}
	job("indicators", a.count)
	job("alerts", a.watch)
	job("control", func(ctx context.Context) error { return serveControl(ctx, a.controlAt.Listener, a.control()) })
	if a.metricsAt != nil {
		job("metrics", a.serveMetrics)
	}
	server := &http.Server{
		Handler:           a.front,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(a.Log.Handler(), slog.LevelDebug),
	}
	group.Go(func() error {
		if err := server.Serve(a.listener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve browsers: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		// Requests under way are finished, but not for ever.
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		if server.Shutdown(bound) != nil {
			server.Close()
		}
		return nil
	})
	return group.Wait()
}

// count starts the engine once there is a warehouse to count in. Pages are there
// before, and say that nothing has been computed yet.
func (a *App) count(ctx context.Context) error {
	select {
	case <-a.Warehouse.Ready():
		if err := a.Engine.Start(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		a.Engine.Wait() // the warehouse closes after this
		return nil
	case <-ctx.Done():
		return nil
	}
}

// WaitReady returns once the warehouse serves and everything was computed.
func (a *App) WaitReady(ctx context.Context) error {
	select {
	case <-a.computed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// quietly makes the end of ctx no error.
func quietly(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// Close frees what New took. The environment is its owner's to close.
func (a *App) Close() error {
	var errs []error
	if a.listener != nil {
		a.listener.Close()
	}
	if a.metricsAt != nil {
		a.metricsAt.Close()
	}
	errs = append(errs, a.controlAt.Close())
	if a.Alerts != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		errs = append(errs, quietly(a.Alerts.Stop(ctx)))
	}
	if a.Warehouse != nil {
		errs = append(errs, a.Warehouse.Close())
	}
	if a.Inbox != nil {
		errs = append(errs, a.Inbox.Close())
	}
	return errors.Join(errs...)
}
