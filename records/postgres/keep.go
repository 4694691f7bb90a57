package postgres

import (
	"context"
	"time"
)

// Keep starts the server again whenever it ends without having been told to (a
// crash, a full disk, the kernel that was short of memory), until ctx ends or
// Stop is called. A start that fails is tried again, at the latest after half a
// minute: what is in its way, a full disk for one, may go.
func (s *Server) Keep(ctx context.Context) {
	for failures := 0; s.ended(ctx); {
		revived, err := s.revive(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
			if revived {
				s.log.Warn("the private PostgreSQL had ended by itself and was started again", "dir", s.dir, "pid", s.PID())
			}
			continue
		}
		failures++
		pause := min(time.Second<<min(failures, 5), 30*time.Second)
		s.log.Error("the private PostgreSQL ended by itself and cannot be started", "error", err, "retry_in", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
}

// ended waits until the server does not run; false once nobody wants it to.
func (s *Server) ended(ctx context.Context) bool {
	for {
		s.mu.Lock()
		stopped, alive, exited := s.lock == nil, s.alive(), s.exited
		s.mu.Unlock()
		if stopped || ctx.Err() != nil {
			return false
		}
		if !alive {
			return true
		}
		select {
		case <-ctx.Done():
		case <-exited: // nil, so never, for an adopted server
		case <-time.After(time.Second):
		}
	}
}

// revive starts the server again if it has ended meanwhile.
func (s *Server) revive(ctx context.Context) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil || s.alive() {
		return false, nil
	}
	if adopted, err := s.adopt(ctx); adopted || err != nil {
		return adopted, err
	}
	return true, s.launch(ctx)
}
