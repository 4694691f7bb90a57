package indicators

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// bounded is a sandbox with what a query may take there: one that needs more on the
// ten rows of an example is wrong. One database serves a whole check, since making its
// sixty tables takes longer than an example: each trial is a transaction that is rolled
// back, and after one that failed the database is made anew.
type bounded struct {
	Sandbox
	time   time.Duration // for the definition, and for each example
	memory string

	db   *sql.DB
	conn *sql.Conn // nil until a trial needs it
}

// Sandbox makes an empty DuckDB in memory, without file or network access.
type Sandbox interface {
	Memory(ctx context.Context) (*sql.DB, error)
}

// SandboxFunc is a function as a Sandbox.
type SandboxFunc func(ctx context.Context) (*sql.DB, error)

// Memory calls the function.
func (f SandboxFunc) Memory(ctx context.Context) (*sql.DB, error) { return f(ctx) }

// Check says everything that is wrong with a library's files: form, SQL, and
// each example that does not come out as it says, or takes longer than two minutes
// or more than 1 GB of memory. Names, if any, are the files
// to look at (a definition, or its examples); none means all.
func Check(ctx context.Context, fsys fs.FS, sandbox Sandbox, names ...string) []Problem {
	return check(ctx, fsys, &bounded{Sandbox: sandbox, time: 2 * time.Minute, memory: "1GB"}, names...)
}

func check(ctx context.Context, fsys fs.FS, sandbox *bounded, names ...string) []Problem {
	defer sandbox.close()
	files, err := definitionFiles(fsys)
	if err != nil {
		return []Problem{{File: ".", Message: err.Error()}}
	}
	if len(files) == 0 {
		return []Problem{{File: ".", Message: "there is no definition: each stands in a folder named after its theme, such as attendance/truancy.yaml"}}
	}
	var problems []Problem
	seen, met := map[string]string{}, map[string]bool{}
	var right []Definition // whose examples are to be run
	heads := map[string]*file{}
	for _, name := range files {
		d, f, wrong := loadDefinition(fsys, name)
		if other, twice := seen[d.ID]; twice && d.ID != "" {
			wrong = append(wrong, f.problem("$.id", "id %s is that of %s too", d.ID, other))
		}
		seen[d.ID] = name
		met[name], met[d.Examples] = true, true
		if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return path.Clean(n) == name || path.Clean(n) == d.Examples }) {
			continue
		}
		if len(wrong) == 0 {
			wrong = checkStatement(ctx, f, d, sandbox)
		}
		if len(wrong) == 0 {
			right, heads[d.ID] = append(right, d), f
		}
		problems = append(problems, wrong...)
	}
	for len(right) > 0 { // those that share a file of examples together
		of := right[0].Examples
		var sharing []Definition
		for _, d := range right {
			if d.Examples == of {
				sharing = append(sharing, d)
			}
		}
		right = slices.DeleteFunc(right, func(d Definition) bool { return d.Examples == of })
		problems = append(problems, checkExamples(ctx, fsys, heads[sharing[0].ID], sharing, sandbox)...)
	}
	for _, n := range names {
		if !met[path.Clean(n)] {
			problems = append(problems, Problem{File: n, Message: "there is no such definition, nor examples of one, in the library"})
		}
	}
	if len(names) == 0 {
		l := &Library{}
		problems = append(problems, Problems(l.loadTargets(fsys))...)
	}
	return problems
}

// checkStatement looks at the SQL of a definition.
func checkStatement(ctx context.Context, f *file, d Definition, sandbox *bounded) []Problem {
	var problems []Problem
	err := sandbox.try(ctx, func(ctx context.Context, c *sql.Conn) error {
		s, err := parseStatement(ctx, c, d.SQL)
		if err != nil {
			return err
		}
		for _, p := range s.problems {
			problems = append(problems, f.problemAt("$.sql", d.SQL, p.offset, "sql: %s", p.message))
		}
		if len(problems) > 0 {
			return nil
		}
		k := &computation{definition: d, relations: s.relations, conn: c}
		if err := k.givePeriods(ctx, nil); err != nil {
			return err
		}
		columns, err := describe(ctx, c, d.SQL)
		if err != nil {
			problems = append(problems, f.problemAt("$.sql", d.SQL, 0, "sql: %s", firstLines(err)))
			return nil
		}
		for _, wrong := range judgeColumns(d, columns) {
			problems = append(problems, f.problem("$.sql", "sql: %s", wrong))
		}
		return nil
	})
	if err != nil {
		problems = append(problems, f.problem("$.sql", "cannot be checked: %v", err))
	}
	return problems
}

// checkExamples runs a file of examples for the definitions that share it: what an
// example's facts need is done once for all of them. f is the first definition's.
func checkExamples(ctx context.Context, fsys fs.FS, f *file, of []Definition, sandbox *bounded) []Problem {
	examples, err := readFile(fsys, of[0].Examples)
	if err != nil {
		return []Problem{f.problem("$.examples", "%s", Problems(err)[0].Error())}
	}
	var doc examplesDocument
	if err := examples.decode(&doc); err != nil {
		return Problems(err)
	}
	if len(doc.Examples) == 0 {
		return []Problem{examples.problem("$", "there is no example in it")}
	}
	var problems []Problem
	for i, x := range doc.Examples {
		at := fmt.Sprintf("$.examples[%d].name", i)
		run := func(of []Definition) (differences map[string]string, err error) {
			return differences, sandbox.try(ctx, func(ctx context.Context, c *sql.Conn) (err error) {
				differences, err = x.run(ctx, c, of)
				return err
			})
		}
		differences, err := run(of)
		for _, d := range of {
			difference := differences[d.ID]
			if err != nil { // which of them it is has to be found
				alone, err := run([]Definition{d})
				if difference = alone[d.ID]; err != nil {
					difference = firstLines(err)
				}
			}
			if difference != "" {
				problems = append(problems, examples.problem(at, "%s: example %q: %s", d.ID, x.Name, difference))
			}
		}
	}
	return problems
}

// try runs fn on a database that holds the facts' tables and the relations, empty, within
// the limits of a check. What fn writes is gone afterwards.
func (b *bounded) try(ctx context.Context, fn func(context.Context, *sql.Conn) error) (err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, b.time, fmt.Errorf("it takes longer than %s", b.time))
	defer cancel()
	defer func() {
		if err != nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			b.close()
		}
	}()
	if b.conn == nil {
		if err := b.open(ctx); err != nil {
			return err
		}
	}
	if _, err := b.conn.ExecContext(ctx, `BEGIN`); err != nil {
		return fmt.Errorf("begin a trial: %w", err)
	}
	if err := fn(ctx, b.conn); err != nil {
		return err
	}
	if _, err := b.conn.ExecContext(ctx, `ROLLBACK`); err != nil {
		return fmt.Errorf("end a trial: %w", err)
	}
	return nil
}

func (b *bounded) open(ctx context.Context) (err error) {
	if b.db, err = b.Memory(ctx); err != nil {
		return fmt.Errorf("open a database in memory: %w", err)
	}
	if b.conn, err = b.db.Conn(ctx); err != nil {
		return fmt.Errorf("open a database in memory: %w", err)
	}
	if _, err := b.conn.ExecContext(ctx, `SET memory_limit = '`+b.memory+`'; SET max_temp_directory_size = '0B'; SET threads = 1`); err != nil {
		return fmt.Errorf("limit its memory: %w", err)
	}
	if _, err := b.conn.ExecContext(ctx, SandboxFacts()); err != nil {
		return fmt.Errorf("make the facts' tables: %w", err)
	}
	return makeRelations(ctx, b.conn)
}

func (b *bounded) close() {
	if b.conn != nil {
		b.conn.Close()
	}
	if b.db != nil {
		b.db.Close()
	}
	b.conn, b.db = nil, nil
}

// firstLines is an error of DuckDB without the picture of the statement that
// follows it.
func firstLines(err error) string {
	text, _, _ := strings.Cut(err.Error(), "\n\nLINE")
	return strings.Join(strings.Fields(text), " ")
}
