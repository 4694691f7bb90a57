package alerts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"onevision/access"
	"onevision/alerts/receiver"
)

// A mail server that answers every fifth letter with 451, of which every tenth answer
// is lost, and that goes away twice with letters in its hands and comes back: every
// letter arrives, and one that arrives twice has the same Message-ID. It goes away no
// more often because a letter handed over three times without an answer is given up.
// 40 letters, 1,000 with ONEVISION_FAULTS=full.
func TestFaultMailServer(t *testing.T) {
	t.Parallel()
	letters := 40
	if os.Getenv("ONEVISION_FAULTS") == "full" {
		letters = 1000
	}
	w := newWorld(t)
	for i := range letters {
		w.board.names[strconv.Itoa(i+1)] = fmt.Sprintf("School %d", i+1)
		w.person(fmt.Sprintf("reader%d", i+1), access.Manager, access.Lead, access.OneSchool, int64(i+1))
	}
	w.begin()

	var judged, answered atomic.Int64
	sometimes := func(receiver.Message) error {
		if judged.Add(1)%5 == 0 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
		}
		return nil
	}
	real, address := w.notifiers["mail"], w.inbox.Addr()
	unreachable := make(chan struct{}, 1)
	w.notifiers["mail"] = posts(func(ctx context.Context, e envelope) (string, error) {
		answer, err := real.notify(ctx, e)
		if err == nil && answered.Add(1)%10 == 0 {
			return "", errors.New("the connection went away before the answer came")
		}
		if errors.Is(err, syscall.ECONNREFUSED) {
			signal(unreachable)
		}
		return answer, err
	})

	arrived := map[string]int{}
	gather := func(r *receiver.Receiver) {
		for _, m := range r.Messages() {
			arrived[m.MessageID]++
		}
	}
	for i := range letters {
		w.board.set(strconv.Itoa(i+1), lastWeek, 50, 1000)
	}
	w.evaluate()
	w.mailbag.afterDoubt = 10 * time.Millisecond
	w.inbox.Close()
	for outage := range 2 {
		// After a quarter of the letters the server keeps those that follow waiting
		// for their answer, until it is gone.
		until, waiting, gone := judged.Load()+int64(letters/4), make(chan struct{}, 1), make(chan struct{})
		server := restart(t, address, receiver.Options{Keep: letters, Judge: func(m receiver.Message) error {
			if judged.Load() >= until {
				signal(waiting)
				<-gone
			}
			return sometimes(m)
		}})
		if outage == 0 {
			w.deliver()
		}
		<-waiting
		server.Close()
		gather(server)
		select {
		case <-unreachable: // of before
		default:
		}
		close(gone)
		<-unreachable
	}
	server := restart(t, address, receiver.Options{Keep: 2 * letters, Judge: sometimes})
	eventually(t, "every letter delivered", func() bool {
		var sent, failed int
		if err := w.pool.QueryRow(t.Context(), `SELECT count(sent_at), count(failed_at) FROM alert_message`).Scan(&sent, &failed); err != nil || failed > 0 {
			t.Fatalf("%d letters are given up (%v)", failed, err)
		}
		return sent == letters
	})
	gather(server)
	doubled := 0
	for _, m := range w.written(letters) {
		switch n := arrived[m.MessageID]; {
		case n == 0:
			t.Errorf("message %d never arrived", m.ID)
		case n > 1:
			doubled++
		}
		delete(arrived, m.MessageID)
	}
	if len(arrived) > 0 {
		t.Errorf("%d letters arrived that nobody wrote", len(arrived))
	}
	if doubled == 0 {
		t.Error("no letter went again after its answer was lost")
	}
	t.Logf("%d letters delivered, %d more than once under one Message-ID", letters, doubled)
}

// signal leaves a note that something happened, unless one is there.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
