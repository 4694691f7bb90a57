package house

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"onevision/access"
	"onevision/alerts"
	"onevision/alerts/receiver"
	"onevision/api"
	"onevision/dashboards"
	"onevision/indicators"
	"onevision/indicators/library"
	"onevision/records"
	"onevision/static"
	"onevision/warehouse"
)

// Options say how a house is run.
type Options struct {
	Place
	Listen    string // address of the web server: 127.0.0.1:8080; port 0 takes a free one
	PublicURL string // where people reach it; "": http:// and the listening address
	Contact   string // whom to tell of a barrier to access
	Mail      alerts.Mail
	Metrics   string   // address of this machine that metrics are served on; "": they are not
	Proxies   []string // addresses or networks of reverse proxies that say whom a request is from
	Now       func() time.Time
	Log       *slog.Logger
	Demo      *Demo // nil outside the demo
}

// Demo is what only a demo county has.
type Demo struct {
	Personas []dashboards.Persona
}

// House is the whole program, wired and not yet running.
type House struct {
	Options
	Ground      *Ground
	Store       *records.Store
	Accounts    *access.Accounts
	Warehouse   *warehouse.Warehouse
	Engine      *indicators.Engine
	Alerts      *alerts.Alerts
	Inbox       *receiver.Receiver // the demo's mailbox; nil outside it
	authority   string
	sessions    *access.Sessions
	web         *echo.Echo
	front       http.Handler // web, behind the proxies
	listener    net.Listener
	metrics     *metrics
	metricsAt   net.Listener
	store       asked         // for health
	computed    chan struct{} // closed after the first run
	responsible *access.Responsibilities
}

// Build wires a house on the ground and opens its listening socket, so that its
// address is known. Run runs it.
func Build(ctx context.Context, g *Ground, o Options) (*House, error) {
	h := &House{Options: o, Ground: g, computed: make(chan struct{}), metrics: newMetrics()}
	if h.Now == nil {
		h.Now = time.Now
	}
	if h.Log == nil {
		h.Log = slog.Default()
	}
	if err := h.wire(ctx); err != nil {
		return nil, errors.Join(err, h.Close())
	}
	return h, nil
}

func (h *House) wire(ctx context.Context) error {
	var err error
	var first sync.Once
	if h.authority, err = h.guard(ctx); err != nil {
		return err
	}
	if h.listener, err = net.Listen("tcp", h.Listen); err != nil {
		return fmt.Errorf("listen for browsers: %w; choose another address with --listen", err)
	}
	if h.Metrics != "" {
		if h.metricsAt, err = listenMetrics(h.Metrics); err != nil {
			return err
		}
	}
	if h.PublicURL == "" {
		h.PublicURL = "http://" + h.listener.Addr().String()
	}
	pool := h.Ground.Pool
	h.Store = records.NewStore(pool, h.Now)
	h.Accounts = access.NewAccounts(pool, h.Now)
	h.responsible = access.NewResponsibilities(pool)
	if h.Warehouse, err = warehouse.Open(ctx, h.Ground.WarehouseOptions(h.Now, h.Log)); err != nil {
		return err
	}
	defined, err := indicators.LoadLibrary(library.Files)
	if err != nil {
		return err
	}
	if h.Engine, err = indicators.NewEngine(indicators.EngineOptions{Library: defined, Warehouse: counted{h.Warehouse}, Pool: pool, Now: h.Now, Log: h.Log, Pressure: h.Warehouse.Pressure}); err != nil {
		return err
	}
	h.Engine.OnRun(func(_ context.Context, r indicators.Run) { h.metrics.ran(r, h.Now()) })
	h.Engine.OnRun(func(context.Context, indicators.Run) { first.Do(func() { close(h.computed) }) })
	h.Warehouse.Subscribe(func(c warehouse.Change) { h.Engine.Changed(c.Tables, c.NewBuild) })
	if err := h.wireAlerts(); err != nil {
		return err
	}
	if err := h.metrics.registry.Register(gauges{h}); err != nil {
		return fmt.Errorf("register the metrics: %w", err)
	}
	return h.wireWeb()
}

// guard refuses what must not be mixed: a demo's records or accounts with a
// real server. It returns the authority's name.
func (h *House) guard(ctx context.Context) (authority string, err error) {
	var demo bool
	if err := h.Ground.Pool.QueryRow(ctx, `/* house.guard */ SELECT authority, demo FROM installation`).Scan(&authority, &demo); err != nil {
		return "", fmt.Errorf("read what the installation is: %w", err)
	}
	if h.Demo != nil {
		return authority, nil
	}
	if demo {
		return "", errors.New("this record store holds the demo county's invented children: serve needs another data folder (--data) or database")
	}
	has, err := access.NewAccounts(h.Ground.Pool, h.Now).HasDemo(ctx)
	if err != nil {
		return "", err
	}
	if has {
		return "", errors.New("this record store holds demo accounts, whose password is printed for anybody: serve needs another data folder (--data) or database")
	}
	return authority, nil
}

func (h *House) wireWeb() error {
	h.sessions = access.NewSessions(h.Ground.Pool, secure(h.PublicURL), h.Now)
	h.web = echo.New()
	h.web.HideBanner, h.web.HidePort = true, true
	h.web.Use(h.metrics.count)
	h.web.GET("/health", h.health)
	static.Mount(h.web)
	api.Mount(h.web, api.Options{Store: h.Store, Tokens: h.Accounts, Version: Version(), Log: h.Log})
	o := dashboards.Options{
		Authority: h.authority, Contact: h.Contact, PublicURL: h.PublicURL,
		Accounts: h.Accounts, Sessions: h.sessions, Engine: h.Engine, Alerts: h.Alerts,
		System: h.system, Workbook: h.workbook, Audit: h.looked, Now: h.Now, Log: h.Log,
	}
	if h.Demo != nil {
		o.Demo, o.Personas, o.Inbox = true, h.Demo.Personas, inbox{h.Inbox}
	}
	if err := dashboards.Mount(h.web, o); err != nil {
		return err
	}
	var err error
	h.front, err = behind(h.Proxies, h.web)
	return err
}

func secure(public string) bool { return strings.HasPrefix(public, "https:") }

// Address is where the web server listens.
func (h *House) Address() string { return h.listener.Addr().String() }

// Run runs everything until ctx ends or a part fails.
func (h *House) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	// First what can fail: nothing runs yet that would outlive the error.
	if err := h.Alerts.EnsureRule(ctx, alerts.UnauthorisedAbsence()); err != nil {
		return quietly(err)
	}
	if err := h.Alerts.Start(ctx); err != nil {
		return quietly(err)
	}
	group.Go(func() error { return quietly(h.Warehouse.Follow(ctx)) })
	group.Go(func() error { return quietly(h.count(ctx)) })
	group.Go(func() error { return h.watch(ctx) })
	group.Go(func() error { return listenControl(ctx, h.Ground.Data, h.control()) })
	if h.metricsAt != nil {
		group.Go(func() error { return h.serveMetrics(ctx) })
	}
	server := &http.Server{
		Handler:           h.front,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       2 * time.Minute,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(h.Log.Handler(), slog.LevelDebug),
	}
	group.Go(func() error {
		if err := server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) {
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
func (h *House) count(ctx context.Context) error {
	select {
	case <-h.Warehouse.Ready():
		return h.Engine.Start(ctx)
	case <-ctx.Done():
		return nil
	}
}

// WaitReady returns once the warehouse serves and everything was computed.
func (h *House) WaitReady(ctx context.Context) error {
	select {
	case <-h.computed:
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

// Close frees what Build took. The ground is its owner's to close.
func (h *House) Close() error {
	var errs []error
	if h.listener != nil {
		h.listener.Close()
	}
	if h.metricsAt != nil {
		h.metricsAt.Close()
	}
	if h.Alerts != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		errs = append(errs, quietly(h.Alerts.Stop(ctx)))
	}
	if h.Warehouse != nil {
		errs = append(errs, h.Warehouse.Close())
	}
	if h.Inbox != nil {
		errs = append(errs, h.Inbox.Close())
	}
	return errors.Join(errs...)
}
