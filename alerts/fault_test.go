package alerts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"onevision/access"
	"onevision/alerts/receiver"
)

// A mail server that goes away, comes back, answers 451 and loses connections
// after it has taken a letter: every letter arrives, and one that arrives twice
// has the same Message-ID. 40 letters, 1,000 with ONEVISION_FAULTS=full.
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

	trouble := rand.New(rand.NewPCG(1, 2)) // of Judge, which the server calls one at a time for each connection
	var troubled atomic.Bool
	troubled.Store(true)
	var dice = make(chan int)
	go func() {
		for {
			select {
			case dice <- trouble.IntN(10):
			case <-t.Context().Done():
				return
			}
		}
	}()
	judge := func(string, []string) error {
		if troubled.Load() && <-dice < 2 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
		}
		return nil
	}
	real, address := w.notifiers["mail"], w.inbox.Addr()
	w.notifiers["mail"] = posts(func(ctx context.Context, e envelope) (string, error) {
		answer, err := real.notify(ctx, e)
		if err == nil && troubled.Load() && <-dice < 1 {
			return "", errors.New("the connection went away before the answer came")
		}
		return answer, err
	})
	w.inbox.Judge(judge)

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
	w.deliver()
	server := w.inbox
	for range 4 {
		time.Sleep(400 * time.Millisecond)
		server.Close()
		gather(server)
		time.Sleep(400 * time.Millisecond)
		var err error
		if server, err = receiver.Start(address); err != nil {
			t.Fatal(err)
		}
		server.Judge(judge)
	}
	defer func() { server.Close() }()
	sent := func() (n int) {
		if err := w.pool.QueryRow(context.Background(), `SELECT count(*) FROM alert_message WHERE sent_at IS NOT NULL`).Scan(&n); err != nil {
			t.Error(err)
		}
		return n
	}
	for end := time.Now().Add(10 * time.Minute); sent() < letters; time.Sleep(50 * time.Millisecond) {
		if len(server.Messages()) >= 150 { // it keeps 200
			troubled.Store(false)
			server.Close()
			gather(server)
			var err error
			if server, err = receiver.Start(address); err != nil {
				t.Fatal(err)
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d of %d letters are delivered ten minutes after the server is back", sent(), letters)
		}
	}
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
	t.Logf("%d letters delivered, 0 lost, %d more than once under one Message-ID", letters, doubled)
}
