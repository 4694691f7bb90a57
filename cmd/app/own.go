package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"onevision/access"
	"onevision/dashboards"
	"onevision/indicators"
	"onevision/indicators/library"
	"onevision/warehouse"
)

// lookAtOwn is how often the authority's own definitions are looked at: a change is
// in force after two looks, and what it takes to check and compute it.
const lookAtOwn = 2 * time.Second

// rulesFile holds alert rules, at the top of the authority's own directory.
const rulesFile = "rules.json"

// own is the authority's own directory of definitions; ok is false where there is none.
func (p Place) own() (o indicators.Own, ok bool) {
	return indicators.Own{Dir: p.Indicators, Kept: filepath.Join(p.Data, "indicators-in-force"), Base: library.Files,
		Sandbox: indicators.SandboxFunc(warehouse.Memory)}, p.Indicators != ""
}

// Library is what the program comes with, and of the authority's own what was last in
// force: what changed since is read once it runs.
func (p Place) Library() (*indicators.Library, error) {
	if o, ok := p.own(); ok {
		if l, err := indicators.LoadLibrary(library.Files, os.DirFS(o.Kept)); err == nil {
			return l, nil
		}
	}
	return indicators.LoadLibrary(library.Files)
}

// ownState is what became of the authority's own directory, for the status page.
type ownState struct {
	mu     sync.Mutex
	read   time.Time
	wrong  []string
	failed bool // the directory as a whole
}

// followOwn keeps the authority's own definitions, targets and alert rules in force
// as they change.
func (a *App) followOwn(ctx context.Context) error {
	o, _ := a.Env.own()
	select { // the library comes first: there is nothing to compute from before
	case <-a.computed:
	case <-ctx.Done():
		return nil
	}
	o.Watch(ctx, lookAtOwn, func(l *indicators.Library, problems []indicators.Problem, err error) {
		var wrong []string
		for _, p := range problems {
			wrong = append(wrong, p.Error())
		}
		if err != nil {
			wrong = append(wrong, err.Error())
		} else {
			if err := a.Engine.Define(ctx, l); err != nil {
				wrong = append(wrong, "computed: "+err.Error())
			}
			if err := a.ownRules(ctx, o.Dir); err != nil {
				wrong = append(wrong, rulesFile+": "+err.Error())
			}
		}
		if ctx.Err() != nil {
			return
		}
		a.owned.mu.Lock()
		a.owned.read, a.owned.wrong, a.owned.failed = a.Now(), wrong, err != nil
		a.owned.mu.Unlock()
		for _, w := range wrong {
			a.Log.WarnContext(ctx, "an own definition is not in force", "dir", o.Dir, "problem", w)
		}
		if len(wrong) == 0 {
			a.Log.InfoContext(ctx, "own definitions are in force", "dir", o.Dir)
		}
	})
	return nil
}

// ownRules puts the alert rules of the directory in force; without the file those
// that came from it are switched off.
func (a *App) ownRules(ctx context.Context, dir string) error {
	text, err := os.ReadFile(filepath.Join(dir, rulesFile))
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte("[]"), nil
	}
	if err != nil {
		return err
	}
	_, err = a.Alerts.SaveFile(ctx, access.System(access.Operating), rulesFile, bytes.NewReader(text))
	return err
}

// ownPart is the directory on the status page; false where there is none.
func (a *App) ownPart() (dashboards.SystemPart, bool) {
	o, ok := a.Env.own()
	p := dashboards.SystemPart{Title: "Own definitions", Facts: []dashboards.SystemFact{{Name: "Directory", Text: o.Dir}}}
	a.owned.mu.Lock()
	defer a.owned.mu.Unlock()
	if a.owned.read.IsZero() {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: "Read", Text: "not yet"})
		return p, ok
	}
	p.Facts = append(p.Facts, dashboards.SystemFact{Name: "Last read", Text: moment(a.owned.read)})
	for _, w := range a.owned.wrong {
		p.Facts = append(p.Facts, dashboards.SystemFact{Name: "Not in force", Text: w})
	}
	switch {
	case a.owned.failed:
		p.Warning = "The directory cannot be put in force: what was in force before stays."
	case len(a.owned.wrong) > 0:
		p.Warning = fmt.Sprintf("%s: of each file the last that was right stays in force.", mistakes(len(a.owned.wrong)))
	}
	return p, ok
}

func mistakes(n int) string {
	if n == 1 {
		return "There is a mistake"
	}
	return fmt.Sprintf("There are %d mistakes", n)
}
