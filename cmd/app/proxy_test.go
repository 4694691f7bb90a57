package app

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestBehindAProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		proxies   []string
		peer      string
		forwarded []string
		want      string
	}{
		{"no proxy is believed unless named", nil, "192.0.2.9:4000", []string{"203.0.113.7"}, "192.0.2.9:4000"},
		{"the proxy's own entry is the last", []string{"192.0.2.9"}, "192.0.2.9:4000", []string{"10.0.0.1, 203.0.113.7"}, "203.0.113.7:0"},
		{"of several headers the last", []string{"192.0.2.0/24"}, "192.0.2.9:4000", []string{"10.0.0.1", "203.0.113.7"}, "203.0.113.7:0"},
		{"somebody else's word", []string{"192.0.2.9"}, "192.0.2.10:4000", []string{"203.0.113.7"}, "192.0.2.10:4000"},
		{"no entry", []string{"192.0.2.9"}, "192.0.2.9:4000", nil, "192.0.2.9:4000"},
		{"nonsense", []string{"192.0.2.9"}, "192.0.2.9:4000", []string{"unknown"}, "192.0.2.9:4000"},
		{"IPv6", []string{"::1"}, "[::1]:4000", []string{"2001:db8::7"}, "[2001:db8::7]:0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got string
			h, err := behind(c.proxies, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.RemoteAddr }))
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = c.peer
			for _, f := range c.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			h.ServeHTTP(httptest.NewRecorder(), r)
			if got != c.want {
				t.Errorf("the handler saw %s, not %s", got, c.want)
			}
		})
	}
	if _, err := behind([]string{"proxy.example"}, nil); err == nil {
		t.Error("a name was taken for an address")
	}
}
