package indicators

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/robfig/cron/v3"
)

// Library is a set of definitions with their targets.
type Library struct {
	definitions []Definition
	targets     []targetRow
}

// LoadLibrary reads every definition of the file systems, and targets.yaml at
// their top. A later file system's definition replaces an
// earlier one's of the same id. The error holds every Problem found (see
// Problems); whether the SQL is right is for Check to say.
func LoadLibrary(fsys ...fs.FS) (*Library, error) {
	l := &Library{}
	var all []error
	for _, dir := range fsys {
		seen := map[string]string{}
		files, err := definitionFiles(dir)
		if err != nil {
			return nil, err
		}
		for _, name := range files {
			d, _, problems := loadDefinition(dir, name)
			if len(problems) > 0 {
				for _, p := range problems {
					all = append(all, p)
				}
				continue
			}
			if other, twice := seen[d.ID]; twice {
				all = append(all, Problem{name, 1, 1, fmt.Sprintf("id %s is that of %s too", d.ID, other)})
				continue
			}
			seen[d.ID] = name
			l.definitions = slices.DeleteFunc(l.definitions, func(o Definition) bool { return o.ID == d.ID })
			l.definitions = append(l.definitions, d)
		}
		if err := l.loadTargets(dir); err != nil {
			all = append(all, err)
		}
	}
	if len(all) > 0 {
		return nil, errors.Join(all...)
	}
	slices.SortFunc(l.definitions, func(a, b Definition) int {
		return cmp.Or(cmp.Compare(a.Theme, b.Theme), cmp.Compare(a.Title, b.Title))
	})
	return l, nil
}

// Definitions are all definitions, by theme and title.
func (l *Library) Definitions() []Definition { return slices.Clone(l.definitions) }

// Definition is that of the id, false if there is none.
func (l *Library) Definition(id string) (Definition, bool) {
	i := slices.IndexFunc(l.definitions, func(d Definition) bool { return d.ID == id })
	if i < 0 {
		return Definition{}, false
	}
	return l.definitions[i], true
}

// definitionFiles are the YAML files in folders of fsys that are not examples.
func definitionFiles(fsys fs.FS) ([]string, error) {
	var out []string
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !e.IsDir() && path.Ext(name) == ".yaml" && path.Dir(name) != "." && !strings.HasSuffix(name, ".examples.yaml") {
			out = append(out, name)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the library: %w", err)
	}
	return out, nil
}

// document is a definition as it is written.
type document struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	Meaning    string   `yaml:"meaning"`
	Theme      string   `yaml:"theme"`
	Unit       string   `yaml:"unit"`
	Polarity   string   `yaml:"polarity"`
	Periods    []string `yaml:"periods"`
	AsAt       string   `yaml:"as_at"`
	Schedule   string   `yaml:"schedule"`
	Source     string   `yaml:"source"`
	Breakdowns []string `yaml:"breakdowns"`
	Decimals   *int32   `yaml:"decimals"`
	Cohort     bool     `yaml:"cohort"`
	Counts     string   `yaml:"counts"`
	Of         string   `yaml:"of"`
	Complete   *struct {
		Rule  string `yaml:"rule"`
		Share int    `yaml:"share"`
		Days  int    `yaml:"days"`
	} `yaml:"complete"`
	SQL      string `yaml:"sql"`
	Examples string `yaml:"examples"`
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// loadDefinition reads one definition and says everything that is wrong in it.
func loadDefinition(fsys fs.FS, name string) (Definition, *file, []Problem) {
	f, err := readFile(fsys, name)
	if err != nil {
		return Definition{}, nil, Problems(err)
	}
	return definitionOf(f)
}

// definitionOf is the definition that a file holds.
func definitionOf(f *file) (Definition, *file, []Problem) {
	var doc document
	if err := f.decode(&doc); err != nil {
		return Definition{}, f, Problems(err)
	}
	var problems []Problem
	wrong := func(key, format string, args ...any) {
		problems = append(problems, f.problem("$."+key, format, args...))
	}
	for _, required := range []struct{ key, value string }{
		{"title", doc.Title}, {"meaning", doc.Meaning}, {"theme", doc.Theme}, {"source", doc.Source}, {"counts", doc.Counts}, {"sql", doc.SQL}, {"examples", doc.Examples},
	} {
		if strings.TrimSpace(required.value) == "" {
			wrong(required.key, "%s is missing", required.key)
		}
	}
	if !idPattern.MatchString(doc.ID) {
		wrong("id", "id %q: use small letters, digits and hyphens, beginning with a letter", doc.ID)
	}
	oneOf := func(key, value string, allowed ...string) {
		if !slices.Contains(allowed, value) {
			wrong(key, "%s %q is none of: %s", key, value, strings.Join(allowed, ", "))
		}
	}
	oneOf("unit", doc.Unit, string(Percent), string(Count), string(RatePer100), string(RatePer10k), string(Mean), string(Days))
	oneOf("polarity", doc.Polarity, string(LowIsGood), string(HighIsGood), string(NoPolarity))
	oneOf("as_at", doc.AsAt, "period-end", "event", "31-march")
	if len(doc.Periods) == 0 {
		wrong("periods", "periods is missing")
	}
	var kinds []PeriodKind
	for i, k := range doc.Periods {
		if !PeriodKind(k).Known() {
			wrong(fmt.Sprintf("periods[%d]", i), "there is no kind of period %q", k)
		}
		kinds = append(kinds, PeriodKind(k))
	}
	for i, b := range doc.Breakdowns {
		if _, ok := BreakdownOf(b); !ok {
			wrong(fmt.Sprintf("breakdowns[%d]", i), "there is no breakdown %q; there are: %s", b, strings.Join(breakdownNames(), ", "))
		}
	}
	if _, err := cron.ParseStandard(doc.Schedule); err != nil {
		wrong("schedule", "schedule %q is no cron expression: %v", doc.Schedule, err)
	}
	if doc.Unit == string(Count) != (doc.Of == "") {
		wrong("of", "of says what the denominator counts: each unit but count needs it, count has none")
	}
	complete := Complete{Rule: "ended"}
	if doc.Complete != nil {
		complete = Complete{doc.Complete.Rule, doc.Complete.Share, doc.Complete.Days}
		if _, ok := completenessRules[complete.Rule]; !ok {
			wrong("complete.rule", "there is no rule %q of completeness; there are: %s", complete.Rule, strings.Join(ruleNames(), ", "))
		}
		if complete.Share < 0 || complete.Share > 100 {
			wrong("complete.share", "share is a percentage, 0 to 100")
		}
		if complete.Days < 0 || complete.Days > 365 {
			wrong("complete.days", "days is a number of days, 0 to 365")
		}
	}
	if completenessRules[complete.Rule].what != "" && complete.Share == 0 {
		complete.Share = 95
	}
	decimals := int32(1)
	if doc.Unit == string(Count) {
		decimals = 0
	}
	if doc.Decimals != nil {
		if decimals = *doc.Decimals; decimals < 0 || decimals > 4 {
			wrong("decimals", "decimals is 0 to 4")
		}
	}
	d := Definition{
		ID: doc.ID, Title: doc.Title, Meaning: strings.TrimSpace(doc.Meaning), Theme: doc.Theme, Unit: Unit(doc.Unit), Polarity: Polarity(doc.Polarity),
		Periods: kinds, AsAt: doc.AsAt, Schedule: doc.Schedule, Source: doc.Source, Breakdowns: doc.Breakdowns, Decimals: decimals, Cohort: doc.Cohort,
		Counts: doc.Counts, Of: doc.Of, Complete: complete, SQL: doc.SQL, Examples: path.Join(path.Dir(f.name), doc.Examples), File: f.name,
	}
	d.Hash = hash(d)
	return d, f, problems
}

// hash is of all that decides a value, and of nothing that only describes it.
func hash(d Definition) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %v %q", d.ID, d.Unit, d.Periods, d.AsAt, d.Breakdowns, d.Complete, d.SQL))
	return hex.EncodeToString(sum[:8])
}
