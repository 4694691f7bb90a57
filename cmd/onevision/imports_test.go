package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

// An allowance is a package and what it may import of ours. The reason stands with
// each: it is what to read when this test is in the way.
type allowance struct {
	imports []string
	reason  string
}

var allowed = map[string]allowance{
	"access":                        {nil, "who may see what must be decidable without a database of records, a warehouse or a page"},
	"access/internal/mint":          {nil, "how a viewer is made, for access and its tests only"},
	"access/openid":                 {[]string{"access"}, "the organisation's sign-in says who somebody is; which account that is, and what it may, is access's"},
	"records":                       {[]string{"access"}, "the record store must not know how its facts are counted or shown"},
	"records/schema":                {nil, "one directory tells a database administrator everything"},
	"records/postgres":              {nil, "a server is started before anything can be known about it"},
	"records/intake":                {[]string{"records", "access"}, "a file is one more way in to the record store, with the same rules"},
	"records/intake/ssd":            {[]string{"records", "access", "records/intake"}, "a larger format stands below the reading of files, and defines itself there"},
	"records/intake/ssda903":        {[]string{"records", "access", "records/intake"}, "a larger format stands below the reading of files, and defines itself there"},
	"records/county":                {[]string{"records", "access"}, "the demo county enters by the record store's bulk path, never beside it"},
	"warehouse":                     {nil, "the warehouse holds facts without knowing what they mean; it declares the tables it follows"},
	"indicators":                    {[]string{"access", "indicators/comparators"}, "indicators declare the small interface they need, so they compile and test quickly and no page reaches SQL through them"},
	"indicators/comparators":        {[]string{"access"}, "published figures of other areas are there before any record, and compute nothing"},
	"indicators/library":            {nil, "definitions are files"},
	"indicators/chart":              {[]string{"indicators", "indicators/comparators"}, "a chart is an answer drawn: it cannot ask for more than the answer holds"},
	"alerts":                        {[]string{"access", "indicators", "indicators/chart"}, "an alert tells an answer to those responsible; it computes nothing itself"},
	"alerts/receiver":               {nil, "a mailbox for the demo"},
	"dashboards":                    {[]string{"access", "records", "records/intake", "indicators", "indicators/chart", "indicators/comparators", "alerts", "dashboards/layout", "dashboards/sheet", "static"}, "a page has no way to run its own SQL: not warehouse"},
	"dashboards/layout":             {[]string{"access"}, "which measures a person chose needs no figure of them"},
	"dashboards/sheet":              {[]string{"indicators", "access"}, "a sheet is an answer written: it cannot ask for more than the answer holds"},
	"api":                           {[]string{"access", "records", "records/intake", "indicators", "indicators/comparators", "alerts"}, "the API has no way to run its own SQL: not warehouse"},
	"static":                        {nil, "assets"},
	"cmd/app":                       {[]string{"*"}, "the wiring knows every package"},
	"cmd/onevision":                 {[]string{"*"}, "the command line knows every package"},
	"cmd/bench":                     {[]string{"*"}, "the measurements know every package"},
	"access/accesstest":             {[]string{"access", "access/internal/mint"}, "viewers for tests"},
	"records/recordstest":           {[]string{"records", "access"}, "a valid record of any kind, for the tests that walk the kinds"},
	"indicators/indicatorstest":     {[]string{"indicators", "indicators/library", "access"}, "a warehouse for the tests of what stands on indicators"},
	"records/postgres/postgrestest": {[]string{"records/postgres", "records/schema"}, "databases for tests"},
	"cmd/onevision/onevisiontest":   {[]string{"indicators/indicatorstest", "records/postgres/postgrestest"}, "the real program, built and run as a person runs it, for tests"},
}

// homes are the libraries that have one home (with the packages below it).
var homes = map[string][]string{
	"github.com/duckdb/duckdb-go":      {"warehouse"},
	"github.com/jackc/pglogrepl":       {"warehouse"},
	"github.com/pressly/goose":         {"records/schema"},
	"github.com/go-echarts/go-echarts": {"indicators/chart"},
	"github.com/robfig/cron":           {"indicators"},
	"github.com/goccy/go-yaml":         {"indicators", "records/intake"},
	"github.com/xuri/excelize":         {"dashboards/sheet", "records/intake"},
	"html/template":                    {"dashboards", "alerts"},
	"github.com/wneessen/go-mail":      {"alerts"},
	"github.com/emersion/go-smtp":      {"alerts/receiver"},
	"github.com/alexedwards/scs":       {"access"},
	"github.com/coreos/go-oidc":        {"access/openid"},
	"golang.org/x/oauth2":              {"access/openid"},
	"github.com/prometheus":            {"cmd/app"},
	"golang.org/x/crypto/argon2":       {"access"},
	"github.com/alecthomas/kong":       {"cmd/onevision"},
	"github.com/labstack/echo":         {"dashboards", "api", "static", "cmd/app"},
}

const module = "onevision"

type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

func packages(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports,XTestImports", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	var all []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		r, known := allowed[name]
		if !known {
			t.Errorf("%s is not known here: add it, with what it may import and why", name)
			continue
		}
		for _, i := range p.Imports {
			ours, is := strings.CutPrefix(i, module+"/")
			if !is || strings.HasPrefix(ours, name+"/internal/") || allows(r.imports, ours) {
				continue
			}
			t.Errorf("%s imports %s, which is not allowed: %s", name, ours, r.reason)
		}
		if strings.HasSuffix(name, "test") {
			continue
		}
		for _, i := range p.Imports {
			if strings.HasSuffix(i, "accesstest") || strings.HasSuffix(i, "postgrestest") {
				t.Errorf("%s imports %s outside its tests: only tests may mint viewers and databases", name, i)
			}
		}
	}
}

func TestEachLibraryHasOneHome(t *testing.T) {
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, i := range p.Imports {
			for library, home := range homes {
				if (i == library || strings.HasPrefix(i, library+"/")) && !within(home, name) {
					t.Errorf("%s imports %s, whose home is %s", name, i, strings.Join(home, " and "))
				}
			}
		}
	}
}

func allows(imports []string, ours string) bool {
	for _, a := range imports {
		if a == "*" || a == ours {
			return true
		}
	}
	return false
}

func within(homes []string, name string) bool {
	for _, h := range homes {
		if name == h || strings.HasPrefix(name, h+"/") {
			return true
		}
	}
	return false
}
