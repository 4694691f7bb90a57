package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"onevision/cmd/onevision/onevisiontest"
)

// slot is a place in the register where a mark can go.
type slot struct {
	child, school, laestab, upn, date string
}

// kept is a record as the program acknowledged it.
type kept struct {
	slot
	id      string
	am, pm  string
	version int
	first   int // the version that it had when the writer met it
	created bool
}

// writer makes and corrects records through the API until it is stopped. No
// other writer touches its slots and records, so after every fault it knows
// what must be there.
type writer struct {
	*program
	rng     *rand.Rand
	token   string
	free    []slot // for records to make
	records []*kept
	calls   int // requests that were answered
	broken  int // requests that no answer came to
	away    int // requests that the record store was away for
}

var codes = []string{"L", "O", "I", "G", "C"} // of either session

// write works until stop is closed; then every request has been answered.
func (w *writer) write(stop <-chan struct{}) error {
	for {
		select {
		case <-stop:
			return nil
		default:
		}
		var err error
		if n := len(w.free); n > 0 && (len(w.records) == 0 || w.rng.IntN(3) == 0) {
			err = w.create(w.free[n-1])
			w.free = w.free[:n-1]
		} else {
			err = w.correct(w.records[w.rng.IntN(len(w.records))])
		}
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(w.rng.IntN(10)) * time.Millisecond)
	}
}

func (w *writer) create(s slot) error {
	r := &kept{slot: s, am: codes[w.rng.IntN(len(codes))], pm: codes[w.rng.IntN(len(codes))], created: true}
	key := fmt.Sprintf("fault-%016x", w.rng.Uint64())
	for deadline := time.Now().Add(onevisiontest.Patience); ; {
		a, err := w.ask(http.MethodPost, "/api/v1/attendances", r, "Idempotency-Key", key)
		if err == nil && a.status == http.StatusCreated {
			r.id, r.version, r.first = a.ID, a.Version, a.Version
			w.records = append(w.records, r)
			return nil
		}
		if err == nil && a.status != http.StatusServiceUnavailable {
			return fmt.Errorf("creating %s %s: %d %s", s.child, s.date, a.status, a.body)
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("creating %s %s: %w", s.child, s.date, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// correct gives a record other marks. After a request without an answer, or one
// that the record store was away for, the record is either as it was
// acknowledged, or as that request wants it.
func (w *writer) correct(r *kept) error {
	want := *r
	want.am, want.pm = codes[w.rng.IntN(len(codes))], codes[w.rng.IntN(len(codes))]
	path := "/api/v1/attendances/" + r.id
	unsure := false
	for deadline := time.Now().Add(onevisiontest.Patience); ; {
		a, err := w.ask(http.MethodGet, path, nil)
		if err == nil && a.status != http.StatusServiceUnavailable {
			is := *r
			is.am, is.pm, is.version = a.AM, a.PM, a.Version
			applied := want
			applied.version = r.version + 1
			switch {
			case a.status != http.StatusOK:
				return fmt.Errorf("reading record %s: %d %s", r.id, a.status, a.body)
			case unsure && is == applied:
				*r = applied
				return nil
			case is != *r:
				return fmt.Errorf("record %s is %s %s in version %d, and was acknowledged as %s %s in version %d", r.id, is.am, is.pm, is.version, r.am, r.pm, r.version)
			}
			a, err = w.ask(http.MethodPut, path, &want, "If-Match", a.etag)
			if err == nil && a.status == http.StatusOK {
				if a.Version != r.version+1 && (a.Version != r.version || a.AM != r.am || a.PM != r.pm) {
					return fmt.Errorf("correcting record %s of version %d gave version %d", r.id, r.version, a.Version)
				}
				want.version = a.Version
				*r = want
				return nil
			}
			if err == nil && a.status != http.StatusServiceUnavailable {
				return fmt.Errorf("correcting record %s: %d %s", r.id, a.status, a.body)
			}
			unsure = true
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("correcting record %s: %w", r.id, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

type apiAnswer struct {
	status  int
	etag    string
	body    []byte
	ID      string `json:"id"`
	Version int    `json:"version"`
	AM      string `json:"am"`
	PM      string `json:"pm"`
}

// ask is an error only when no whole answer came.
func (w *writer) ask(method, path string, r *kept, header ...string) (apiAnswer, error) {
	base := w.address()
	if base == "" {
		return apiAnswer{}, fmt.Errorf("no server serves")
	}
	var body io.Reader
	if r != nil {
		b, err := json.Marshal(map[string]string{"child": r.child, "school": r.school, "date": r.date, "am": r.am, "pm": r.pm})
		if err != nil {
			return apiAnswer{}, err
		}
		body = bytes.NewReader(b)
	}
	request, err := http.NewRequest(method, base+path, body)
	if err != nil {
		return apiAnswer{}, err
	}
	request.Header.Set("Authorization", "Bearer "+w.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		w.broken++
		return apiAnswer{}, err
	}
	defer response.Body.Close()
	a := apiAnswer{status: response.StatusCode, etag: response.Header.Get("ETag")}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		w.broken++
		return apiAnswer{}, err
	}
	if a.status/100 == 2 {
		if err := json.Unmarshal(a.body, &a); err != nil {
			return apiAnswer{}, fmt.Errorf("%s: %w", a.body, err)
		}
	}
	if a.status == http.StatusServiceUnavailable {
		w.away++
	} else {
		w.calls++
	}
	return a, nil
}

// writing has the writers work until the returned function is called, which
// waits for their last answers.
func (p *program) writing(writers []*writer) (stop func()) {
	end := make(chan struct{})
	var all sync.WaitGroup
	for n, w := range writers {
		all.Go(func() {
			if err := w.write(end); err != nil {
				p.Errorf("writer %d: %v", n, err)
			}
		})
	}
	return func() {
		close(end)
		all.Wait()
	}
}
