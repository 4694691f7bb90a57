package access

// Break-glass: seeing one child for four hours who is not one's own or is restricted
// to others, with a reason, the password given again, and a review afterwards.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// GlassLasts is how long a child stays in sight.
const GlassLasts = 4 * time.Hour

const shortestReason = 20 // letters

// Broken is one time that somebody broke the glass.
type Broken struct {
	ID         int64
	Account    int64
	Name       string // of who broke it
	Role       Role
	Child      string // the id in the child's address; "": no child agreed with what was given
	Restricted bool   // the child was restricted to others
	Reason     string
	From, To   time.Time
	ReviewedAt time.Time // zero: not yet
	ReviewedBy string
	Outcome    Outcome
	Note       string
}

// Outcome is what the review of a broken glass came to.
type Outcome string

const (
	Justified    Outcome = "justified"
	NotJustified Outcome = "not-justified"
	TakenFurther Outcome = "taken-further"
)

// Outcomes are all of them, in the order in which forms offer them.
func Outcomes() []Outcome { return []Outcome{Justified, NotJustified, TakenFurther} }

// Glass lets people break it, and those who review hear of it.
type Glass struct {
	Pool     *pgxpool.Pool
	Accounts *Accounts
	// Tell writes to the accounts that a glass was broken, in the transaction that
	// breaks it: nobody is told of what did not happen, and nothing happens untold.
	Tell func(ctx context.Context, tx pgx.Tx, accounts []int64, broken int64) error
}

// ErrNoGlass: there is none of that id that the viewer may end or review.
var ErrNoGlass = errors.New("the glass was not broken there, or that is over")

// Break shows the viewer one child for four hours. What is wrong with what was given
// is *Unclear; a wrong password is ErrSignIn or Throttled. A child who does not agree
// with what was given is *Unclear too, and those who review are told of that like of
// any other: the form must not be a way to ask who is on record.
func (g *Glass) Break(ctx context.Context, v Viewer, s Sought, reason, password string) (broken Broken, err error) {
	if !v.May(BreakGlass) {
		return Broken{}, ErrNotAllowed
	}
	reason = strings.TrimSpace(clean(reason))
	switch n := utf8.RuneCountInString(reason); {
	case strings.TrimSpace(s.Text) == "":
		return Broken{}, &Unclear{"child", "give a number of the child, or their full name and date of birth"}
	case n < shortestReason:
		return Broken{}, &Unclear{"reason", fmt.Sprintf("say why in at least %d letters: somebody reads it", shortestReason)}
	case n > 1000:
		return Broken{}, &Unclear{"reason", "say why in at most 1,000 letters"}
	}
	if err := g.Accounts.Confirm(ctx, v, password); err != nil {
		return Broken{}, err
	}
	broken = Broken{Account: v.account, Name: v.name, Role: v.role, Reason: reason}
	missed := false
	err = InTx(ctx, g.Pool, v, func(tx pgx.Tx) error {
		child, err := findChild(ctx, tx, s)
		if missed = errors.Is(err, ErrNoChild); err != nil && !missed {
			return err
		}
		broken.Child, broken.Restricted = child.Address, child.Restricted
		lasts := GlassLasts
		if missed {
			lasts = 0
		}
		err = tx.QueryRow(ctx, `/* access.Glass.Break */
			INSERT INTO break_glass (account_id, child_id, restricted, reason, to_at) VALUES ($1, $2, $3, $4, now() + $5::interval) RETURNING id, from_at, to_at`,
			v.account, number(child.ID), child.Restricted, reason, lasts).Scan(&broken.ID, &broken.From, &broken.To)
		if err != nil {
			return fmt.Errorf("break the glass: %w", err)
		}
		rows, _ := tx.Query(ctx, `/* access.Glass.Break */
			SELECT id FROM account WHERE disabled_at IS NULL AND email <> '' AND role = $1`, string(InformationGovernance))
		reviewers, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return fmt.Errorf("look for who reviews: %w", err)
		}
		if err := g.Tell(ctx, tx, reviewers, broken.ID); err != nil {
			return err
		}
		return Audit(ctx, tx, v, Entry{Action: "break-glass", Kind: "break-glass", Record: broken.ID, Child: child.ID, Reason: reason})
	})
	if err == nil && missed {
		err = &Unclear{"child", ErrNoChild.Error()}
	}
	if err != nil {
		return Broken{}, err
	}
	return broken, nil
}

// Standing are the viewer's own that last still, the one that ends first before the
// others.
func (g *Glass) Standing(ctx context.Context, v Viewer) ([]Broken, error) {
	if !v.May(BreakGlass) {
		return nil, nil
	}
	return g.list(ctx, v, `b.account_id = viewer_account() AND b.to_at > now() AND b.child_id IS NOT NULL ORDER BY b.to_at, b.id`)
}

// End ends one's own before its time.
func (g *Glass) End(ctx context.Context, v Viewer, id int64) error {
	return InTx(ctx, g.Pool, v, func(tx pgx.Tx) error {
		var child *int64
		err := tx.QueryRow(ctx, `/* access.Glass.End */
			UPDATE break_glass SET to_at = greatest(now(), from_at) WHERE id = $1 AND account_id = $2 AND to_at > now() RETURNING child_id`, id, v.account).Scan(&child)
		if errors.Is(err, pgx.ErrNoRows) {
			return ErrNoGlass
		}
		if err != nil {
			return fmt.Errorf("end a broken glass: %w", err)
		}
		e := Entry{Action: "end-break-glass", Kind: "break-glass", Record: id}
		if child != nil {
			e.Child = *child
		}
		return Audit(ctx, tx, v, e)
	})
}

// Queue are those to be reviewed, the oldest first, and then the latest fifty that
// were.
func (g *Glass) Queue(ctx context.Context, v Viewer) ([]Broken, error) {
	if !v.May(ReviewAccess) {
		return nil, ErrNotAllowed
	}
	waiting, err := g.list(ctx, v, `b.reviewed_at IS NULL ORDER BY b.id`)
	if err != nil {
		return nil, err
	}
	done, err := g.list(ctx, v, `b.reviewed_at IS NOT NULL ORDER BY b.reviewed_at DESC LIMIT 50`)
	return append(waiting, done...), err
}

// One is one of them, for whoever reviews.
func (g *Glass) One(ctx context.Context, v Viewer, id int64) (Broken, error) {
	if !v.May(ReviewAccess) {
		return Broken{}, ErrNotAllowed
	}
	found, err := g.list(ctx, v, `b.id = $1`, id)
	if err == nil && len(found) == 0 {
		err = ErrNoGlass
	}
	if err != nil {
		return Broken{}, err
	}
	return found[0], nil
}

func (g *Glass) list(ctx context.Context, v Viewer, where string, args ...any) (list []Broken, err error) {
	err = InTx(ctx, g.Pool, v, func(tx pgx.Tx) error {
		rows, _ := tx.Query(ctx, `/* access.Glass.list */
			SELECT b.id, b.account_id, a.display_name, a.role, coalesce(child_address(b.child_id), ''), b.restricted, b.reason, b.from_at, b.to_at,
				coalesce(b.reviewed_at, '0001-01-01 00:00Z'), coalesce(r.display_name, ''), coalesce(b.outcome, ''), b.note
			FROM break_glass b JOIN account a ON a.id = b.account_id LEFT JOIN account r ON r.id = b.reviewed_by WHERE `+where, args...)
		list, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Broken])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list broken glass: %w", err)
	}
	for i := range list {
		if list[i].ReviewedBy == "" {
			list[i].ReviewedAt = time.Time{}
		}
	}
	return list, nil
}

// Review says what came of one, once. Nobody reviews their own.
func (g *Glass) Review(ctx context.Context, v Viewer, id int64, outcome Outcome, note string) error {
	if !v.May(ReviewAccess) {
		return ErrNotAllowed
	}
	note = strings.TrimSpace(clean(note))
	switch {
	case !slices.Contains(Outcomes(), outcome):
		return &Unclear{"outcome", "choose what the review came to"}
	case outcome != Justified && note == "":
		return &Unclear{"note", "say what is wrong, or what is done about it"}
	case utf8.RuneCountInString(note) > 2000:
		return &Unclear{"note", "write at most 2,000 letters"}
	}
	return InTx(ctx, g.Pool, v, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `/* access.Glass.Review */
			UPDATE break_glass SET reviewed_at = now(), reviewed_by = $2, outcome = $3, note = $4 WHERE id = $1 AND reviewed_at IS NULL AND account_id <> $2`,
			id, v.account, string(outcome), note)
		if err != nil {
			return fmt.Errorf("review a broken glass: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return ErrNoGlass
		}
		return Audit(ctx, tx, v, Entry{Action: "review-break-glass", Kind: "break-glass", Record: id, Reason: string(outcome)})
	})
}
