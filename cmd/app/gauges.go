package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"onevision/warehouse"
)

// gauges are the figures that are read when somebody asks for them.
type gauges struct {
	a *App
}

// gauge is one figure of a kind of source.
type gauge[T any] struct {
	*prometheus.Desc
	kind prometheus.ValueType
	of   func(T) float64
}

func gaugeOf[T any](name, help string, of func(T) float64) gauge[T] {
	return gauge[T]{prometheus.NewDesc("onevision_"+name, help, nil, nil), prometheus.GaugeValue, of}
}

func countOf[T any](name, help string, of func(T) float64) gauge[T] {
	return gauge[T]{prometheus.NewDesc("onevision_"+name, help, nil, nil), prometheus.CounterValue, of}
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

var states = []warehouse.State{warehouse.Stopped, warehouse.Connecting, warehouse.Loading, warehouse.Following, warehouse.CatchingUp}

var stateDesc = prometheus.NewDesc("onevision_warehouse_state", "1 for what the follower is doing, 0 for the others.", []string{"state"}, nil)

func warehouseGauges(now time.Time) []gauge[warehouse.Status] {
	type s = warehouse.Status
	return []gauge[s]{
		gaugeOf("warehouse_serving", "1 while a whole build answers.", func(s s) float64 { return truth(s.Serving) }),
		gaugeOf("warehouse_build", "Number of the build that answers.", func(s s) float64 { return float64(s.Build) }),
		gaugeOf("warehouse_behind_bytes", "Write-ahead log of the record store that the warehouse has not looked at.", func(s s) float64 { return float64(s.Behind) }),
		gaugeOf("warehouse_behind_seconds", "Age of the instant up to which the warehouse holds every change; -1 before the first build.", func(s s) float64 { return behindSeconds(s, now) }),
		countOf("warehouse_rebuilds_total", "Builds made by this process, the first included.", func(s s) float64 { return float64(s.Rebuilds) }),
		gaugeOf("warehouse_stale_tables", "Tables that must be loaded again before they can be followed; the age of the data grows meanwhile.", func(s s) float64 { return float64(len(s.Stale)) }),
		countOf("warehouse_reloads_total", "Tables that this process loaded again.", func(s s) float64 { return float64(s.Reloads) }),
		countOf("warehouse_transactions_applied_total", "Transactions applied by this process.", func(s s) float64 { return float64(s.Applied) }),
		gaugeOf("warehouse_trouble", "1 while the last attempt to connect, load or follow failed.", func(s s) float64 { return truth(s.Error != "") }),
		gaugeOf("warehouse_slot_exists", "1 if the replication slot is there.", func(s s) float64 { return truth(s.Slot.Exists) }),
		gaugeOf("warehouse_slot_active", "1 while somebody streams from the slot.", func(s s) float64 { return truth(s.Slot.Active) }),
		gaugeOf("warehouse_slot_retained_bytes", "Write-ahead log that the record store must keep because of the slot.", func(s s) float64 { return float64(s.Slot.Retained) }),
		gaugeOf("warehouse_slot_bound_bytes", "Retained bytes beyond which the slot is let go, by the program or the server.", func(s s) float64 { return float64(s.Slot.Limit()) }),
		gaugeOf("warehouse_slot_safe_wal_bytes", "Bytes that may be written before the server lets the slot go (safe_wal_size); -1: it has no bound.", func(s s) float64 { return float64(s.Slot.SafeWAL) }),
		gaugeOf("warehouse_slot_warning", "1 while more than half of the bound is retained.", func(s s) float64 { return truth(s.Slot.Warning != "") }),
		countOf("warehouse_slots_dropped_total", "Slots that the program dropped because they held too much.", func(s s) float64 { return float64(s.Slot.Dropped) }),
		gaugeOf("warehouse_slot_looked_at_timestamp_seconds", "When the slot was last looked at; 0: never.", func(s s) float64 {
			if s.Slot.At.IsZero() {
				return 0
			}
			return float64(s.Slot.At.UnixMilli()) / 1000
		}),
	}
}

func behindSeconds(s warehouse.Status, now time.Time) float64 {
	if !s.Serving || s.Position.AsAt.IsZero() {
		return -1
	}
	return max(now.Sub(s.Position.AsAt).Seconds(), 0)
}

var storeGauges = []gauge[counts]{
	gaugeOf("alerts_open", "Alerts that were told and have not recovered.", func(c counts) float64 { return float64(c.Alerts) }),
	gaugeOf("mail_waiting", "Letters that the mail server has not taken yet.", func(c counts) float64 { return float64(c.Waiting) }),
	gaugeOf("mail_waiting_oldest_seconds", "Age of the oldest of them; 0 if none waits.", func(c counts) float64 { return c.Oldest.Seconds() }),
	gaugeOf("mail_refused", "Letters that the mail server refused for good.", func(c counts) float64 { return float64(c.Refused) }),
}

var storeUp = prometheus.NewDesc("onevision_record_store_up", "1 if the record store answered just now.", nil, nil)

var pool = struct{ total, idle, used, most, waited, waits *prometheus.Desc }{
	prometheus.NewDesc("onevision_pool_connections", "Connections to the record store.", nil, nil),
	prometheus.NewDesc("onevision_pool_connections_idle", "Of them, idle.", nil, nil),
	prometheus.NewDesc("onevision_pool_connections_used", "Of them, in use.", nil, nil),
	prometheus.NewDesc("onevision_pool_connections_max", "Connections that there may be.", nil, nil),
	prometheus.NewDesc("onevision_pool_acquire_seconds_total", "Time spent waiting for a connection.", nil, nil),
	prometheus.NewDesc("onevision_pool_acquire_empty_total", "Times that no connection was free at once.", nil, nil),
}

var disk = struct{ free, size *prometheus.Desc }{
	prometheus.NewDesc("onevision_disk_free_bytes", "Free bytes on the disk of the data folder.", nil, nil),
	prometheus.NewDesc("onevision_disk_size_bytes", "Size of that disk.", nil, nil),
}

// Describe implements prometheus.Collector.
func (g gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range warehouseGauges(time.Time{}) {
		to <- d.Desc
	}
	for _, d := range storeGauges {
		to <- d.Desc
	}
	for _, d := range []*prometheus.Desc{stateDesc, storeUp, pool.total, pool.idle, pool.used, pool.most, pool.waited, pool.waits, disk.free, disk.size} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g gauges) Collect(to chan<- prometheus.Metric) {
	put := func(d *prometheus.Desc, kind prometheus.ValueType, v float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, kind, v, labels...)
	}
	status := g.a.Warehouse.Status()
	for _, d := range warehouseGauges(g.a.Now()) {
		put(d.Desc, d.kind, d.of(status))
	}
	for _, s := range states {
		put(stateDesc, prometheus.GaugeValue, truth(s == status.State), string(s))
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second) // an interface without a ctx
	defer cancel()
	c, err := g.a.counts(ctx)
	put(storeUp, prometheus.GaugeValue, truth(err == nil))
	if err == nil {
		for _, d := range storeGauges {
			put(d.Desc, d.kind, d.of(c))
		}
	}
	s := g.a.Env.Pool.Stat()
	put(pool.total, prometheus.GaugeValue, float64(s.TotalConns()))
	put(pool.idle, prometheus.GaugeValue, float64(s.IdleConns()))
	put(pool.used, prometheus.GaugeValue, float64(s.AcquiredConns()))
	put(pool.most, prometheus.GaugeValue, float64(s.MaxConns()))
	put(pool.waited, prometheus.CounterValue, s.AcquireDuration().Seconds())
	put(pool.waits, prometheus.CounterValue, float64(s.EmptyAcquireCount()))
	if free, total, err := diskOf(g.a.Env.Data); err == nil {
		put(disk.free, prometheus.GaugeValue, float64(free))
		put(disk.size, prometheus.GaugeValue, float64(total))
	}
}

// counts are the record store's own figures about the program.
type counts struct {
	Alerts, Waiting, Refused int64
	Oldest                   time.Duration // of the letters that wait
}

func (a *App) counts(ctx context.Context) (c counts, err error) {
	var oldest *time.Time
	err = a.Env.Pool.QueryRow(ctx, `/* app.counts */ SELECT
			(SELECT count(*) FROM alert a JOIN alert_rule r ON r.id = a.rule_id WHERE a.ended_at IS NULL AND r.enabled),
			count(*) FILTER (WHERE failed_at IS NULL), count(*) FILTER (WHERE failed_at IS NOT NULL), min(created_at) FILTER (WHERE failed_at IS NULL)
		FROM alert_message WHERE sent_at IS NULL AND superseded_at IS NULL`).Scan(&c.Alerts, &c.Waiting, &c.Refused, &oldest)
	if oldest != nil {
		c.Oldest = max(a.Now().Sub(*oldest), 0)
	}
	return c, err
}
