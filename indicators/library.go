package indicators

import "io/fs"

// Library is a set of definitions with their targets and comparators.
type Library struct {
	definitions []Definition
}

// LoadLibrary reads every definition of the file systems. A later one's
// definition replaces an earlier one's of the same id.
func LoadLibrary(fsys ...fs.FS) (*Library, error) { return &Library{}, nil }

// Definitions are all definitions, by theme and title.
func (l *Library) Definitions() []Definition { return append([]Definition(nil), l.definitions...) }
