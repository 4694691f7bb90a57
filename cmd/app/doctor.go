package app

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"onevision/access/openid"
	"onevision/alerts"
)

// Verdict is what the doctor says of one thing.
type Verdict string

const (
	Fine  Verdict = "fine"
	Note  Verdict = "note"  // works, and somebody should know
	Lacks Verdict = "lacks" // must be mended
)

// Finding is one thing that the doctor looked at.
type Finding struct {
	Subject string  `json:"subject"` // "write-ahead log"
	Verdict Verdict `json:"verdict"`
	Found   string  `json:"found"`             // in words
	Mend    string  `json:"mend,omitempty"`    // the statement or command that mends it
	Restart bool    `json:"restart,omitempty"` // PostgreSQL must be restarted after it
}

// Examination is everything that the doctor found, in the order in which it
// was looked at.
type Examination struct {
	Healthy  bool      `json:"healthy"`
	Findings []Finding `json:"findings"`
}

// Doctor looks at a place and at everything that the app there talks to. It
// changes nothing: a private PostgreSQL that does not run is started for the
// time, and one that does not exist yet is not made.
type Doctor struct {
	Place
	Mail alerts.Mail

	Organisation *openid.Config // the organisation's own sign-in; nil: it is not looked at
	Now          func() time.Time
}

// Examine looks at everything, also after something was found lacking. An error
// means that it could not go on.
func (d Doctor) Examine(ctx context.Context) (Examination, error) {
	if d.Now == nil {
		d.Now = time.Now
	}
	e := &Examination{Healthy: true}
	d.machine(e)
	d.running(ctx, e)
	d.store(ctx, e)
	d.post(ctx, e)
	d.signIn(ctx, e)
	return *e, ctx.Err()
}

func (e *Examination) fine(subject, found string, args ...any) {
	e.Findings = append(e.Findings, Finding{Subject: subject, Verdict: Fine, Found: fmt.Sprintf(found, args...)})
}

func (e *Examination) note(subject, mend, found string, args ...any) {
	e.Findings = append(e.Findings, Finding{Subject: subject, Verdict: Note, Found: fmt.Sprintf(found, args...), Mend: mend})
}

func (e *Examination) lacks(subject, mend, found string, args ...any) {
	e.Healthy = false
	e.Findings = append(e.Findings, Finding{Subject: subject, Verdict: Lacks, Found: fmt.Sprintf(found, args...), Mend: mend})
}

// restart says that what was found last needs a restart of PostgreSQL, too.
func (e *Examination) restart() { e.Findings[len(e.Findings)-1].Restart = true }

// Lacking is how many things must be mended.
func (e Examination) Lacking() (n int) {
	for _, f := range e.Findings {
		if f.Verdict == Lacks {
			n++
		}
	}
	return n
}

// Print says it in words.
func (e Examination) Print(out io.Writer) error {
	var b strings.Builder
	for _, f := range e.Findings {
		fmt.Fprintf(&b, "%-5s  %s: %s\n", f.Verdict, f.Subject, f.Found)
		if f.Mend == "" {
			continue
		}
		for line := range strings.SplitSeq(f.Mend, "\n") {
			fmt.Fprintf(&b, "           %s\n", line)
		}
		if f.Restart {
			b.WriteString("           -- and restart PostgreSQL\n")
		}
	}
	if n := e.Lacking(); n > 0 {
		fmt.Fprintf(&b, "\nTo be mended: %d.\n", n)
	} else {
		b.WriteString("\nNothing is lacking.\n")
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// PrintJSON says it for a program.
func (e Examination) PrintJSON(out io.Writer) error {
	enc := json.NewEncoder(out)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(e)
}
