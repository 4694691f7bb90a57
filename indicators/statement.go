package indicators

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// statement is what DuckDB's own parser says about a definition's SQL.
type statement struct {
	relations []string // that it reads, without the names of its own WITH queries
	problems  []statementProblem
	unnamed   unnamed
}

type statementProblem struct {
	offset  int // in bytes; -1: the statement as a whole
	message string
}

// parseStatement parses a definition's SQL and refuses what a definition may not
// do: more than one statement, anything but SELECT, a relation that is not one
// of ours, a table function, a function that is not in the list. What is left
// can only read, and only the analysts' relations.
func parseStatement(ctx context.Context, c *sql.Conn, text string) (statement, error) {
	var tree string
	err := c.QueryRowContext(ctx, `/* indicators.parseStatement */ SELECT json_serialize_sql(?::VARCHAR)::VARCHAR`, text).Scan(&tree)
	if err != nil {
		return statement{}, fmt.Errorf("parse the statement: %w", err)
	}
	var parsed struct {
		Error      bool   `json:"error"`
		Message    string `json:"error_message"`
		Position   string `json:"position"`
		Statements []any  `json:"statements"`
	}
	d := json.NewDecoder(strings.NewReader(tree))
	d.UseNumber()
	if err := d.Decode(&parsed); err != nil {
		return statement{}, fmt.Errorf("read the parsed statement: %w", err)
	}
	var s statement
	if parsed.Error {
		offset, err := strconv.Atoi(parsed.Position)
		if err != nil {
			offset = -1
		}
		s.wrong(offset, "%s", strings.Replace(parsed.Message, "Only SELECT statements can be serialized to json!", "only SELECT is allowed", 1))
		return s, nil
	}
	if len(parsed.Statements) != 1 {
		s.wrong(-1, "there are %d statements: one SELECT is allowed", len(parsed.Statements))
		return s, nil
	}
	s.walk(parsed.Statements[0], nil)
	if s.unnamed.any() && (slices.Contains(s.relations, "circumstances") || slices.Contains(s.relations, "period_attendance")) {
		s.relations = append(s.relations, everyCircumstance)
	}
	slices.Sort(s.relations)
	s.relations = slices.Compact(s.relations)
	return s, nil
}

func (s *statement) wrong(offset int, format string, args ...any) {
	s.problems = append(s.problems, statementProblem{offset, fmt.Sprintf(format, args...)})
}

// walk visits the tree; own are the names of the WITH queries in whose reach
// node is. A WITH query reaches those before it and, unless it is the recursive
// half of a recursive one, not itself: there its name is the relation's.
func (s *statement) walk(node any, own []string) {
	switch n := node.(type) {
	case []any:
		for _, inner := range n {
			s.walk(inner, own)
		}
	case map[string]any:
		for _, with := range withQueries(n) {
			s.walk(with.query, own)
			own = append(slices.Clip(own), with.name)
		}
		s.visit(n, own)
		for key, inner := range n {
			switch name, _ := n["cte_name"].(string); {
			case key == "cte_map":
			case key == "right" && n["type"] == "RECURSIVE_CTE_NODE":
				s.walk(inner, append(slices.Clip(own), strings.ToLower(name)))
			default:
				s.walk(inner, own)
			}
		}
	}
}

type withQuery struct {
	name  string
	query any
}

func withQueries(n map[string]any) []withQuery {
	with, ok := n["cte_map"].(map[string]any)
	if !ok {
		return nil
	}
	entries, _ := with["map"].([]any)
	var out []withQuery
	for _, e := range entries {
		m, _ := e.(map[string]any)
		name, _ := m["key"].(string)
		out = append(out, withQuery{strings.ToLower(name), m["value"]})
	}
	return out
}

// visit judges one node of the tree: an expression has a class, what stands in
// FROM (and a SELECT) a sample, other parts of a query a type. What is not known
// here is refused, so that a later DuckDB cannot bring something in unseen.
func (s *statement) visit(n map[string]any, own []string) {
	s.unnamed.visit(n)
	if _, isFunction := n["function_name"]; isFunction {
		s.function(n)
	}
	if n["sample"] != nil {
		s.wrong(offset(n), "a sample is not allowed: the same facts have to give the same number")
	}
	kind, hasKind := n["type"].(string)
	_, isTable := n["sample"]
	if class, isExpression := n["class"].(string); isExpression {
		s.expression(class, n)
	} else if isTable {
		s.table(kind, n, own)
	} else if hasKind && !slices.Contains(queryParts, kind) && !strings.HasSuffix(kind, "_TYPE_INFO") {
		s.wrong(offset(n), "%s is not allowed", strings.ToLower(strings.ReplaceAll(kind, "_", " ")))
	}
}

// queryParts are the parts of a query that are neither expressions nor in FROM.
var queryParts = []string{
	"SET_OPERATION_NODE", "RECURSIVE_CTE_NODE",
	"ORDER_MODIFIER", "LIMIT_MODIFIER", "LIMIT_PERCENT_MODIFIER", "DISTINCT_MODIFIER",
	"ORDER_DEFAULT", "ASCENDING", "DESCENDING",
}

// sessionNames are names that DuckDB, where no column is called so, takes for a
// function that asks the clock or who is connected.
var sessionNames = []string{
	"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_catalog", "current_database",
	"current_role", "current_schema", "current_user", "session_user", "user",
}

func (s *statement) expression(class string, n map[string]any) {
	switch class {
	case "BETWEEN", "CASE", "CAST", "COLLATE", "COMPARISON", "CONJUNCTION", "CONSTANT", "FUNCTION", "LAMBDA", "OPERATOR", "POSITIONAL_REFERENCE", "STAR", "SUBQUERY", "WINDOW":
	case "COLUMN_REF":
		names, _ := n["column_names"].([]any)
		if name, _ := names[len(names)-1].(string); len(names) == 1 && slices.Contains(sessionNames, strings.ToLower(name)) {
			s.wrong(offset(n), "%s is not allowed: neither the clock nor who is connected may change a number", strings.ToLower(name))
		}
	case "PARAMETER":
		s.wrong(offset(n), "there are no parameters")
	default:
		s.wrong(offset(n), "%s is not allowed", strings.ToLower(strings.ReplaceAll(class, "_", " ")))
	}
}

func (s *statement) table(kind string, n map[string]any, own []string) {
	switch kind {
	case "SELECT_NODE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST":
	case "BASE_TABLE":
		name, _ := n["table_name"].(string)
		schema, _ := n["schema_name"].(string)
		catalog, _ := n["catalog_name"].(string)
		name = strings.ToLower(name)
		if n["at_clause"] != nil {
			s.wrong(offset(n), "AT is not allowed")
		}
		if schema == "" && catalog == "" && slices.Contains(own, name) {
			return
		}
		known := slices.ContainsFunc(Relations(), func(r Relation) bool { return r.Name == name })
		if !known || catalog != "" || schema != "" {
			full := strings.Trim(strings.Join([]string{catalog, schema, name}, "."), ".")
			s.wrong(offset(n), "there is no relation %q for definitions; docs/warehouse.md lists those that there are", full)
			return
		}
		s.relations = append(s.relations, name)
	case "TABLE_FUNCTION":
		s.wrong(offset(n), "a table function is not allowed")
	default:
		s.wrong(offset(n), "%s is not allowed in FROM", strings.ToLower(strings.ReplaceAll(kind, "_", " ")))
	}
}

func (s *statement) function(n map[string]any) {
	name, _ := n["function_name"].(string)
	schema, _ := n["schema"].(string)
	catalog, _ := n["catalog"].(string)
	if (schema != "" && schema != "main") || catalog != "" || !allowedFunction(strings.ToLower(name)) {
		s.wrong(offset(n), "function %s is not one that a definition may use", name)
	}
}

func offset(n map[string]any) int {
	if at, ok := n["query_location"].(json.Number); ok {
		if o, err := at.Int64(); err == nil {
			return int(o)
		}
	}
	return -1
}

// allowedFunction lists what definitions may call: functions of their arguments
// alone, which read no file, setting, catalogue or clock (the day on which a
// number is computed must not change what it says; period is the clock).
func allowedFunction(name string) bool {
	return strings.Contains(allowedFunctions, " "+name+" ")
}

const allowedFunctions = ` + - * / // % ^ ** || = <> < > <= >= ~~ !~~ ~~* !~~* ~~~ & | ~ << >> ! not
 count count_star sum sum_no_overflow avg min max any_value first last arg_min arg_max min_by max_by bool_and bool_or count_if median quantile_cont quantile_disc mode stddev_samp var_samp
 row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
 abs ceil ceiling floor round trunc sign greatest least power pow sqrt ln log log10 exp mod divide fdiv
 coalesce nullif ifnull if case
 date_part date_trunc date_diff datediff date_sub datesub date_add datetrunc datepart age year month day quarter week weekofyear isoyear isodow dayofweek dayofmonth dayofyear last_day make_date to_days to_weeks to_months to_years to_quarters strftime
 lower upper length left right substr substring trim ltrim rtrim replace concat contains starts_with ends_with prefix suffix like_escape regexp_matches lpad rpad
 list_value list_contains row struct_pack struct_extract array_extract unnest in
 overlaps isnan isfinite xor bit_count hash `
