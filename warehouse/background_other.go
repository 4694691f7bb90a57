//go:build !linux

package warehouse

// lowerPriority cannot lower that of one thread here.
func lowerPriority() {}
