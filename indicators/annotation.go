package indicators

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// AnnotationKind is what somebody wrote beside a measure.
type AnnotationKind string

const (
	Commentary AnnotationKind = "commentary" // what is to be said of the figure of a period
	Act        AnnotationKind = "act"        // what is done about it, by whom, until when
	Event      AnnotationKind = "event"      // what happened on a day that the trend shows
)

// Annotation is one commentary, act or event of a measure, or of one member of a
// breakdown. Public ones enter the next publication; the others are for those who see
// exact figures.
type Annotation struct {
	ID                           int64
	Indicator, Breakdown, Member string
	Kind                         AnnotationKind
	Day                          time.Time // of an event: when it happened; of commentary: the last day of the period that it is on; of an act: when it was agreed
	Text                         string
	Public                       bool
	OwnerID                      int64
	Owner                        string
	Due                          time.Time
	Outcome                      string // of an act; "": it is under way
	By                           string
	At                           time.Time
	Mine                         bool // the viewer may withdraw it
}

// longestAnnotation is how many letters one may have.
const longestAnnotation = 2000

// Unwritable is returned for an annotation that cannot be stored; it names the field
// ("text", "day", "owner", "due", "public", "outcome") and says what to do.
type Unwritable struct{ Field, Text string }

func (u *Unwritable) Error() string { return u.Field + ": " + u.Text }

// annotationText is the text without space around it, or what is wrong with it.
func annotationText(field, text, missing string) (string, error) {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return "", &Unwritable{field, missing}
	case utf8.RuneCountInString(text) > longestAnnotation:
		return "", &Unwritable{field, fmt.Sprintf("It must be %d characters or fewer", longestAnnotation)}
	case strings.ContainsFunc(text, unshowable):
		return "", &Unwritable{field, "This holds a character that cannot be printed: type it again"}
	}
	return text, nil
}

// check completes an annotation of the answer's figure that is to be stored on that day.
func (n *Annotation) check(v access.Viewer, a Answer, today time.Time) (err error) {
	if n.Text, err = annotationText("text", n.Text, map[AnnotationKind]string{Commentary: "Write what is to be said of the figure", Act: "Say what will be done", Event: "Say what happened"}[n.Kind]); err != nil {
		return err
	}
	switch {
	case n.Public && !v.May(access.Publish):
		return &Unwritable{"public", "Only who may publish figures can write for everybody: leave it to them"}
	case n.Kind == Commentary:
		if n.Day = a.Current().Period.Last; n.Day.After(today) {
			n.Day = today
		}
	case n.Kind == Act && n.OwnerID == 0:
		return &Unwritable{"owner", "Choose who does it"}
	case n.Kind == Act && n.Due.Before(today):
		return &Unwritable{"due", "It must be done today or later"}
	case n.Kind == Act:
		n.Day = today
	case n.Kind == Event && (n.Day.IsZero() || n.Day.After(today)):
		return &Unwritable{"day", "The day must be today or earlier"}
	case n.Kind != Event:
		return ErrNotFound
	}
	return nil
}

// annotated is the answer to q for a viewer who may write beside it: who sees exact
// figures of it and has an account. Everybody else gets ErrNotFound.
func (e *Engine) annotated(ctx context.Context, v access.Viewer, q Question) (Answer, error) {
	if e.Pool == nil || v.Account() == 0 || v.ReadOnly() {
		return Answer{}, ErrNotFound
	}
	a, err := e.Ask(ctx, v, q)
	if err == nil && a.publishedOnly {
		err = ErrNotFound
	}
	return a, err
}

// MayAnnotate reports whether the viewer may write beside what the answer is about.
func (e *Engine) MayAnnotate(v access.Viewer, a Answer) bool {
	return e.Pool != nil && v.Account() != 0 && !v.ReadOnly() && !a.publishedOnly
}

// Annotate stores n beside the measure that q asks about (of commentary: beside the
// figure of its period). *Unwritable says what is wrong with it.
func (e *Engine) Annotate(ctx context.Context, v access.Viewer, q Question, n Annotation) error {
	a, err := e.annotated(ctx, v, q)
	if err != nil {
		return err
	}
	if err := n.check(v, a, DayOf(e.Now())); err != nil {
		return err
	}
	place := placeOf(a)
	return access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		var owner any
		if n.Kind == Act {
			owner = n.OwnerID
			owners, err := e.owners(ctx, tx, v)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(owners, func(o Owner) bool { return o.Account == n.OwnerID }) {
				return &Unwritable{"owner", "Choose who does it"}
			}
		}
		var id int64
		err := tx.QueryRow(ctx, `/* indicators.Annotate */
			INSERT INTO indicator_annotation (indicator, breakdown, member, kind, day, text, public, owner_id, due, written_by, written_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id`,
			q.Indicator, place.breakdown, place.member, n.Kind, n.Day, n.Text, n.Public, owner, day(n.Due), v.Account(), e.Now()).Scan(&id)
		if err != nil {
			return fmt.Errorf("store an annotation of %s: %w", q.Indicator, err)
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: "create", Kind: "annotation", Record: id})
	})
}

// placeOf is what the answer's headline is about: the whole, or one member.
func placeOf(a Answer) place {
	if a.question.Member == "" {
		return place{}
	}
	return place{a.question.Breakdown, a.question.Member}
}

// EndAct writes the outcome of an act of the measure that q asks about.
func (e *Engine) EndAct(ctx context.Context, v access.Viewer, q Question, id int64, outcome string) error {
	outcome, err := annotationText("outcome", outcome, "Say what came of it")
	if err != nil {
		return err
	}
	return e.changeAnnotation(ctx, v, q, id, "end", `SET outcome = $5, ended_at = $6`, `kind = 'act' AND ended_at IS NULL`, outcome, e.Now())
}

// WithdrawAnnotation takes one back that the viewer wrote, or anybody's from whoever
// may publish. What is published of it stays.
func (e *Engine) WithdrawAnnotation(ctx context.Context, v access.Viewer, q Question, id int64) error {
	return e.changeAnnotation(ctx, v, q, id, "withdraw", `SET withdrawn_at = $5`, `(written_by = $6 OR $7)`, e.Now(), v.Account(), v.May(access.Publish))
}

func (e *Engine) changeAnnotation(ctx context.Context, v access.Viewer, q Question, id int64, action, set, where string, args ...any) error {
	a, err := e.annotated(ctx, v, q)
	if err != nil {
		return err
	}
	at := placeOf(a)
	return access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* indicators.changeAnnotation */ UPDATE indicator_annotation `+set+`
			WHERE id = $1 AND indicator = $2 AND breakdown = $3 AND member = $4 AND withdrawn_at IS NULL AND `+where, append([]any{id, q.Indicator, at.breakdown, at.member}, args...)...)
		if err != nil {
			return fmt.Errorf("%s annotation %d: %w", action, id, err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNotFound
		}
		return access.Audit(ctx, tx, v, access.Entry{Action: action, Kind: "annotation", Record: id})
	})
}

// Owner is somebody who can be given an act.
type Owner struct {
	Account int64
	Name    string
}

// Owners are the viewer and whoever answers for something today, by name.
func (e *Engine) Owners(ctx context.Context, v access.Viewer) (out []Owner, err error) {
	if e.Pool == nil || !v.May(access.ExactFigures) && !v.May(access.OwnFigures) {
		return nil, nil
	}
	err = access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		out, err = e.owners(ctx, tx, v)
		return err
	})
	return out, err
}

func (e *Engine) owners(ctx context.Context, tx pgx.Tx, v access.Viewer) ([]Owner, error) {
	rows, err := tx.Query(ctx, `/* indicators.owners */
		SELECT id, display_name FROM account a WHERE disabled_at IS NULL AND (id = $1
			OR EXISTS (SELECT 1 FROM responsibility r WHERE r.account_id = a.id AND r.from_date <= $2 AND (r.to_date IS NULL OR r.to_date > $2)))
		ORDER BY display_name, id`, v.Account(), DayOf(e.Now()))
	if err != nil {
		return nil, fmt.Errorf("read who can be given an act: %w", err)
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[Owner])
}

// The two shapes of what is read: as it stands, and as the newest publication up to
// that of a figure has it.
const (
	standingAnnotations = `/* indicators.annotations */
		SELECT a.id, a.indicator, a.breakdown, a.member, a.kind, a.day, a.text, a.public, coalesce(a.owner_id, 0), coalesce(o.display_name, ''), a.due, a.outcome, b.display_name, a.written_at, a.written_by = $1 OR $2
		FROM indicator_annotation a JOIN account b ON b.id = a.written_by LEFT JOIN account o ON o.id = a.owner_id
		WHERE a.withdrawn_at IS NULL AND `
	publishedAnnotations = `/* indicators.annotations */
		SELECT * FROM (SELECT DISTINCT ON (p.annotation_id) p.annotation_id, p.indicator, p.breakdown, p.member, p.kind, p.day, p.text, true, 0, p.owner, p.due, p.outcome, p.written_by, p.written_at, false
			FROM published_annotation p JOIN published_release r ON r.id = p.release_id
			WHERE r.published_at <= $1 AND (p.kind <> 'act' OR p.outcome <> '' OR p.release_id = (SELECT max(n.release_id) FROM published_period n JOIN published_release m ON m.id = n.release_id WHERE n.indicator = p.indicator AND m.published_at <= $1))
			ORDER BY p.annotation_id, p.release_id DESC) a
		WHERE `
)

// Annotations are those beside what the answer is about, the newest first: as they
// stand, or, where the answer is made of what is published, as they were published
// with it.
func (e *Engine) Annotations(ctx context.Context, v access.Viewer, a Answer) ([]Annotation, error) {
	at := placeOf(a)

	switch {
	case e.Pool == nil || a.publishedOnly && a.publication == nil:
		return nil, nil
	case a.publishedOnly:
		return e.readAnnotations(ctx, v, publishedAnnotations+`a.indicator = $2 AND a.breakdown = $3 AND a.member = $4`, a.publication.At, a.definition.ID, at.breakdown, at.member)
	}
	return e.readAnnotations(ctx, v, standingAnnotations+`a.indicator = $3 AND a.breakdown = $4 AND a.member = $5`, v.Account(), v.May(access.Publish), a.definition.ID, at.breakdown, at.member)
}

func (e *Engine) readAnnotations(ctx context.Context, v access.Viewer, query string, args ...any) (out []Annotation, err error) {
	err = access.InTx(ctx, e.Pool, v, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (n Annotation, err error) {
			var due *time.Time
			err = row.Scan(&n.ID, &n.Indicator, &n.Breakdown, &n.Member, &n.Kind, &n.Day, &n.Text, &n.Public, &n.OwnerID, &n.Owner, &due, &n.Outcome, &n.By, &n.At, &n.Mine)
			if due != nil {
				n.Due = *due
			}
			return n, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read annotations: %w", err)
	}
	slices.SortFunc(out, func(a, b Annotation) int { return cmp.Or(b.Day.Compare(a.Day), cmp.Compare(b.ID, a.ID)) })
	return out, nil
}

// Acts are the acts under way beside many answers.
type Acts struct{ standing, published map[actKey][]Annotation }

type actKey struct {
	indicator string
	place     place
}

// Acts reads the acts under way that the viewer may see, once for a page of many answers.
func (e *Engine) Acts(ctx context.Context, v access.Viewer) (Acts, error) {
	var all Acts
	if e.Pool == nil || !mayAsk(v) {
		return all, nil
	}
	by := func(query string, args ...any) (map[actKey][]Annotation, error) {
		found, err := e.readAnnotations(ctx, v, query, args...)
		out := map[actKey][]Annotation{}
		for _, n := range found {
			k := actKey{n.Indicator, place{n.Breakdown, n.Member}}
			out[k] = append(out[k], n)
		}
		return out, err
	}
	var err, err2 error
	if v.May(access.ExactFigures) || v.May(access.OwnFigures) { // shown beside exact figures alone
		all.standing, err = by(standingAnnotations+`a.kind = 'act' AND a.ended_at IS NULL`, v.Account(), v.May(access.Publish))
	}
	all.published, err2 = by(publishedAnnotations+`a.kind = 'act' AND a.outcome = ''`, e.Now())
	return all, errors.Join(err, err2)
}

// Of are those beside what the answer is about, the one due first at the head.
func (all Acts) Of(a Answer) []Annotation {
	from := all.standing
	if a.publishedOnly {
		from = all.published
	}
	out := slices.Clone(from[actKey{a.definition.ID, placeOf(a)}])
	slices.SortFunc(out, func(x, y Annotation) int { return cmp.Or(x.Due.Compare(y.Due), cmp.Compare(x.ID, y.ID)) })
	return out
}

// publishAnnotations writes with a publication what is public of its measures: an act
// under way each time, everything else once.
func (a *act) publishAnnotations(ctx context.Context, tx pgx.Tx) error {
	last := map[string]time.Time{}
	for _, p := range a.periods {
		if id := p.of.definition.ID; p.period.Last.After(last[id]) {
			last[id] = p.period.Last
		}
	}
	var ids []string
	var days []time.Time
	for id, day := range last {
		ids, days = append(ids, id), append(days, day)
	}
	_, err := tx.Exec(ctx, `/* indicators.publishAnnotations */
		INSERT INTO published_annotation (release_id, annotation_id, indicator, breakdown, member, kind, day, text, owner, due, outcome, written_by, written_at)
		SELECT $1, a.id, a.indicator, a.breakdown, a.member, a.kind, a.day, a.text, coalesce(o.display_name, ''), a.due, a.outcome, b.display_name, a.written_at
		FROM indicator_annotation a JOIN unnest($2::text[], $3::date[]) AS of(indicator, last_day) USING (indicator)
		JOIN account b ON b.id = a.written_by LEFT JOIN account o ON o.id = a.owner_id
		WHERE a.public AND a.withdrawn_at IS NULL AND (a.kind = 'act' OR a.day <= of.last_day)
		  AND (a.kind = 'act' AND a.ended_at IS NULL OR NOT EXISTS (SELECT 1 FROM published_annotation p WHERE p.annotation_id = a.id AND p.outcome = a.outcome))`,
		a.release.ID, ids, days)
	if err != nil {
		return fmt.Errorf("publish annotations: %w", err)
	}
	return nil
}
