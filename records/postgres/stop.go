package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// Stop ends the server: open transactions are rolled back, everything
// committed is on disk, the directory is free for others. If ctx ends first
// the server is stopped without its last checkpoint, from which the next Start
// recovers, and Stop returns ctx's error. Stop may be called again.
func (s *Server) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return nil
	}
	err := s.end(ctx)
	if s.alive() {
		return err // and keep the lock: the data is in use
	}
	os.RemoveAll(s.socket) // private and ours; a leftover does no harm
	s.lock.release()
	s.lock = nil
	s.log.Info("private PostgreSQL stopped", "dir", s.dir)
	return err
}

// Kill ends every process of the server at once, as a power cut would. It is
// for tests of what survives that; Restart or Stop comes next.
func (s *Server) Kill() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		return errors.New("the private PostgreSQL is stopped: there is nothing to kill")
	}
	return s.kill()
}

// Restart stops the server if it runs and starts it again, on the same
// directory and with the same settings. Addresses from URL stay valid.
func (s *Server) Restart(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.lock == nil {
		held, err := takeLock(s.dir)
		if err != nil {
			return err
		}
		s.lock = held
	}
	if err := s.end(ctx); err != nil {
		return err
	}
	// It may also have ended by itself and left its file behind.
	if adopted, err := s.adopt(ctx); adopted || err != nil {
		return err
	}
	return s.launch(ctx)
}

// end is a fast shutdown, and an immediate one when ctx ends first.
func (s *Server) end(ctx context.Context) error {
	if !s.alive() {
		return nil
	}
	if ctx.Err() == nil {
		if err := s.signal(syscall.SIGINT); err != nil {
			return err
		}
		if s.gone(ctx) {
			return nil
		}
	}
	if err := s.signal(syscall.SIGQUIT); err != nil {
		return err
	}
	// PostgreSQL itself kills what does not end within 5 s of this signal.
	patience, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if !s.gone(patience) {
		return errors.Join(ctx.Err(), s.kill())
	}
	return ctx.Err()
}

func (s *Server) kill() error {
	for deadline := time.Now().Add(10 * time.Second); ; {
		members := family(s.pid, s.data)
		// The postmaster first: it would start again what it sees crash.
		if s.alive() {
			if err := s.signal(syscall.SIGKILL); err != nil {
				return err
			}
		}
		for _, pid := range members {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("killing PostgreSQL process %d: %w", pid, err)
			}
		}
		if len(members) == 0 && !s.alive() {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("PostgreSQL processes %v do not die", members)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// alive says whether the postmaster runs. Our own child is asked through its
// wait, which cannot mistake another process for it.
func (s *Server) alive() bool {
	if s.exited == nil {
		return s.pid != 0 && serves(s.pid, s.data)
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// gone waits until the postmaster has ended, or ctx has.
func (s *Server) gone(ctx context.Context) bool {
	for s.alive() {
		select {
		case <-ctx.Done():
			return !s.alive()
		case <-s.exited:
		case <-time.After(10 * time.Millisecond):
		}
	}
	return true
}

func (s *Server) signal(sig syscall.Signal) error {
	if err := syscall.Kill(s.pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stopping PostgreSQL process %d: %w", s.pid, err)
	}
	return nil
}
