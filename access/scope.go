package access

// Whose children a viewer sees, as conditions of SQL.

import (
	"fmt"
	"slices"
)

// Scope is which children are a viewer's own in one transaction, by category, as
// the record store worked it out. The zero Scope is nobody's.
//
// The program asks it in its own statements (Reaches), and row-level security asks
// the same of the same table: either holds without the other.
type Scope struct {
	set struct {
		Whose  map[Category][]string `json:"whose"`
		Barred []int64               `json:"barred"` // children who are restricted to others
	}
}

// Groups in become_viewer's answer that stand for more than a group.
const (
	everyChild = "*"
	everyThing = "**"
)

// All reports whether every child is the viewer's in records of the category,
// restricted ones left out.
func (s Scope) All(c Category) bool {
	groups := s.set.Whose[c]
	return len(groups) == 1 && (groups[0] == everyChild || groups[0] == everyThing)
}

// Unrestricted reports whether the viewer is the program itself, which no relation
// binds.
func (s Scope) Unrestricted(c Category) bool {
	return slices.Equal(s.set.Whose[c], []string{everyThing})
}

// Groups are the groups of reach by which a child is the viewer's, where not All.
func (s Scope) Groups(c Category) []string {
	if s.All(c) {
		return nil
	}
	return slices.Clone(s.set.Whose[c])
}

// Reaches is a condition of SQL: the child whose key stands in the column is the
// viewer's in records of the category. arg gives a value its place ($1).
func (s Scope) Reaches(c Category, column string, arg func(any) string) string {
	if s.Unrestricted(c) {
		return "true"
	}
	condition := "true"
	if len(s.set.Barred) > 0 {
		condition = fmt.Sprintf("%s <> ALL (%s::bigint[])", column, arg(s.set.Barred))
	}
	if s.All(c) {
		return condition
	}
	groups := s.set.Whose[c]
	if len(groups) == 0 {
		return "false"
	}
	return fmt.Sprintf("(%s AND EXISTS (SELECT FROM reach WHERE reach.child_id = %s AND reach.grp = ANY (%s::text[]) AND reach.from_at <= now() AND reach.to_at > now()))",
		condition, column, arg(groups))
}
