package app

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// behind makes a handler see the browser's address, not the reverse proxy's:
// sign-ins are slowed down by network, and behind a proxy everybody would share
// one. Only a proxy at one of the given addresses or networks is believed, and
// of what it says only the last entry, which it wrote itself.
func behind(proxies []string, next http.Handler) (http.Handler, error) {
	var trusted []netip.Prefix
	for _, p := range proxies {
		network, err := netip.ParsePrefix(p)
		if err != nil {
			address, err := netip.ParseAddr(p)
			if err != nil {
				return nil, fmt.Errorf("the proxy %q is not an address (192.0.2.1) or network (192.0.2.0/24)", p)
			}
			network = netip.PrefixFrom(address, address.BitLen())
		}
		trusted = append(trusted, network)
	}
	if len(trusted) == 0 {
		return next, nil
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && within(trusted, peer.Addr().Unmap()) {
			if browser, ok := forwarded(r.Header.Values("X-Forwarded-For")); ok {
				r.RemoteAddr = net.JoinHostPort(browser.String(), "0")
			}
		}
		next.ServeHTTP(w, r)
	}), nil
}

func within(networks []netip.Prefix, a netip.Addr) bool {
	for _, n := range networks {
		if n.Contains(a) {
			return true
		}
	}
	return false
}

func forwarded(headers []string) (netip.Addr, bool) {
	if len(headers) == 0 {
		return netip.Addr{}, false
	}
	all := strings.Split(headers[len(headers)-1], ",")
	a, err := netip.ParseAddr(strings.TrimSpace(all[len(all)-1]))
	return a.Unmap(), err == nil
}
