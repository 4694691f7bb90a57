package alerts

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/alerts/receiver"
)

func TestAChangeOfStateSendsExactlyOneMail(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.deliver()
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	eventually(t, "the mail", func() bool { return len(w.inbox.Messages()) == 1 })
	w.evaluate()
	w.evaluate()
	eventually(t, "the note that it was sent", func() bool { return w.written(1)[0].Sent })
	if n := len(w.inbox.Messages()); n != 1 {
		t.Fatalf("%d mails", n)
	}
	m, written := w.inbox.Messages()[0], w.written(1)[0]
	if m.MessageID != written.MessageID || m.Subject != written.Subject || m.To[0] != "lead@example.gov.uk" || m.From != "onevision@example.gov.uk" {
		t.Errorf("the mail is %q %q to %v from %s", m.MessageID, m.Subject, m.To, m.From)
	}
	for header, want := range map[string]string{"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "To": `"lead Example" <lead@example.gov.uk>`} {
		if got := m.Header[header]; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v, want %s", header, got, want)
		}
	}
	if strings.TrimSpace(m.Text) != strings.TrimSpace(written.Text) || !strings.Contains(m.HTML, "34 of 1,000") || !strings.HasSuffix(m.MessageID, "@onevision.example.gov.uk") {
		t.Errorf("the mail %s does not hold what was written:\n%s\n%s", m.MessageID, m.Text, written.Text)
	}

	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	eventually(t, "the recovery", func() bool { return len(w.inbox.Messages()) == 2 })
	if back := w.inbox.Messages()[0]; back.InReplyTo != m.MessageID || back.Header["References"][0] != "<"+m.MessageID+">" {
		t.Errorf("the recovery answers %q (%v), want %q", back.InReplyTo, back.Header["References"], m.MessageID)
	}
}

func TestMailWaitsForItsServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	address := w.inbox.Addr()
	if err := w.inbox.Close(); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	eventually(t, "two attempts", func() bool { return w.written(1)[0].Attempts >= 2 })
	if m := w.written(1)[0]; m.LastError == "" || m.Sent || m.Failed {
		t.Errorf("while the server is away: %+v", m)
	}
	if seen, err := w.Messages(t.Context(), accesstest.Viewer(access.Administrator)); err != nil || seen[0].LastError == "" || seen[0].Attempts < 2 {
		t.Errorf("the operator sees %+v (%v)", seen, err)
	}
	back := restart(t, address, receiver.Options{})
	eventually(t, "the delivery", func() bool { return w.written(1)[0].Sent })
	w.evaluate()
	w.idle()
	if got := back.Messages(); len(got) != 1 || got[0].MessageID != w.written(1)[0].MessageID {
		t.Errorf("%d mails came", len(got))
	}
}

func TestWhatTheServerSaysDecides(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	var refusals atomic.Int32
	w.inbox.Judge(func(receiver.Message) error {
		if refusals.Add(1) == 1 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
		}
		return nil
	})
	w.deliver()
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	eventually(t, "delivery after a 451", func() bool { return w.written(1)[0].Sent })
	w.inbox.Judge(func(receiver.Message) error {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "there is no such mailbox"}
	})
	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	eventually(t, "a 550 is final", func() bool { return w.written(2)[1].Failed })
	m := w.written(2)[1]
	if m.Sent || m.Attempts != 1 || !strings.Contains(m.LastError, "no such mailbox") {
		t.Errorf("after a 550: %+v", m)
	}
	w.idle()
	if m := w.written(2)[1]; m.Attempts != 1 {
		t.Errorf("a refused letter was tried %d times", m.Attempts)
	}
}

// A sender that is told nothing after the letter went through sends it again:
// the second is known by its Message-ID.
func TestADoubtfulDeliveryGoesAgainUnderTheSameID(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	real := w.notifiers["mail"]
	var lost atomic.Bool
	w.notifiers["mail"] = posts(func(ctx context.Context, e envelope) (string, error) {
		answer, err := real.notify(ctx, e)
		if err == nil && lost.CompareAndSwap(false, true) {
			return "", errors.New("the connection went away before the answer came")
		}
		return answer, err
	})
	w.deliver()
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	eventually(t, "the delivery", func() bool { return w.written(1)[0].Sent })
	got := w.inbox.Messages()
	if len(got) != 2 || got[0].MessageID != got[1].MessageID || got[0].Subject != got[1].Subject {
		t.Errorf("%d mails came", len(got))
	}
}

type posts func(context.Context, envelope) (string, error)

func (p posts) notify(ctx context.Context, e envelope) (string, error) { return p(ctx, e) }

// A program that dies between the change and its delivery loses nothing: the
// next one delivers what stands in the record store; and one that dies before
// the transaction is through leaves nothing half done.
func TestAnEndBetweenStateAndDeliveryLosesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)

	boom := errors.New("the end")
	w.Alerts.members = dying{boom}
	if err := w.Evaluate(t.Context(), t0); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	w.Alerts.members = w.board
	if n, err := w.CountOpen(t.Context(), accesstest.Viewer(access.Director)); n != 0 || err != nil {
		t.Fatalf("a state without what is to be told of it: %d open (%v)", n, err)
	}
	viewers := w.Alerts.viewers
	w.Alerts.viewers = dying{boom}
	if err := w.Evaluate(t.Context(), t0); !errors.Is(err, boom) {
		t.Fatalf("got %v", err)
	}
	w.Alerts.viewers = viewers
	w.written(0) // the alert is open, and nobody was told: the program ends here

	next := w.another(w.inbox.Port())
	if err := next.Start(context.Background()); err != nil {
		t.Fatal(err)
	}
	defer next.Stop(context.Background())
	if err := next.Evaluate(t.Context(), t0); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the delivery", func() bool { return w.written(1)[0].Sent })
	if n := len(w.inbox.Messages()); n != 1 {
		t.Errorf("%d mails came", n)
	}
}

type dying struct{ with error }

func (d dying) Ended(context.Context, string, time.Time) (map[string]time.Time, error) {
	return nil, d.with
}

func (d dying) Viewer(context.Context, int64) (access.Viewer, error) { return access.Viewer{}, d.with }

func TestMailToAClosedAccountIsNotSent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lead := w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	if err := w.acc.Disable(t.Context(), accesstest.Viewer(access.Administrator), lead); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	eventually(t, "the refusal", func() bool { return w.written(1)[0].Failed })
	if n := len(w.inbox.Messages()); n != 0 {
		t.Errorf("%d mails came", n)
	}
}

func TestBackoffGrowsToAMinute(t *testing.T) {
	t.Parallel()
	last := time.Duration(0)
	for i := range 100 {
		d := backoff(i)
		if d < last || d > time.Minute || i == 0 && d != time.Second || i > 5 && d != time.Minute {
			t.Fatalf("after %d attempts it waits %s", i, d)
		}
		last = d
	}
}

func TestMailWithoutTLSStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for host, fine := range map[string]bool{"127.0.0.1": true, "::1": true, "localhost": true, "mail.example.gov.uk": false, "10.0.0.5": false, "": false} {
		_, err := newMailer(Mail{Host: host, From: "a@example.gov.uk", TLS: TLSNone}, "onevision.example.gov.uk")
		if (err == nil) != fine {
			t.Errorf("%q: %v", host, err)
		}
	}
	if _, err := newMailer(Mail{Host: "mail.example.gov.uk", From: "nobody", TLS: TLSRequired}, "x"); err == nil {
		t.Error("a sender that is no address is taken")
	}
	if _, err := newMailer(Mail{Host: "mail.example.gov.uk", From: "a@example.gov.uk", TLS: "maybe"}, "x"); err == nil {
		t.Error("a TLS setting that does not exist is taken")
	}
	// A server that offers no TLS gets no mail when TLS is required.
	inbox, err := receiver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	p, err := newMailer(Mail{Host: "127.0.0.1", Port: inbox.Port(), From: "a@example.gov.uk"}, "onevision.example.gov.uk")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.notify(t.Context(), envelope{MessageID: "x@y", To: "b@example.gov.uk", Subject: "s", Text: "t", HTML: "h", At: t0})
	var no refused
	if err == nil || errors.As(err, &no) || len(inbox.Messages()) != 0 {
		t.Errorf("without TLS: %v, %d mails", err, len(inbox.Messages()))
	}
}

// A program killed while it hands a letter over leaves its job running; another
// takes it up.
func TestALetterInTheHandsOfAKilledProgramGoesAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 34, 1000)
	w.evaluate()
	// The message is in the hands of another program, whose connection ends with it.
	id := w.written(1)[0].ID
	other := connect(t, strings.ReplaceAll(w.pool.Config().ConnConfig.ConnString(), "&pool_max_conns=8", ""))
	for _, sql := range []string{`SELECT pg_advisory_lock(hashtext('onevision alert message'), $1::bigint::integer)`, `UPDATE alert_message SET handing_at = now() WHERE id = $1`} {
		if _, err := other.Exec(t.Context(), sql, id); err != nil {
			t.Fatal(err)
		}
	}
	left := make(chan struct{})
	var once sync.Once
	w.mailbag.watch = func(what string, _ int64) {
		if what == "left" {
			once.Do(func() { close(left) })
		}
	}
	w.deliver()
	<-left
	if n := len(w.inbox.Messages()); n != 0 {
		t.Fatalf("%d mails came while another program had it", n)
	}
	other.Close(t.Context())
	eventually(t, "the delivery", func() bool { return w.written(1)[0].Sent })
	if n := len(w.inbox.Messages()); n != 1 {
		t.Errorf("%d mails came", n)
	}
}
