package main

import (
	"os"
	"os/exec"
	"syscall"
	"time"
)

// runExec measures another program, whose output goes to /dev/null.
func runExec(o options) error {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer null.Close()
	program := exec.Command(o.Command[0], o.Command[1:]...)
	program.Stdout = null
	program.Stderr = os.Stderr
	began := time.Now()
	if err := program.Run(); err != nil {
		return err
	}
	wall := time.Since(began)
	cpu := usage(syscall.RUSAGE_CHILDREN)
	sayEvent("synced")
	say(result{
		Event: "result", WallMs: ms(wall), CPUMs: ms(cpu), TotalCPUMs: ms(cpu),
		MaxRSSMB: maxRSS(syscall.RUSAGE_CHILDREN), Objects: o.Count,
	})
	return nil
}
