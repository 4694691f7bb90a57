package app

import "runtime/debug"

// Version is the program's, as the build stamped it: the revision it was built
// from, or "unreleased".
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unreleased"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "unreleased"
}
