// Command peers holds the Go clients that the benchmark measures beside fedsyncd. Each subcommand does one piece of
// work, prints JSON lines on stdout ({"event":"ready"}, {"event":"result",...}) and ends.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strings"
	"syscall"
	"time"
)

type command func(options) error

var commands = map[string]command{
	"informer":       runInformer,
	"informer-watch": runInformerWatch,
	"etcd-list":      runEtcdList,
	"etcd-watch":     runEtcdWatch,
	"exec":           runExec,
}

// options come as one JSON object in the second argument.
type options struct {
	Server     string   `json:"server"`
	Kubeconfig string   `json:"kubeconfig"`
	Format     string   `json:"format"`
	WatchList  bool     `json:"watchList"`
	Count      int      `json:"count"`
	Prefix     string   `json:"prefix"`
	PageSize   int64    `json:"pageSize"`
	Command    []string `json:"command"`
}

func main() {
	if len(os.Args) != 3 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: peers COMMAND JSON")
		os.Exit(2)
	}
	var o options
	if err := json.Unmarshal([]byte(os.Args[2]), &o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if err := commands[os.Args[1]](o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// result is what the harness reads; times in milliseconds, sizes in megabytes of 10^6 bytes.
type result struct {
	Event      string  `json:"event"`
	WallMs     float64 `json:"wallMs"`
	CPUMs      float64 `json:"cpuMs"`
	TotalCPUMs float64 `json:"totalCpuMs"`
	MaxRSSMB   float64 `json:"maxRssMb"`
	GCMaxMs    float64 `json:"gcMaxMs"`
	GCTotalMs  float64 `json:"gcTotalMs"`
	HeapMB     float64 `json:"heapMb,omitempty"`
	Objects    int     `json:"objects"`
}

// meter measures from start to stop.
type meter struct {
	began time.Time
	cpu   time.Duration
}

func startMeter() *meter { return &meter{began: time.Now(), cpu: usage(syscall.RUSAGE_SELF)} }

func (m *meter) stop(objects int) result {
	wall := time.Since(m.began)
	total := usage(syscall.RUSAGE_SELF)
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	longest := uint64(0)
	for _, pause := range memory.PauseNs {
		longest = max(longest, pause)
	}
	return result{
		Event: "result", WallMs: ms(wall), CPUMs: ms(total - m.cpu), TotalCPUMs: ms(total),
		MaxRSSMB: peakRSS(), GCMaxMs: float64(longest) / 1e6,
		GCTotalMs: float64(memory.PauseTotalNs) / 1e6, Objects: objects,
	}
}

// heap adds the live heap: call it when nothing is measured any more.
func (r result) heap() result {
	runtime.GC()
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	r.HeapMB = float64(memory.HeapAlloc) / 1e6
	return r
}

func say(message any) {
	line, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

func sayEvent(event string) { say(map[string]string{"event": event}) }

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1e3 }

func usage(who int) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peakRSS is this process's own: Linux carries ru_maxrss over from the process that forked.
func peakRSS() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return maxRSS(syscall.RUSAGE_SELF)
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes float64
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kilobytes); n == 1 {
			return kilobytes * 1024 / 1e6
		}
	}
	return maxRSS(syscall.RUSAGE_SELF)
}

func maxRSS(who int) float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		panic(err)
	}
	return float64(u.Maxrss) * 1024 / 1e6
}
