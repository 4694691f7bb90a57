package indicators

// Columns of the circumstances that a query may read without naming them: a list of the
// children that it counts then tells of all of them.

import "strings"

// everyCircumstance stands among the relations of a query that may do so.
const everyCircumstance = "circumstances.*"

// unnamed is what is seen of a query while its tree is walked.
type unnamed struct {
	certain bool            // a star, a column's place, other names for columns, columns that two tables share
	tables  map[string]bool // what stands in FROM is called
	alone   map[string]bool // columns without their table: one that is called like a table is its row
	sets    bool            // queries are put together, by the places of their columns
	// How often the column circumstances of period_attendance is read, and how often
	// only carried through or grouped by.
	structs, carried int
}

func (u *unnamed) any() bool {
	for name := range u.alone {
		if u.tables[name] {
			return true
		}
	}
	return u.certain || u.structs > u.carried || u.sets && u.structs > 0
}

// visit notes what one node of the tree reads.
func (u *unnamed) visit(n map[string]any) {
	if u.tables == nil {
		u.tables, u.alone = map[string]bool{}, map[string]bool{}
	}
	for _, list := range []string{"column_name_alias", "aliases"} { // of a table, of a WITH query
		names, _ := n[list].([]any)
		u.certain = u.certain || len(names) > 0
	}
	_, inFrom := n["sample"]
	switch kind, _ := n["type"].(string); {
	case n["class"] == "STAR", n["class"] == "POSITIONAL_REFERENCE", n["ref_type"] == "NATURAL":
		u.certain = true
	case n["class"] == "COLUMN_REF":
		names, _ := n["column_names"].([]any)
		if len(names) == 1 {
			u.alone[lastName(n)] = true
		}
		if lastName(n) == "circumstances" {
			u.structs++
		}
	case kind == "SET_OPERATION_NODE", kind == "RECURSIVE_CTE_NODE":
		u.sets = true
	case kind == "SELECT_NODE":
		for _, list := range []string{"select_list", "group_expressions"} {
			items, _ := n[list].([]any)
			for _, item := range items {
				of, _ := item.(map[string]any)
				alias, _ := of["alias"].(string)
				if lastName(of) == "circumstances" && (alias == "" || strings.EqualFold(alias, "circumstances")) {
					u.carried++
				}
			}
		}
	case inFrom:
		alias, _ := n["alias"].(string)
		if alias == "" {
			alias, _ = n["table_name"].(string)
		}
		u.tables[strings.ToLower(alias)] = true
	}
}

// lastName is the name of a column without its table's, "" of what is none.
func lastName(n map[string]any) string {
	names, _ := n["column_names"].([]any)
	if n["class"] != "COLUMN_REF" || len(names) == 0 {
		return ""
	}
	name, _ := names[len(names)-1].(string)
	return strings.ToLower(name)
}
