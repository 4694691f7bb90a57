package indicators

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// file is one YAML file, with the places of its keys.
type file struct {
	name string
	text []byte
	tree *ast.File
}

// readFile reads and parses; the error is a Problem.
func readFile(fsys fs.FS, name string) (*file, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, Problem{File: name, Message: "cannot be read: " + err.Error()}
	}
	return parseFile(name, text)
}

// parseFile parses a file's text; the error is a Problem.
func parseFile(name string, text []byte) (*file, error) {
	f := &file{name: name, text: text}
	var err error
	if f.tree, err = parser.ParseBytes(text, 0); err != nil {
		return nil, f.yamlProblem(err)
	}
	return f, nil
}

// decode fills v, refusing keys that v does not have and values of another type.
func (f *file) decode(v any) error {
	if err := yaml.UnmarshalWithOptions(f.text, v, yaml.Strict()); err != nil {
		return f.yamlProblem(err)
	}
	return nil
}

func (f *file) yamlProblem(err error) error {
	p := Problem{File: f.name, Line: 1, Column: 1, Message: err.Error()}
	var at yaml.Error
	if errors.As(err, &at) {
		p.Message = at.GetMessage()
		if t := at.GetToken(); t != nil && t.Position != nil {
			p.Line, p.Column = t.Position.Line, t.Position.Column
		}
	}
	return p
}

// problem is one at the value of a path such as "$.unit", or at the head of the
// file when there is no such key.
func (f *file) problem(path, format string, args ...any) Problem {
	p := Problem{File: f.name, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	if node := f.node(path); node != nil {
		at := node.GetToken().Position
		p.Line, p.Column = at.Line, at.Column
	}
	return p
}

func (f *file) node(path string) ast.Node {
	yp, err := yaml.PathString(path)
	if err != nil {
		return nil
	}
	node, err := yp.FilterFile(f.tree)
	if err != nil {
		return nil
	}
	return node
}

// problemAt is one at a byte offset of the block of text (sql: |) at path.
func (f *file) problemAt(path, block string, offset int, format string, args ...any) Problem {
	p := f.problem(path, format, args...)
	literal, ok := f.node(path).(*ast.LiteralNode)
	if !ok || offset < 0 || offset > len(block) {
		return p
	}
	line := strings.Count(block[:offset], "\n")
	column := offset - (strings.LastIndexByte(block[:offset], '\n') + 1)
	p.Line = literal.Start.Position.Line + 1 + line
	lines := strings.Split(string(f.text), "\n")
	if p.Line <= len(lines) {
		text := lines[p.Line-1]
		p.Column = len(text) - len(strings.TrimLeft(text, " ")) + 1
		// The block's own indentation is part of the file's, not of the text.
		own := strings.Split(block, "\n")[line]
		p.Column += column - (len(own) - len(strings.TrimLeft(own, " ")))
	}
	return p
}
