package dashboards

import (
	"bytes"
	"fmt"
	"reflect"
	"strings"
	"testing"
	tree "text/template/parse"

	"github.com/PuerkitoBio/goquery"
)

// Every template is executed with its own struct, and one that nothing executes
// fails the build: it would be found broken by a director.
func TestEveryTemplateIsExecuted(t *testing.T) {
	t.Parallel()
	all, err := parse()
	if err != nil {
		t.Fatal(err)
	}
	executed := map[string]bool{}
	for name, p := range everyPage() {
		set, ok := all[p.file()]
		if !ok {
			t.Fatalf("%s: no template %s", name, p.file())
		}
		executed[p.file()] = true
		var b bytes.Buffer
		if err := set.ExecuteTemplate(&b, "layout", p); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkPage(t, name, b.String())
	}
	for file, set := range all {
		if !executed[file] {
			t.Errorf("no page registers %s", file)
		}
		called := map[string]bool{"layout": true}
		for _, tmpl := range set.Templates() {
			calls(tmpl.Tree.Root, called)
		}
		for _, tmpl := range set.Templates() {
			if !called[tmpl.Name()] && !strings.HasSuffix(tmpl.Name(), ".html") && !shared[tmpl.Name()] {
				t.Errorf("%s defines %q, which nothing calls", file, tmpl.Name())
			}
		}
	}
}

// everyPage is the samples, and each page that is registered: as it is without
// anything, and with something in every field.
func everyPage() map[string]page {
	all := samples()
	for _, r := range registered {
		for _, p := range r.pages {
			filled := reflect.New(reflect.TypeOf(p))
			n := 0
			fill(filled.Elem(), &n)
			name := strings.TrimSuffix(p.file(), ".html")
			all[name+"-zero"], all[name+"-filled"] = p, filled.Elem().Interface().(page)
		}
	}
	return all
}

// fill gives a value something in every field, two of each list, no two texts
// the same.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprintf("text-%d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), n)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Field(i)
			if !field.CanSet() { // embedded and not exported: still filled, as a template reads it
				field = reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
			}
			fill(field, n)
		}
	}
}

// shared parts are not called by every page.
var shared = map[string]bool{"status": true, "drawing": true, "shape": true, "arrow": true, "facts": true, "spark": true, "live": true, "problems": true, "field": true, "date": true, "looks": true, "annotation": true}

func calls(n tree.Node, called map[string]bool) {
	switch n := n.(type) {
	case *tree.ListNode:
		if n == nil {
			return
		}
		for _, child := range n.Nodes {
			calls(child, called)
		}
	case *tree.TemplateNode:
		called[n.Name] = true
	case *tree.IfNode:
		calls(n.List, called)
		calls(n.ElseList, called)
	case *tree.RangeNode:
		calls(n.List, called)
		calls(n.ElseList, called)
	case *tree.WithNode:
		calls(n.List, called)
		calls(n.ElseList, called)
	}
}

// checkPage holds for any page: what a strict policy would refuse, what a
// screen reader needs, and that a chart never stands alone.
func checkPage(t *testing.T, name, html string) {
	t.Helper()
	doc, err := goquery.NewDocumentFromReader(strings.NewReader(html))
	if err != nil {
		t.Fatal(err)
	}
	refuse := func(selector, because string) {
		if n := doc.Find(selector).Length(); n > 0 {
			t.Errorf("%s: %d of %q: %s", name, n, selector, because)
		}
	}
	refuse("[style], style", "the policy refuses inline styles")
	refuse("script:not([src]):not([type='application/json'])", "the policy refuses inline scripts")
	refuse("[onclick], [onload], [onsubmit], [onchange]", "the policy refuses inline handlers")
	refuse("script[src^='http'], link[href^='http'], img[src^='http'], iframe[src^='http']", "nothing is loaded from elsewhere")
	refuse("input:not([type=hidden]):not([id]), select:not([id])", "a field without an id has no label")
	for _, one := range []string{"html[lang]", "title", "main#main-content", "main h1", "a.govuk-skip-link[href='#main-content']"} {
		if n := doc.Find(one).Length(); n != 1 {
			t.Errorf("%s: %d of %q, want 1", name, n, one)
		}
	}
	ids := map[string]bool{}
	doc.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); ids[id] {
			t.Errorf("%s: two of id %q", name, id)
		} else {
			ids[id] = true
		}
	})
	doc.Find("input:not([type=hidden]), select").Each(func(_ int, s *goquery.Selection) {
		if doc.Find("label[for='"+s.AttrOr("id", "")+"']").Length() != 1 {
			t.Errorf("%s: field %q has no label", name, s.AttrOr("id", ""))
		}
	})
	doc.Find("[data-chart]").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if s.AttrOr("role", "") != "img" || strings.TrimSpace(s.AttrOr("aria-label", "")) == "" {
			t.Errorf("%s: chart %s has no role img or no label", name, id)
		}
		if doc.Find("table[data-table-for='"+id+"']").Length() != 1 {
			t.Errorf("%s: chart %s has no table with its numbers", name, id)
		}
		if doc.Find("script[data-for='"+id+"']").Length() != 1 {
			t.Errorf("%s: chart %s has no option", name, id)
		}
	})
	doc.Find("table").Each(func(_ int, s *goquery.Selection) {
		if s.Find("caption").Length() != 1 || s.Find("th[scope]").Length() == 0 {
			t.Errorf("%s: a table without a caption or scoped headings", name)
		}
		region := s.Closest("[role=region][tabindex='0'][aria-label]")
		if region.Length() != 1 {
			t.Errorf("%s: a table that a keyboard cannot scroll", name)
		}
	})
}
