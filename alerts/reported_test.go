package alerts

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"onevision/access"
	"onevision/access/accesstest"
	"onevision/alerts/receiver"
)

// What users of other systems reported, each as its own test.

// A figure that was only true between two corrections is told to nobody, and
// neither is one that was only true within an import.
func TestAFigureThatDoesNotStandIsNotTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.settle = time.Minute
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.board.set("1", lastWeek, 10, 1000) // the other half of the correction
	w.evaluate()
	w.board.pass(2 * time.Minute)
	w.evaluate()
	w.written(0)

	w.board.busy = true // an import that lasts longer than the settle time
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.board.pass(10 * time.Minute)
	w.evaluate()
	w.board.set("1", lastWeek, 10, 1000)
	w.board.busy = false
	w.evaluate()
	w.board.pass(10 * time.Minute)
	w.evaluate()
	w.written(0)

	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.board.pass(59 * time.Second)
	w.evaluate()
	w.written(0)
	w.board.pass(time.Second)
	w.evaluate()
	w.arrived()
	w.written(1)
	w.board.set("1", lastWeek, 10, 1000) // and back: no sooner told than it stands
	w.evaluate()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.board.pass(2 * time.Minute)
	w.evaluate()
	w.written(1)
}

// What one transaction changes is one letter to each reader, every time.
func TestOneTransactionIsOneLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	for i := range 19 {
		w.board.names[strconv.Itoa(i+1)] = fmt.Sprintf("School %d", i+1)
	}
	w.begin()
	for _, round := range []struct {
		numerator int64
		subject   string
	}{{50, "[Off target] Unauthorised absence: 19 schools above 3.0%, week of 9 November 2026"}, {10, "[Recovered] Unauthorised absence: 19 schools recovered, week of 9 November 2026"},
		{60, "[Off target] Unauthorised absence: 19 schools above 3.0%, week of 9 November 2026"}} {
		for i := range 19 {
			w.board.set(strconv.Itoa(i+1), lastWeek, round.numerator, 1000)
		}
		w.evaluate()
		w.arrived()
	}
	got := w.written(3)
	for i, want := range []string{"[Off target] Unauthorised absence: 19 schools above 3.0%", "[Recovered] Unauthorised absence: 19 schools recovered", "[Off target] Unauthorised absence: 19 schools above 3.0%"} {
		if !strings.HasPrefix(got[i].Subject, want) {
			t.Errorf("letter %d is %q, want %q", i+1, got[i].Subject, want)
		}
		for s := range 19 {
			if !strings.Contains(got[i].Text, fmt.Sprintf("School %d  |", s+1)) {
				t.Errorf("letter %d does not list school %d", i+1, s+1)
			}
		}
	}
	if got[1].InReplyTo != got[0].MessageID || got[2].InReplyTo != "" {
		t.Errorf("the threads: %q, %q", got[1].InReplyTo, got[2].InReplyTo)
	}
}

func TestAsManyPlacesAsTellTheTwoApart(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 77, 2560)
	w.evaluate()
	m := w.written(1)[0]
	if !strings.Contains(m.Subject, ": 3.01% (threshold 3.0%)") || !strings.Contains(m.Text, "was 3.01% in the week of 9 November 2026. The threshold is 3.0%, and this is above it.") {
		t.Errorf("%s\n%s", m.Subject, m.Text)
	}
	open, err := w.Open(t.Context(), accesstest.Viewer(access.Director))
	if err != nil || open[0].Figure.Text != "3.01%" {
		t.Errorf("the page shows %+v (%v)", open, err)
	}
}

// A server that looks for viruses answers late; one that never answers is not
// sent the same letter for ever.
func TestALateAnswerIsWaitedForAndNoneIsBounded(t *testing.T) {
	t.Parallel()
	if answerWithin < 10*time.Minute {
		t.Errorf("the answer to DATA is waited for %s: RFC 5321 4.5.3.2.6 says ten minutes", answerWithin)
	}
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.mailbag.afterDoubt = time.Millisecond
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	silent := newSilentServer(t)
	p, err := newMailer(Mail{Host: "127.0.0.1", Port: silent.port, From: "a@example.gov.uk", TLS: TLSNone}, "onevision.example.gov.uk")
	if err != nil {
		t.Fatal(err)
	}
	w.notifiers["mail"] = p
	w.deliver()
	eventually(t, "giving up", func() bool { return w.written(1)[0].Failed })
	if n := silent.copies(); n != mostDoubts {
		t.Errorf("%d copies were handed over, want %d", n, mostDoubts)
	}
	if m := w.written(1)[0]; m.Sent || !strings.Contains(m.LastError, "without an answer") {
		t.Errorf("the operator is told %+v", m)
	}
}

// silentServer takes letters and hangs up without an answer to them.
type silentServer struct {
	port int
	mu   sync.Mutex
	n    int
}

func (s *silentServer) copies() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

func newSilentServer(t *testing.T) *silentServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	s := &silentServer{port: l.Addr().(*net.TCPAddr).Port}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *silentServer) talk(c net.Conn) {
	defer c.Close()
	buffer, said, data := make([]byte, 4096), "", false
	fmt.Fprint(c, "220 silent\r\n")
	for {
		n, err := c.Read(buffer)
		if err != nil {
			return
		}
		said += string(buffer[:n])
		switch {
		case data && strings.HasSuffix(said, "\r\n.\r\n"):
			s.mu.Lock()
			s.n++
			s.mu.Unlock()
			return
		case data, !strings.HasSuffix(said, "\r\n"):
			continue
		case strings.HasPrefix(said, "DATA"):
			data = true
			fmt.Fprint(c, "354 go on\r\n")
		default:
			fmt.Fprint(c, "250 silent\r\n")
		}
		said = ""
	}
}

// What recovered before it could be told is one letter, and what follows a letter
// that waits does not overtake it.
func TestWhatPassedBeforeItCouldBeToldIsOneLetter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.inbox.Judge(func(receiver.Message) error {
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	})
	w.deliver()
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	eventually(t, "an attempt", func() bool { return w.written(1)[0].Attempts > 0 })
	if err := w.Stop(t.Context()); err != nil { // or the next attempt may be under way, and the letter is not taken back
		t.Fatal(err)
	}
	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	w.inbox.Judge(nil)
	w.deliver()
	eventually(t, "the letter", func() bool { return len(w.inbox.Messages()) > 0 })
	m := w.written(1)[0]
	if got := w.inbox.Messages(); len(got) != 1 || got[0].MessageID != m.MessageID || m.Reason != "passed" || !strings.HasPrefix(m.Subject, "[Recovered]") ||
		!strings.Contains(m.Text, "since week of 9 November 2026, and recovered before you could be told") {
		t.Errorf("%d letters: %s\n%s", len(got), m.Subject, m.Text)
	}
}

func TestAReadersLettersGoInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	first := w.written(1)[0]
	// It may have been taken once, so it is not taken back, and it waits.
	if _, err := w.pool.Exec(t.Context(), `UPDATE alert_message SET doubtful = 1, next_at = now() + interval '1 hour'`); err != nil {
		t.Fatal(err)
	}
	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	second := w.written(2)[1]
	if due, err := w.mailbag.due(t.Context()); err != nil || len(due) != 0 {
		t.Errorf("due while the first waits: %v (%v)", due, err)
	}
	if second.InReplyTo != first.MessageID {
		t.Errorf("the recovery answers %q", second.InReplyTo)
	}
	if _, err := w.pool.Exec(t.Context(), `UPDATE alert_message SET next_at = NULL`); err != nil {
		t.Fatal(err)
	}
	w.deliver()
	eventually(t, "both", func() bool { return len(w.inbox.Messages()) == 2 })
	if got := w.inbox.Messages(); got[1].MessageID != first.MessageID || got[0].MessageID != second.MessageID {
		t.Error("the second letter overtook the first")
	}
}

// SMTPUTF8 binds every server on the way: it is asked for only where an address
// needs it.
func TestSMTPUTF8IsAskedForOnlyWhenNeeded(t *testing.T) {
	t.Parallel()
	inbox, err := receiver.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer inbox.Close()
	p, err := newMailer(Mail{Host: "127.0.0.1", Port: inbox.Port(), From: "a@example.gov.uk", TLS: TLSNone}, "onevision.example.gov.uk")
	if err != nil {
		t.Fatal(err)
	}
	for i, to := range []string{"b@example.gov.uk", "zoë@example.gov.uk"} {
		if _, err := p.notify(t.Context(), envelope{MessageID: fmt.Sprint(i, "@y"), To: to, Name: "Zoë", Subject: "Ünauthorised", Text: "t", HTML: "h", At: t0}); err != nil {
			t.Fatal(err)
		}
		if got := inbox.Messages()[0]; got.UTF8 != (i == 1) {
			t.Errorf("to %s: SMTPUTF8 is %v", to, got.UTF8)
		}
	}
}

// Whoever takes over is told what is open, and its end; whoever has handed over, and
// sees no exact figures of the school any more, is told no more.
func TestAHandoverWithinAnEpisode(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.person("old", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.arrived()
	by := accesstest.Viewer(access.Administrator)
	held, err := w.who.Of(t.Context(), old, t0)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.who.End(t.Context(), by, held[0].ID, t0.AddDate(0, 0, -1)); err != nil {
		t.Fatal(err)
	}
	next := w.person("next", access.Manager, access.Lead, access.OneSchool, 1)
	w.evaluate()
	w.evaluate()
	got := w.written(2)
	if got[1].Account != next || !strings.HasPrefix(got[1].Subject, "[Open] ") || !strings.Contains(got[1].Text, "This alert is open since 16 November 2026") {
		t.Fatalf("told %v:\n%s", got, got[1].Text)
	}
	w.arrived()
	w.board.set("1", lastWeek, 10, 1000)
	w.evaluate()
	if end := w.written(3)[2]; end.Account != next || !strings.HasPrefix(end.Subject, "[Recovered]") || end.InReplyTo != got[1].MessageID {
		t.Errorf("the end is told %v", end)
	}
}

// An alert that nobody answers for waits, and is told when somebody does.
func TestAnAlertThatNobodyAnswersForWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.evaluate()
	w.written(0)
	open, err := w.Open(t.Context(), accesstest.Viewer(access.Director))
	if err != nil || len(open) != 1 || !open[0].Unanswered {
		t.Fatalf("open %+v (%v)", open, err)
	}
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	if err := w.Evaluate(t.Context(), t0.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if m := w.written(1)[0]; !strings.HasPrefix(m.Subject, "[Open] ") {
		t.Errorf("told %v", m)
	}
}

func TestAnAlertClosesWithItsSchool(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("lead", access.Manager, access.Lead, access.OneSchool, 1)
	w.begin()
	w.board.set("1", lastWeek, 50, 1000)
	w.evaluate()
	w.arrived()
	w.board.ended["1"] = t0.AddDate(0, 0, -1)
	w.evaluate()
	w.evaluate()
	m := w.written(2)[1]
	if m.Reason != "closed" || !strings.Contains(m.Text, "Oakfield Primary School has closed or ended") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
	ended, err := w.Ended(t.Context(), accesstest.Viewer(access.Director))
	if n, err := w.CountOpen(t.Context(), accesstest.Viewer(access.Director)); n != 0 || err != nil {
		t.Errorf("%d are open (%v)", n, err)
	}
	if err != nil || len(ended) != 1 || ended[0].EndedAs != WhatClosed {
		t.Errorf("ended: %+v (%v)", ended, err)
	}
}

// An edited rule starts afresh and tells one list of what is different.
func TestAnEditedRuleStartsAfresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.person("director", access.Director, access.Lead, access.WholeAuthority, 0)
	w.begin()
	w.board.set("1", lastWeek, 35, 1000) // over 3, not over 4
	w.board.set("2", lastWeek, 50, 1000) // over both
	w.board.set("3", lastWeek, 20, 1000) // over neither, but over 1.5
	w.evaluate()
	w.arrived()
	w.written(1)
	r := UnauthorisedAbsence()
	r.Threshold, r.Clear.Decimal = dec("4"), dec("4")
	if err := w.EditRule(t.Context(), accesstest.Viewer(access.Director), r); err == nil {
		t.Error("a director edits rules")
	}
	by := accesstest.Viewer(access.Administrator)
	if err := w.EditRule(t.Context(), by, r); err != nil {
		t.Fatal(err)
	}
	w.evaluate()
	w.evaluate()
	w.arrived()
	if m := w.written(2)[1]; m.Reason != "rule-changed" || !strings.Contains(m.Text, "Oakfield") || strings.Contains(m.Text, "St Mary's") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
	r.Threshold, r.Clear.Decimal = dec("1.5"), dec("1.5")
	if err := w.EditRule(t.Context(), by, r); err != nil {
		t.Fatal(err)
	}
	w.evaluate()
	w.arrived()
	m := w.written(3)[2]
	if m.Reason != "changed" || !strings.HasPrefix(m.Subject, "[Off target] Unauthorised absence: 2 schools above 1.5%") || strings.Contains(m.Text, "St Mary's") {
		t.Errorf("told %v:\n%s", m, m.Text)
	}
	r.Breakdown, r.Threshold = "", dec("90") // another kind of member: its states are not mixed
	r.Clear.Decimal = dec("90")
	if err := w.EditRule(t.Context(), by, r); err != nil {
		t.Fatal(err)
	}
	w.board.set("", lastWeek, 1, 100)
	w.evaluate()
	if n, err := w.CountOpen(context.Background(), accesstest.Viewer(access.Director)); n != 0 || err != nil {
		t.Errorf("%d alerts about schools are open under a rule about the whole (%v)", n, err)
	}
}
