package intake

// Mappings that are kept, by name, with who kept each and when. What stood under a
// name before stays in the table.

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
	"onevision/records"
)

// KeptMapping is one, or one that stood under its name before.
type KeptMapping struct {
	*Mapping
	Account int64 // who kept it
	By      string
	At      time.Time
}

// Errors of mappings.
var (
	ErrNoMapping = errors.New("no mapping of that name is kept")
	ErrOtherKind = errors.New("the mapping of that name makes records of another kind: choose another name")
)

// formats are the program's own, the mappings that are kept, and one that is not yet.
func (i *Importer) formats(ctx context.Context, also *Mapping) (all formats, err error) {
	err = access.InTx(ctx, i.Pool, access.System(access.Importing), func(tx pgx.Tx) error {
		all, err = kept(ctx, tx)
		return err
	})
	if err == nil && also != nil {
		all = slices.DeleteFunc(all, func(f Format) bool { return f.Name == also.Name })
		all = append(all, also.Format())
	}
	return all, err
}

// kept are the program's own formats and the mappings.
func kept(ctx context.Context, tx pgx.Tx) (formats, error) {
	all := formats(Formats())
	list, err := keptMappings(ctx, tx, "")
	for _, m := range list {
		if !Known(m.Name) { // the program has learnt a format of that name since
			all = append(all, m.Format())
		}
	}
	return all, err
}

// keptMappings are those that stand, by name ("" all). One that the program can no
// longer use, since a field of its kind is gone, is left out.
func keptMappings(ctx context.Context, tx pgx.Tx, name string) (list []KeptMapping, err error) {
	rows, _ := tx.Query(ctx, `/* intake.keptMappings */
		SELECT m.text, m.account_id, coalesce(a.display_name, ''), m.kept_at FROM (SELECT DISTINCT ON (name) * FROM intake_mapping WHERE $1 IN ('', name) ORDER BY name, id DESC) m
		LEFT JOIN account a ON a.id = m.account_id WHERE m.text IS NOT NULL ORDER BY m.name`, name)
	var text string
	var one KeptMapping
	_, err = pgx.ForEachRow(rows, []any{&text, &one.Account, &one.By, &one.At}, func() error {
		if one.Mapping, err = ParseMapping([]byte(text)); err == nil {
			list = append(list, one)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the mappings: %w", err)
	}
	return list, nil
}

// Formats are those of which a viewer may import files.
func (i *Importer) Formats(ctx context.Context, v access.Viewer) ([]Format, error) {
	all, err := i.formats(ctx, nil)
	return slices.DeleteFunc(all, func(f Format) bool { return !f.May(v) }), err
}

// Mappings are those that are kept and of which the viewer may import files.
func (i *Importer) Mappings(ctx context.Context, v access.Viewer) (list []KeptMapping, err error) {
	err = access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		list, err = keptMappings(ctx, tx, "")
		return err
	})
	return slices.DeleteFunc(list, func(m KeptMapping) bool { return !m.Format().May(v) }), err
}

// MappingOf is the one of that name; ErrNoMapping if the viewer may not import its files.
func (i *Importer) MappingOf(ctx context.Context, v access.Viewer, name string) (KeptMapping, error) {
	list, err := i.Mappings(ctx, v)
	for _, m := range list {
		if m.Name == name {
			return m, nil
		}
	}
	if err == nil {
		err = ErrNoMapping
	}
	return KeptMapping{}, err
}

// Keep keeps a mapping under its name, in place of what stood there. The same again
// changes nothing.
func (i *Importer) Keep(ctx context.Context, v access.Viewer, m *Mapping) error {
	if err := m.Check(); err != nil {
		return err
	}
	if !m.Format().May(v) {
		return ErrNotAllowed
	}
	text, err := m.Text()
	if err != nil {
		return err
	}
	return i.keep(ctx, v, m.Name, func(tx pgx.Tx, stood []KeptMapping) (any, error) {
		if len(stood) > 0 {
			if stood[0].Kind != m.Kind {
				return nil, ErrOtherKind
			}
			if was, err := stood[0].Text(); err == nil && string(was) == string(text) {
				return nil, errSame
			}
		}
		return string(text), nil
	})
}

// Forget takes a mapping away; what came by it stays.
func (i *Importer) Forget(ctx context.Context, v access.Viewer, name string) error {
	return i.keep(ctx, v, name, func(tx pgx.Tx, stood []KeptMapping) (any, error) {
		if len(stood) == 0 || !stood[0].Format().May(v) {
			return nil, ErrNoMapping
		}
		return nil, nil
	})
}

var errSame = errors.New("the same stands already")

func (i *Importer) keep(ctx context.Context, v access.Viewer, name string, text func(tx pgx.Tx, stood []KeptMapping) (any, error)) error {
	err := access.InTx(ctx, i.Pool, v, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `/* intake.Importer.keep */ SELECT pg_advisory_xact_lock(hashtextextended('intake.mapping ' || $1, 0))`, name); err != nil {
			return fmt.Errorf("keep the mapping %s: %w", name, err)
		}
		stood, err := keptMappings(ctx, tx, name)
		if err != nil {
			return err
		}
		becomes, err := text(tx, stood)
		if err != nil {
			return err
		}
		e := access.Entry{Action: "keep", Kind: "mapping"}
		if becomes == nil {
			e.Action = "delete"
		}
		if err := tx.QueryRow(ctx, `/* intake.Importer.keep */ INSERT INTO intake_mapping (name, text, account_id, kept_at) VALUES ($1, $2, $3, $4) RETURNING id`, name, becomes, v.Account(), i.Now()).Scan(&e.Record); err != nil {
			return fmt.Errorf("keep the mapping %s: %w", name, err)
		}
		return access.Audit(ctx, tx, v, e)
	})
	if errors.Is(err, errSame) {
		return nil
	}
	return err
}

// sameWord is a name as it is compared with others.
func sameWord(name string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(name))
}

// MappingFor is a mapping of a kind that nobody has filled in: each of the file's
// columns that is called as a field or clue is taken for it.
func MappingFor(k *records.Kind, columns []string) *Mapping {
	m := &Mapping{Kind: k.Name, Child: map[string]string{}, Fields: map[string]MappedField{}}
	find := func(names ...string) string {
		for _, c := range columns {
			for _, n := range names {
				if sameWord(c) == sameWord(n) {
					return c
				}
			}
		}
		return ""
	}
	for _, f := range MappableFields(k) {
		if c := find(f.Name, f.Title); c != "" {
			m.Fields[f.Name] = MappedField{Column: c}
		}
	}
	if k.About() {
		for _, f := range clueFields {
			also := map[string][]string{"ssda903": {"CHILD"}, "upn": {"Unique pupil number"}, "nhs_number": {"NHS no"}, "surname": {"Last name", "Family name"}, "forename": {"First name", "Given name"}, "date_of_birth": {"DOB", "Birth date"}}[f.name]
			if c := find(append([]string{f.name, f.title}, also...)...); c != "" {
				m.Child[f.name] = c
			}
		}
	}
	return m
}
