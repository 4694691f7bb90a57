package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/alerts/receiver"
	"onevision/indicators"
	"onevision/records/postgres/postgrestest"
	"onevision/records/schema"
)

func TestMain(m *testing.M) { postgrestest.Main(m) }

// board is what the indicators say, which the test changes as records would.
type board struct {
	mu      sync.Mutex
	asAt    time.Time
	names   map[string]string
	values  map[string]map[int][2]int64 // member, week: numerator and denominator
	missing error
	ended   map[string]time.Time
	busy    bool
}

// Ended implements Members.
func (b *board) Ended(context.Context, string, time.Time) (map[string]time.Time, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return maps.Clone(b.ended), nil
}

func (b *board) unsettled(context.Context, time.Time) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy, nil
}

// pass lets the data's clock go on, with nothing changed.
func (b *board) pass(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asAt = b.asAt.Add(d)
}

func newBoard() *board {
	return &board{asAt: t0.Add(-time.Hour), names: map[string]string{"1": "Oakfield Primary School", "2": "St Mary's School", "3": "Hill School"}, values: map[string]map[int][2]int64{}, ended: map[string]time.Time{}}
}

func (b *board) set(member string, week int, numerator, denominator int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.values[member] == nil {
		b.values[member] = map[int][2]int64{}
	}
	b.values[member][week] = [2]int64{numerator, denominator}
	b.asAt = b.asAt.Add(time.Second)
}

func (b *board) of(_ context.Context, _ access.Viewer, r Rule) (report, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.missing != nil {
		return report{}, b.missing
	}
	rep := report{AsAt: b.asAt, Definition: indicators.Definition{ID: r.Indicator, Title: "Unauthorised absence", Unit: indicators.Percent, Decimals: 1, Of: "possible sessions"}}
	for w := range 12 {
		f := indicators.Figure{Period: weekOf(w), Text: "no data"}
		for _, m := range b.values {
			if _, ok := m[w]; ok {
				f.State = indicators.Known
			}
		}
		rep.Whole = append(rep.Whole, f)
	}
	if r.Breakdown == "" {
		rep.Whole = nil
		for w := range 12 {
			rep.Whole = append(rep.Whole, b.figure("", w))
		}
		rep.Members = []subject{{Series: rep.Whole}}
		return rep, nil
	}
	for _, id := range slices.Sorted(maps.Keys(b.names)) { // as the engine, always in the same order
		s := subject{ID: id, Name: b.names[id]}
		for w := range 12 {
			s.Series = append(s.Series, b.figure(id, w))
		}
		rep.Members = append(rep.Members, s)
	}
	return rep, nil
}

func (b *board) figure(id string, w int) indicators.Figure {
	f := indicators.Figure{Period: weekOf(w), Text: "no data"}
	nd, ok := b.values[id][w]
	if !ok {
		return f
	}
	f.State = indicators.Known
	f.Numerator, f.Denominator = decimal.NewFromInt(nd[0]), decimal.NewFromInt(nd[1])
	f.Value = f.Numerator.Shift(2).DivRound(f.Denominator, 6)
	f.Text = indicators.Number(f.Value, 1) + "%"
	return f
}

// world is a record store, a mail server and alerts over a board.
type world struct {
	*Alerts
	t     *testing.T
	pool  *pgxpool.Pool
	board *board
	inbox *receiver.Receiver
	who   *access.Responsibilities
	acc   *access.Accounts

	looks    chan struct{} // the mail worker looked, and found nothing to do
	settling time.Duration // of programs made from now on; 0: none
}

// week 10 of the tests ends on 15 November 2026, the day before t0.
const lastWeek = 10

func newWorld(t *testing.T) *world {
	t.Helper()
	inbox, err := receiver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { inbox.Close() })
	w := &world{t: t, board: newBoard(), inbox: inbox}
	admin := postgrestest.New(t)
	address, err := schema.RoleURL(admin, schema.App, postgrestest.Passwords.App)
	if err != nil {
		t.Fatal(err)
	}
	if w.pool, err = pgxpool.New(t.Context(), address+"&pool_max_conns=8"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.pool.Close)
	now := func() time.Time { return t0 }
	w.who, w.acc = access.NewResponsibilities(w.pool), access.NewAccounts(w.pool, now)
	w.Alerts = w.another(inbox.Port())
	w.looks = make(chan struct{}, 1)
	w.mailbag.watch = func(what string, n int64) {
		if what == "looked" && n == 0 {
			select {
			case w.looks <- struct{}{}:
			default:
			}
		}
	}
	if err := w.EnsureRule(t.Context(), UnauthorisedAbsence()); err != nil {
		t.Fatal(err)
	}
	return w
}

// another is a second program on the same record store.
func (w *world) another(port int) *Alerts {
	w.t.Helper()
	settle := w.settling
	if settle == 0 {
		settle = -1
	}
	a, err := New(Options{Settle: settle, Members: w.board, Unsettled: w.board.unsettled, Pool: w.pool, Engine: noEngine{}, Responsibilities: w.who, Viewers: w.acc, PublicURL: "https://onevision.example.gov.uk/",
		Mail: Mail{Host: "127.0.0.1", Port: port, From: "OneVision <onevision@example.gov.uk>", TLS: TLSNone},
		Now:  time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		w.t.Fatal(err)
	}
	a.figures = w.board
	return a
}

// noEngine stands where the board stands in for it.
type noEngine struct{}

func (noEngine) Ask(context.Context, access.Viewer, indicators.Question) (indicators.Answer, error) {
	return indicators.Answer{}, errors.New("the board answers")
}

// person adds an account that answers for what is given.
func (w *world) person(name string, role access.Role, part access.Part, subject access.Subject, member int64) int64 {
	w.t.Helper()
	by := accesstest.Viewer(access.Administrator)
	a, err := w.acc.Add(w.t.Context(), by, access.NewAccount{Username: name, DisplayName: name + " Example", Email: name + "@example.gov.uk", Role: role})
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = w.who.Assign(w.t.Context(), by, access.Responsibility{Account: a.ID, Subject: subject, Member: member, Part: part, From: time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		w.t.Fatal(err)
	}
	return a.ID
}

func (w *world) evaluate() {
	w.t.Helper()
	if err := w.Evaluate(w.t.Context(), t0); err != nil {
		w.t.Fatal(err)
	}
}

// begin gets the rule over its first evaluation, with nothing over.
func (w *world) begin() {
	w.t.Helper()
	for id := range w.board.names {
		w.board.set(id, lastWeek-1, 10, 1000)
	}
	w.evaluate()
	w.written(0)
}

// written are the messages in the record store, the oldest first; without those
// that were replaced before anybody had them.
func (w *world) written(want int) []stored {
	w.t.Helper()
	rows, _ := w.pool.Query(context.Background(), `SELECT m.id, m.reason, m.account_id, m.message_id, coalesce(m.in_reply_to, '') AS in_reply_to, m.subject, m.body_text, m.body_html,
		m.sent_at IS NOT NULL AS sent, m.failed_at IS NOT NULL AS failed, m.attempts, coalesce(m.last_error, '') AS last_error FROM alert_message m
		WHERE superseded_at IS NULL AND channel = 'mail' ORDER BY m.id`)
	all, err := pgx.CollectRows(rows, pgx.RowToStructByPos[stored])
	if err != nil {
		w.t.Fatal(err)
	}
	if len(all) != want {
		w.t.Fatalf("%d messages are written, want %d: %v", len(all), want, all)
	}
	return all
}

type stored struct {
	ID           int64
	Reason       string
	Account      int64
	MessageID    string
	InReplyTo    string
	Subject      string
	Text, HTML   string
	Sent, Failed bool
	Attempts     int
	LastError    string
}

func (s stored) String() string {
	return fmt.Sprintf("%s to %d: %s", s.Reason, s.Account, s.Subject)
}

// alertOf is the open alert about a member.
func (w *world) alertOf(member string) int64 {
	w.t.Helper()
	open, err := w.Open(w.t.Context(), accesstest.Viewer(access.Director))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range open {
		if o.Member == member {
			return o.ID
		}
	}
	w.t.Fatalf("no alert about member %s is open", member)
	return 0
}

// arrived notes that everything written until now was delivered, so that what
// comes next is a letter of its own.
func (w *world) arrived() {
	w.t.Helper()
	if _, err := w.pool.Exec(w.t.Context(), `UPDATE alert_message SET sent_at = $1 WHERE sent_at IS NULL AND superseded_at IS NULL`, t0); err != nil {
		w.t.Fatal(err)
	}
}

// deliver starts delivery until the test ends.
func (w *world) deliver() {
	w.t.Helper()
	if err := w.Start(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			w.t.Error(err)
		}
	})
}

// idle waits until the mail worker has looked twice and found nothing to do: what
// it has not sent by then it will not.
func (w *world) idle() {
	w.t.Helper()
	for range 2 {
		select {
		case <-w.looks:
		default:
		}
		w.mailbag.signal()
		select {
		case <-w.looks:
		case <-patience(w.t).Done():
			w.t.Fatal("the mail worker did not look")
		}
	}
}

// eventually waits until what is said comes true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := patience(t); !is(); time.Sleep(20 * time.Millisecond) {
		if end.Err() != nil {
			t.Fatalf("%s: not before the tests' own time was over", what)
		}
	}
}

// patience ends shortly before the tests' own time does: how long something takes
// is the machine's affair, and that it hangs is seen there.
func patience(t *testing.T) context.Context {
	t.Helper()
	end, ok := t.Deadline()
	if !ok {
		return t.Context()
	}
	ctx, cancel := context.WithDeadline(context.Background(), end.Add(-10*time.Second))
	t.Cleanup(cancel)
	return ctx
}

// restart starts a mail server where another was: its port may take a moment to be
// free.
func restart(t *testing.T, address string, o receiver.Options) (r *receiver.Receiver) {
	t.Helper()
	eventually(t, "a mail server at "+address, func() (started bool) {
		var err error
		r, err = receiver.StartWith(address, o)
		return err == nil
	})
	t.Cleanup(func() { r.Close() })
	return r
}

// connect is a connection of another program.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	c, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.Background()) })
	return c
}

// last is of: the board has no more.
func (b *board) last(ctx context.Context, v access.Viewer, r Rule, _ int) (report, error) {
	return b.of(ctx, v, r)
}

// EditRule puts r in the place of the rule of its name.
func (w *world) EditRule(ctx context.Context, by access.Viewer, r Rule) error {
	rules, err := w.Rules(ctx, access.System(access.Alerting))
	if err != nil {
		return err
	}
	for _, known := range rules {
		if known.Name == r.Name {
			r.ID = known.ID
		}
	}
	_, err = w.SaveRule(ctx, by, r)
	return err
}
