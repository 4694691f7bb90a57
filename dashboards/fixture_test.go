package dashboards

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/access/openid"
	"onevision/alerts"
	"onevision/dashboards/layout"
	"onevision/indicators"
	"onevision/indicators/comparators"
	"onevision/records"
	"onevision/records/intake"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
	"onevision/static"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

const goodPassword = "a long enough sentence for one"

// fixture is the pages over real accounts and sessions. Its figures are those of
// an engine that has computed nothing yet, unless a test says otherwise.
type fixture struct {
	url    string
	echo   *echo.Echo
	alerts *alerts.Alerts
	engine *unready
	log    *bytes.Buffer
	pool   *pgxpool.Pool
	admin  string // a superuser's address of the same database
	sheet  func(w writer) error
	views  views
}

// views are the lines that the audit would hold.
type views struct {
	mu    sync.Mutex
	lines []string
	fail  error
}

func (l *views) audit(_ context.Context, v access.Viewer, kind string, ids []string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail == nil {
		l.lines = append(l.lines, strings.Join(append([]string{string(v.Role()), kind}, ids...), " "))
	}
	return l.fail
}

// staffed is a record store with an account of each role and no records.
func staffed(admin string) error {
	ctx := context.Background()
	app, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, app)
	if err != nil {
		return err
	}
	defer pool.Close()
	accounts := access.NewAccounts(pool, time.Now)
	for _, role := range access.Roles() {
		_, err := accounts.Add(ctx, accesstest.Viewer(access.Administrator), access.NewAccount{Username: string(role), DisplayName: "Pat Invented", Role: role, Password: goodPassword})
		if err != nil {
			return err
		}
	}
	// Published figures are there before any record is.
	if _, err := pool.Exec(ctx, `UPDATE installation SET authority_code = 'E10000003'`); err != nil {
		return err
	}
	_, err = comparators.NewStore(pool).Set(ctx, accesstest.Viewer(access.Director))
	return err
}

func database(t *testing.T) (admin string, _ *pgxpool.Pool) {
	t.Helper()
	admin = postgrestest.Template(t, staffed)
	app, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), app)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return admin, pool
}

// newFixture is the pages, with the organisation's sign-in of that configuration; by
// default one that cannot be reached.
func newFixture(t *testing.T, organisation ...openid.Config) *fixture {
	t.Helper()
	h := &fixture{engine: &unready{}, log: &bytes.Buffer{}}
	h.admin, h.pool = database(t)
	accounts := access.NewAccounts(h.pool, time.Now)
	h.echo = echo.New()
	log := slog.New(slog.NewTextHandler(&locked{w: h.log}, nil))
	organisation = append(organisation, openid.Config{Issuer: "http://127.0.0.1:1", ClientID: "onevision", PublicURL: "https://onevision.example", Roles: map[string]access.Role{"OneVision.Director": access.Director}})
	signIn, err := openid.New(organisation[0], accounts, time.Now, log)
	if err != nil {
		t.Fatal(err)
	}
	h.alerts, err = alerts.New(alerts.Options{Pool: h.pool, Engine: h.engine, Responsibilities: access.NewResponsibilities(h.pool), Viewers: accounts, PublicURL: "http://onevision.example",
		Mail: alerts.Mail{Host: "127.0.0.1", Port: 1, From: "a@example.gov.uk", TLS: alerts.TLSNone}, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	err = Mount(h.echo, Options{
		Authority: "Exampleshire", PublicURL: "http://onevision.example", Accounts: accounts, Sessions: access.NewSessions(h.pool, false, time.Now),
		Engine: h.engine, Alerts: h.alerts, Layouts: layout.NewStore(h.pool, time.Now), Inbox: post{}, Demo: true, Personas: []Persona{{"Director", "director", goodPassword}},
		Start: func(context.Context) ([]StartStep, error) {
			return []StartStep{{Title: "Schools", Have: "no schools", Missing: "None yet.", Command: "onevision import"}, {Title: "Responsibilities", Have: "1 person", Href: "/responsibilities"}}, nil
		},
		Responsibilities: access.NewResponsibilities(h.pool),
		Batches:          records.NewStore(h.pool, time.Now),
		Files:            &intake.Importer{Store: records.NewStore(h.pool, time.Now), Pool: h.pool, Now: time.Now},
		Children:         records.NewStore(h.pool, time.Now),
		Restrictions:     access.NewRestrictions(h.pool),
		Credentials:      accounts,
		Organisation:     signIn,
		Looks:            access.NewLooks(h.pool, records.KindsByCategory()),
		Glass:            &access.Glass{Pool: h.pool, Accounts: accounts, Tell: h.alerts.TellOfGlass},
		Waiting:          &intake.Importer{Store: records.NewStore(h.pool, time.Now), Pool: h.pool, Now: time.Now},
		System: func(context.Context) ([]SystemPart, error) {
			return []SystemPart{{Title: "Warehouse", Warning: "It is slow.", Facts: []SystemFact{{"State", "following"}}}}, nil
		},
		Workbook: func(_ context.Context, _ access.Viewer, w io.Writer) error {
			if h.sheet != nil {
				return h.sheet(w)
			}
			_, err := io.WriteString(w, "PK")
			return err
		},
		Figures: func(_ context.Context, _ access.Viewer, w io.Writer) error {
			_, err := io.WriteString(w, "indicator\r\n")
			return err
		},
		Comparators: comparators.NewStore(h.pool), Publications: h.engine, Annotations: h.engine,
		Audit: h.views.audit,
		Now:   time.Now, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	static.Mount(h.echo)
	server := httptest.NewServer(h.echo)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	t.Cleanup(server.Close)
	h.url = server.URL
	return h
}

type writer = io.Writer

// never is a workbook that no test asks for.
func (*fixture) never(context.Context, access.Viewer, io.Writer) error { return nil }

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// unready is an engine whose library is read and whose figures are not there.
// But for a test that gives it a real one.
type unready struct {
	fail func() error
	real *indicators.Engine
}

func (u *unready) List(v access.Viewer) []indicators.Definition {
	if u.real != nil {
		return u.real.List(v)
	}
	if !v.May(access.ViewDashboards) && !v.May(access.EvaluateAlerts) {
		return nil
	}
	return []indicators.Definition{{ID: "unauthorised-absence", Title: "Unauthorised absence", Unit: indicators.Percent,
		Periods: []indicators.PeriodKind{indicators.Week, indicators.Month}, Breakdowns: []string{"school"}},
		{ID: "persistent-absence", Title: "Persistent absence", Unit: indicators.Percent, Periods: []indicators.PeriodKind{indicators.Month}},
		{ID: "open-cases", Title: "Open cases", Theme: "social-care", Unit: indicators.Count, Periods: []indicators.PeriodKind{indicators.Month}}}
}

func (u *unready) Publish(ctx context.Context, v access.Viewer, o indicators.Publishing) (indicators.Release, error) {
	if u.real != nil {
		return u.real.Publish(ctx, v, o)
	}
	if !v.May(access.Publish) {
		return indicators.Release{}, indicators.ErrNotFound
	}
	return indicators.Release{}, nil
}

func (u *unready) Releases(ctx context.Context, v access.Viewer, most int) ([]indicators.Release, error) {
	if u.real != nil {
		return u.real.Releases(ctx, v, most)
	}
	return nil, nil
}

func (u *unready) Restated(ctx context.Context, v access.Viewer, q indicators.Question) ([]indicators.Restatement, error) {
	if u.real != nil {
		return u.real.Restated(ctx, v, q)
	}
	return nil, nil
}

func (u *unready) Ask(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.Answer, error) {
	if u.real != nil {
		return u.real.Ask(ctx, v, q)
	}
	if u.fail != nil {
		return indicators.Answer{}, u.fail()
	}
	if !v.May(access.ViewDashboards) && !v.May(access.EvaluateAlerts) || q.Indicator != "unauthorised-absence" || q.Member == "999" {
		return indicators.Answer{}, indicators.ErrNotFound
	}
	return indicators.Answer{}, nil
}

func (u *unready) ChildrenBehind(ctx context.Context, v access.Viewer, q indicators.Question) (indicators.ChildrenBehind, error) {
	if u.real != nil {
		return u.real.ChildrenBehind(ctx, v, q)
	}
	return indicators.ChildrenBehind{}, indicators.ErrNotFound
}

func (u *unready) Annotations(ctx context.Context, v access.Viewer, a indicators.Answer) ([]indicators.Annotation, error) {
	return u.store().Annotations(ctx, v, a)
}

func (u *unready) Acts(ctx context.Context, v access.Viewer) (indicators.Acts, error) {
	return u.store().Acts(ctx, v)
}

func (u *unready) MayAnnotate(v access.Viewer, a indicators.Answer) bool {
	return u.store().MayAnnotate(v, a)
}

func (u *unready) Owners(ctx context.Context, v access.Viewer) ([]indicators.Owner, error) {
	return u.store().Owners(ctx, v)
}

func (u *unready) Annotate(ctx context.Context, v access.Viewer, q indicators.Question, n indicators.Annotation) error {
	return u.store().Annotate(ctx, v, q, n)
}

func (u *unready) EndAct(ctx context.Context, v access.Viewer, q indicators.Question, id int64, outcome string) error {
	return u.store().EndAct(ctx, v, q, id, outcome)
}

func (u *unready) WithdrawAnnotation(ctx context.Context, v access.Viewer, q indicators.Question, id int64) error {
	return u.store().WithdrawAnnotation(ctx, v, q, id)
}

// store is an engine without a record store while there is no real one: nobody has
// written anything.
func (u *unready) store() *indicators.Engine {
	if u.real != nil {
		return u.real
	}
	return &indicators.Engine{}
}

func (u *unready) Cross(ctx context.Context, v access.Viewer, q indicators.Crossing) (indicators.Crossed, error) {
	if u.real != nil {
		return u.real.Cross(ctx, v, q)
	}
	return indicators.Crossed{}, indicators.ErrNotFound
}

func (u *unready) CrossKinds(ctx context.Context, v access.Viewer, id string) (indicators.CrossKinds, error) {
	if u.real != nil {
		return u.real.CrossKinds(ctx, v, id)
	}
	return indicators.CrossKinds{}, indicators.ErrNotFound
}

type post struct{}

func (post) Mails(context.Context) ([]Mail, error) {
	m, err := post{}.Mail(context.Background(), "1")
	return []Mail{m}, err
}

func (post) Mail(_ context.Context, id string) (Mail, error) {
	switch id {
	case "1":
		return Mail{ID: "1", Subject: "Off target <b>", From: "a@example.org", To: "b@example.org", Text: "4.1% <script>", HTML: "<p style='color:red'>4.1%</p>"}, nil
	case "2":
		return Mail{ID: "2", Subject: "Plain", Text: "4.1%"}, nil
	}
	return Mail{}, errors.Join(ErrNoMail)
}

// somebody is a browser: it keeps cookies, follows nothing, and says where its
// requests come from.
type somebody struct {
	t       *testing.T
	fixture *fixture
	client  *http.Client
}

func (h *fixture) nobody(t *testing.T) *somebody {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &somebody{t, h, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (h *fixture) as(t *testing.T, role access.Role) *somebody {
	t.Helper()
	s := h.nobody(t)
	if r := s.post("/sign-in", url.Values{"username": {string(role)}, "password": {goodPassword}}); r.status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: %d", role, r.status)
	}
	return s
}

type reply struct {
	status int
	header http.Header
	body   string
}

func (s *somebody) get(path string, headers ...string) reply {
	return s.send(http.MethodGet, path, nil, headers...)
}

func (s *somebody) post(path string, form url.Values, headers ...string) reply {
	return s.send(http.MethodPost, path, form, append([]string{"Sec-Fetch-Site", "same-origin"}, headers...)...)
}

func (s *somebody) send(method, path string, form url.Values, headers ...string) reply {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.fixture.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.client.Do(req)
	if err != nil {
		return reply{status: -1, body: err.Error()}
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return reply{status: -1, body: err.Error()}
	}
	return reply{res.StatusCode, res.Header, string(body)}
}
