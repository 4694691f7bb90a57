// Package library holds the definitions of the indicators that OneVision comes
// with: in each theme's folder one file for each, with its examples beside it,
// and targets at the top.
package library

import "embed"

// Files are the library.
//
//go:embed *.yaml */*.yaml
var Files embed.FS
