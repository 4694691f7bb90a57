// Package records is what was written down: the kinds of record, their
// validation, and their history.
//
// A kind is one Go struct with tags, in one file, and one migration: define adds
// it to the kinds, and whatever differs from kind to kind is said there, as data.
// Kinds are known when the program is built: there are no types made by users.
package records

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"onevision/access"
)

// Kind is what one struct with tags says about one kind of record.
type Kind struct {
	Name     string          // "looked-after-period"
	Plural   string          // "looked-after-periods": the API's /api/v1/looked-after-periods
	Title    string          // "Looked-after period"
	Doc      string          // what a record of the kind is, in a sentence
	Table    string          // "looked_after_period"
	Category access.Category // what a viewer must be allowed to read
	Type     reflect.Type    // the Go struct
	Fields   []Field         // in the struct's order, without those of Meta

	// PublicID: a record is a child. It is named by its random public_id, in URLs
	// and where other records refer to it, so that no key leaves the store.
	PublicID bool
	// PartitionedBy is the field whose academic year says in which partition of
	// the table a record stands: its column is part of the primary key, and Bulk
	// loads a year at a time. "" is a table in one piece.
	PartitionedBy string
	// OnRoll is the field on whose day the child must be on the roll of the
	// record's school; "" is no such rule.
	OnRoll string

	// unborn: there are records of the kind about a child before birth.
	unborn bool
	// timeless: the days of a record say nothing of the child's life: a number
	// holds from the day on which it was learnt, if that is after death.
	timeless bool
	// apart are the rules of which records may not hold on the same day.
	apart []apartness
	// within are the records of the same child in whose days one of these lies.
	within []within
	// natural names the fields by which a file knows a record of the kind; single
	// says that no two records agree in all of them (a unique constraint).
	natural []string
	single  bool
	// statements are fields that say something only together: an import changes
	// all of them or none.
	statements [][]string
	// stated: what each source last said of each field is kept, since several
	// tell of the same.
	stated bool
	// starts and stops are the statutory clocks that a record starts and stops (clock.go).
	starts []clockStart
	stops  []clockStop
	// lapses says on which days of a record no clock of its days runs.
	lapses *lapse
	// taken says, by the name of a unique constraint, what to tell a person.
	taken map[string]Problem
}

// Meta is what every record has beside its own fields.
type Meta struct {
	// ID is the record's name in URLs and references: a child's is its random
	// public id, any other record's its decimal key. "" is a record that is not
	// stored yet.
	ID         string    `json:"id" readOnly:"true" doc:"The record's id."`
	Version    int       `json:"version" readOnly:"true" doc:"Counts up with each correction."`
	RecordedAt time.Time `json:"recorded_at" readOnly:"true" doc:"When this version was recorded."`
	RecordedBy int64     `json:"recorded_by" readOnly:"true" doc:"The account that recorded it; 0 is the program itself."`
	Source     string    `json:"source,omitempty" doc:"Where it comes from: a file, a system, a form."`
	Batch      int64     `json:"batch,omitempty" readOnly:"true" doc:"The import that this version came by; absent where it came by none."`

	key   int64 // primary key
	child int64 // key of the child that it is about, 0 none
}

// Head gives what every record has.
func (m *Meta) Head() *Meta { return m }

// Record is a pointer to a kind's struct.
type Record interface {
	Head() *Meta
}

// validator is a kind with rules of its own about its fields.
type validator interface{ Validate(p *Problems) }

// deriver is a kind with facts derived from its private fields.
type deriver interface {
	Derive(ctx context.Context, tx pgx.Tx) error
}

// checker is a kind with rules about other records; it runs under the lock on
// the child, so that no two records that each pass can come to stand together.
type checker interface {
	check(ctx context.Context, tx pgx.Tx, p *Problems) error
}

// deleteChecker is a kind with rules about other records that need one of it.
type deleteChecker interface {
	checkDelete(ctx context.Context, tx pgx.Tx, p *Problems) error
}

// defined is every kind, in the order in which Go initialises them.
var defined []*Kind

// define makes the kind of T and adds it to the kinds. What is wrong with its
// tags is a programmer's error and stops the program at its start.
func define[T any](k Kind) *Kind {
	k.Type = reflect.TypeFor[T]()
	if _, ok := any(new(T)).(Record); !ok {
		panic(fmt.Sprintf("records: %s does not embed Meta", k.Type))
	}
	for sf := range fieldsOf(k.Type) {
		f, err := readField(sf)
		if err != nil {
			panic(fmt.Sprintf("records: %s: %v", k.Type, err))
		}
		k.Fields = append(k.Fields, f)
	}
	defined = append(defined, &k)
	k.belongs()
	return &k
}

func fieldsOf(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if sf := t.Field(i); !sf.Anonymous && !yield(sf) {
				return
			}
		}
	}
}

// New makes an empty record of the kind.
func (k *Kind) New() Record { return reflect.New(k.Type).Interface().(Record) }

// Field finds a field by its JSON name.
func (k *Kind) Field(name string) (*Field, bool) {
	for i := range k.Fields {
		if k.Fields[i].Name == name {
			return &k.Fields[i], true
		}
	}
	return nil, false
}

// Natural names the fields by which a file knows a record of the kind.
func (k *Kind) Natural() []string { return append([]string(nil), k.natural...) }

// About reports whether records of the kind are about a child (or are one).
func (k *Kind) About() bool {
	_, ok := k.Field("child")
	return ok || k.PublicID
}

// Ends reports whether records of the kind hold from a day to a day.
func (k *Kind) Ends() bool {
	_, from := k.Field("from_date")
	_, to := k.Field("to_date")
	return from && to
}

// from is the FROM clause that read needs, on the kind's table or its history.
func (k *Kind) from(table string) string {
	if _, ok := k.Field("child"); ok {
		return table + " t LEFT JOIN child c ON c.id = t.child_id"
	}
	return table + " t"
}

// columns is the list that scan reads.
func (k *Kind) columns() string {
	id, child := "t.id::text", "0::bigint"
	if k.PublicID {
		id, child = "t.public_id::text", "t.id"
	} else if k.About() {
		child = "t.child_id"
	}
	list := []string{id, "t.version", "t.recorded_at", "t.recorded_by", "t.source", "coalesce(t.batch_id, 0)", "t.id", child}
	for i := range k.Fields {
		list = append(list, k.Fields[i].read())
	}
	return strings.Join(list, ", ")
}

// targets are where the values of columns go.
func (k *Kind) targets(rec Record) []any {
	m, v := rec.Head(), reflect.ValueOf(rec).Elem()
	list := []any{&m.ID, &m.Version, &m.RecordedAt, &m.RecordedBy, &m.Source, &m.Batch, &m.key, &m.child}
	for i := range k.Fields {
		list = append(list, v.Field(k.Fields[i].index).Addr().Interface())
	}
	return list
}

// kinds is every kind, each after those that it refers to, else by name. A kind
// that refers to none that there is, or kinds that refer to each other in a
// circle, are a programmer's error.
var kinds = sync.OnceValue(func() []*Kind {
	left := slices.Clone(defined)
	slices.SortFunc(left, func(a, b *Kind) int { return strings.Compare(a.Name, b.Name) })
	ordered := make([]*Kind, 0, len(left))
	for len(left) > 0 {
		i := slices.IndexFunc(left, func(k *Kind) bool {
			return !slices.ContainsFunc(k.Fields, func(f Field) bool {
				return f.Ref != "" && f.Ref != k.Name && !slices.ContainsFunc(ordered, func(o *Kind) bool { return o.Name == f.Ref })
			})
		})
		if i < 0 {
			panic(fmt.Sprintf("records: %s, or what it refers to, refers to no kind or in a circle", left[0].Name))
		}
		ordered, left = append(ordered, left[i]), slices.Delete(left, i, i+1)
	}
	return ordered
})

// Kinds is every kind, each after those that it refers to.
func Kinds() []*Kind { return slices.Clone(kinds()) }

// KindsByCategory are the names of the kinds of each category.
func KindsByCategory() map[access.Category][]string {
	names := map[access.Category][]string{}
	for _, k := range kinds() {
		names[k.Category] = append(names[k.Category], k.Name)
	}
	return names
}

// KindOf finds a kind by its name or its plural.
func KindOf(name string) (*Kind, bool) {
	for _, k := range kinds() {
		if name == k.Name || name == k.Plural {
			return k, true
		}
	}
	return nil, false
}

// KindFor is the kind of a record, and false for a struct that is none.
func KindFor(rec Record) (*Kind, bool) {
	t := reflect.TypeOf(rec)
	for _, k := range kinds() {
		if t == reflect.PointerTo(k.Type) {
			return k, true
		}
	}
	return nil, false
}

// BulkColumns are the columns of Bulk.Load, in order: the key, for a child its
// public id, then every field's.
func (k *Kind) BulkColumns() []string {
	columns := []string{"id"}
	if k.PublicID {
		columns = append(columns, "public_id")
	}
	for i := range k.Fields {
		columns = append(columns, k.Fields[i].Column)
	}
	return columns
}
