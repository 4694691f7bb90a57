package dashboards

// Files that somebody has uploaded and that are not imported yet: kept without a name
// on the disk and by this program only, for an hour.

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"onevision/access"
	"onevision/records"
	"onevision/records/intake"
)

// Files takes files in: *intake.Importer does.
type Files interface {
	Import(ctx context.Context, v access.Viewer, format, name string, r io.ReadSeeker, o intake.Options) (intake.Report, error)
	Try(ctx context.Context, v access.Viewer, format, name string, r io.ReadSeeker, o intake.Options) (intake.Report, error)
	Formats(ctx context.Context, v access.Viewer) ([]intake.Format, error) // of which the viewer may import files
	Mappings(ctx context.Context, v access.Viewer) ([]intake.KeptMapping, error)
	MappingOf(ctx context.Context, v access.Viewer, name string) (intake.KeptMapping, error)
	Keep(ctx context.Context, v access.Viewer, m *intake.Mapping) error
	Forget(ctx context.Context, v access.Viewer, name string) error
}

const (
	uploadBody  = 512 << 20        // bytes of a file and of the form around it
	uploadLife  = time.Hour        // that a file is kept
	uploadsMost = 20               // that are kept at once
	uploadWork  = 30 * time.Minute // that an import may take
)

var errUploadsFull = errors.New("too many uploaded files are kept")

// uploads are all that are kept.
type uploads struct {
	mu  sync.Mutex
	all map[string]*upload
}

// The states of an upload.
const (
	uploadMapping   = "mapping" // nobody has said yet what its columns are
	uploadTrying    = "trying"
	uploadTried     = "tried"
	uploadImporting = "importing"
	uploadDone      = "done"
	uploadRefused   = "refused"
)

// upload is one file.
type upload struct {
	id, name, format string
	kind             *records.Kind // of record that a row is, of a file whose columns somebody explains
	account          int64
	at               time.Time
	options          intake.Options
	file             *os.File // nameless

	mu       sync.Mutex
	state    string
	progress intake.Progress
	report   intake.Report
	why      string        // it was refused
	rejects  *os.File      // nameless, of the last run
	idle     chan struct{} // closed when no run is under way
}

// mapBy has the file tried by a mapping, unless a run is under way or it has gone in.
func (u *upload) mapBy(m *intake.Mapping) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state == uploadTrying || u.state == uploadImporting || u.state == uploadDone {
		return false
	}
	u.options.Mapping, u.format, u.state = m, m.Name, ""
	return true
}

// add keeps a file, and lets go of those whose time is over.
func (u *uploads) add(one *upload) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	for id, old := range u.all {
		if old.over(one.at) {
			old.close()
			delete(u.all, id)
		}
	}
	if len(u.all) >= uploadsMost {
		return errUploadsFull
	}
	if u.all == nil {
		u.all = map[string]*upload{}
	}
	one.id = rand.Text()
	u.all[one.id] = one
	return nil
}

// of is the account's own file of that name, nil if there is none.
func (u *uploads) of(id string, account int64) *upload {
	u.mu.Lock()
	defer u.mu.Unlock()
	if one := u.all[id]; one != nil && one.account == account {
		return one
	}
	return nil
}

func (u *upload) over(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return now.Sub(u.at) > uploadLife && u.state != uploadTrying && u.state != uploadImporting
}

func (u *upload) close() {
	u.file.Close()
	if u.rejects != nil {
		u.rejects.Close()
	}
}

// nameless is a file that is gone when it is closed, or when the program ends.
func nameless() (*os.File, error) {
	file, err := os.CreateTemp("", "onevision-upload-*")
	if err != nil {
		return nil, fmt.Errorf("keep an uploaded file: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, fmt.Errorf("keep an uploaded file: %w", err)
	}
	return file, nil
}

// start runs the trial or the import, of which from is the state that it begins in:
// false if it is in another. It goes on when the request that asked has ended.
func (u *upload) start(ctx context.Context, files Files, v access.Viewer, from, to string, failed func(error)) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.state != from {
		return false
	}
	u.state, u.progress, u.idle = to, intake.Progress{}, make(chan struct{})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), uploadWork)
	go func() {
		defer cancel()
		u.run(ctx, files, v, to, failed)
	}()
	return true
}

func (u *upload) run(ctx context.Context, files Files, v access.Viewer, doing string, failed func(error)) {
	report, rejects, err := intake.Report{}, (*os.File)(nil), error(nil)
	after := uploadDone
	defer func() {
		if r := recover(); r != nil {
			after, err = uploadRefused, fmt.Errorf("panic: %v", r)
		}
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.rejects != nil {
			u.rejects.Close()
		}
		u.state, u.report, u.rejects = after, report, rejects
		var refused *intake.Refusal
		switch {
		case err == nil:
		case errors.As(err, &refused):
			u.why = refused.Why
		case errors.Is(err, intake.ErrOtherKind):
			u.why = err.Error()
		case errors.Is(err, intake.ErrNotAllowed), errors.Is(err, records.ErrForbidden), errors.Is(err, records.ErrNotFound):
			u.why = "you may not import files of this kind"
		default:
			u.why = "the program could not go on; what had gone in is listed among the imports, and the same file again completes it"
			failed(err)
		}
		close(u.idle)
	}()
	if rejects, err = nameless(); err != nil {
		after = uploadRefused
		return
	}
	o := u.options
	o.Rejects = rejects
	o.Progress = func(p intake.Progress) {
		u.mu.Lock()
		defer u.mu.Unlock()
		u.progress = p
	}
	if u.options.Mapping != nil && doing == uploadImporting {
		if err = files.Keep(ctx, v, u.options.Mapping); err != nil {
			after = uploadRefused
			return
		}
	}
	work := files.Import
	if doing == uploadTrying {
		work, after = files.Try, uploadTried
	}
	if report, err = work(ctx, v, u.format, u.name, u.file, o); err != nil {
		after = uploadRefused
	}
}

// wait gives a run that is under way some time to end.
func (u *upload) wait(ctx context.Context, patience time.Duration) {
	u.mu.Lock()
	idle := u.idle
	u.mu.Unlock()
	if idle == nil {
		return
	}
	select {
	case <-idle:
	case <-ctx.Done():
	case <-time.After(patience):
	}
}
